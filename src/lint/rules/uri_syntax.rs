//! A relative one names nothing.

use crate::lint::value::URI;
use crate::lint::view::shown;
use crate::lint::{Concerns, Rule, Severity, View};
use crate::name::SubjectAltName;

pub(super) static RULE: Rule = Rule {
    name: "uri-syntax",
    demand: "A uniformResourceIdentifier is ASCII and has a scheme and something behind it.",
    source: "RFC 5280 §4.2.1.6, RFC 3986 §3",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let is_uri = |name: &[u8]| {
        let text = std::str::from_utf8(name);
        text.is_ok_and(|text| SubjectAltName::parse_uri(text).is_ok())
    };
    let bad = (view.alt_names(URI)).filter(|name| !name.is_empty() && !is_uri(name));
    bad.map(|name| format!("the uniformResourceIdentifier is {}", shown(name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_relative_uri_and_one_with_a_space_are_found() {
        let of = |name: &[u8]| said(&RULE, &Draft::client().named(&[(URI, name)])).len();
        for good in [&b"spiffe://example.org/a"[..], b"urn:uuid:0"] {
            assert_eq!(of(good), 0, "{good:?}");
        }
        for bad in [
            &b"//example.org/a"[..],
            b"https://example.org/a b",
            b"\xff:a",
        ] {
            assert_eq!(of(bad), 1, "{bad:?}");
        }
    }
}
