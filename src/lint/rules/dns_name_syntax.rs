//! Another name fits no host, or fits by one program's rules and not by another's.

use crate::lint::value::DNS;
use crate::lint::view::shown;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "dns-name-syntax",
    demand: "A dNSName is labels of letters, digits and hyphens in at most 253 octets, is no address, ends without a dot, and has a wildcard only as its whole leftmost label.",
    source: "RFC 5280 §4.2.1.6, RFC 1034 §3.5, RFC 9525 §6.3",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    // An empty one is `alt-names-not-empty`'s.
    let bad = (view.alt_names(DNS)).filter(|name| !name.is_empty() && !is_dns_name(name));
    bad.map(|name| format!("the dNSName is {}", shown(name)))
        .collect()
}

/// The longest dNSName, and the longest label of one, in octets.
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

fn is_dns_name(name: &[u8]) -> bool {
    let host = name.strip_prefix(b"*.").unwrap_or(name);
    let mut labels = host.split(|octet| *octet == b'.');
    let last = host.rsplit(|octet| *octet == b'.').next();
    // A last label of digits is an IPv4 address written in one way or another (RFC 1123 §2.1).
    let is_address = last.is_some_and(|last| last.iter().all(u8::is_ascii_digit));
    let is_label = |label: &[u8]| {
        let plain = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.iter().all(plain)
            && !label.starts_with(b"-")
            && !label.ends_with(b"-")
    };
    name.len() <= LONGEST && !is_address && labels.all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{DNS, Draft, said};

    #[test]
    fn hosts_and_wildcards_pass_and_what_fits_no_host_is_found() {
        let long = [&[b'a'; 63][..], b".example"].concat();
        let too_long = [&[b'a'; 64][..], b".example"].concat();
        let of = |name: &[u8]| said(&RULE, &Draft::server().named(&[(DNS, name)])).len();
        for good in [
            &b"localhost"[..],
            b"www.example.org",
            b"*.example.org",
            b"xn--bcher-kva.example",
            b"1.example",
            &long,
        ] {
            assert_eq!(of(good), 0, "{good:?}");
        }
        for bad in [
            &b"example.org."[..],
            b".example.org",
            b"www..example.org",
            b"a_b.example.org",
            b"-a.example.org",
            b"w*.example.org",
            b"www.*.org",
            b"*",
            b"192.0.2.1",
            b"https://example.org",
            "bücher.example".as_bytes(),
            &too_long,
            &b"a.".repeat(127),
        ] {
            assert_eq!(of(bad), 1, "{bad:?}");
        }
    }
}
