//! The header fields in which a proxy tells an application who is there and what was asked for: none of them may come from a client.
//!
//! One table for all: the gateway takes away what it says, the configurations of other servers are made from it, and what a probe claims
//! stands in it. No such list is ever complete.

mod table;

use table::FAMILIES;

/// Fields that say where a message ends and whom it is for: in another spelling they can only be meant to mislead.
pub const FRAMING: [&str; 6] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "trailer",
];

/// Names that belong together.
struct Family {
    /// The name, or how the names begin, with a star behind it.
    pattern: &'static str,
    /// Those in use, for whoever can take no field away by the beginning of its name.
    names: &'static [&'static str],
}

/// Every name, or beginning of names with a star behind it, as they are usually written.
pub fn patterns() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|family| family.pattern)
}

/// Every name in use.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.names).copied()
}

/// Says whether an application could take a field for one of these, or for one of [`FRAMING`] that it is not.
///
/// Compares as an application may read names: in any case, with anything else than letters and digits for a hyphen. CGI, WSGI, Rack and
/// PHP make no difference between `Client-Cert` and `Client_Cert` (RFC 3875 §4.1.18).
pub fn is_forgeable(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let folded: String = name
        .chars()
        .map(|sign| match sign.is_ascii_alphanumeric() {
            true => sign,
            false => '-',
        })
        .collect();
    let is = |pattern: &str| {
        let pattern = pattern.to_ascii_lowercase();
        match pattern.strip_suffix('*') {
            Some(beginning) => folded.starts_with(beginning),
            None => folded == pattern,
        }
    };
    let is_misspelt = |known: &str| folded == known && name != known;
    patterns().any(is) || FRAMING.into_iter().any(is_misspelt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_covered_by_the_pattern_that_it_stands_by() {
        for family in &FAMILIES {
            assert!(!family.names.is_empty(), "{}", family.pattern);
            for name in family.names {
                match family.pattern.strip_suffix('*') {
                    Some(beginning) => assert!(name.starts_with(beginning), "{name}"),
                    None => assert_eq!(*name, family.pattern),
                }
                assert!(is_forgeable(name), "{name}");
                assert!(is_forgeable(&name.replace('-', "_")), "{name}");
            }
        }
    }

    #[test]
    fn nothing_stands_there_twice() {
        for all in [patterns().collect::<Vec<_>>(), names().collect()] {
            let mut once = all.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), all.len());
        }
    }

    #[test]
    fn every_pattern_stands_in_the_documentation() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gateway.md"));
        for pattern in patterns() {
            assert!(page.contains(&format!("`{pattern}`")), "{pattern}");
        }
    }
}
