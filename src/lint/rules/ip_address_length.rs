//! A subtree's, with its mask, or an address as text are met in its place.

use crate::lint::value::IP_ADDRESS;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "ip-address-length",
    demand: "An iPAddress has 4 or 16 octets.",
    source: "RFC 5280 §4.2.1.6",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let bad = view.alt_names(IP_ADDRESS);
    let bad = bad.filter(|address| !matches!(address.len(), 0 | 4 | 16));
    bad.map(|address| format!("an iPAddress has {} octets", address.len()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn an_address_as_text_is_found() {
        let of = |address: &[u8]| said(&RULE, &Draft::server().named(&[(IP_ADDRESS, address)]));
        assert!(of(&[192, 0, 2, 1]).is_empty() && of(&[0; 16]).is_empty());
        assert_eq!(of(b"192.0.2.1"), ["an iPAddress has 9 octets"]);
        assert_eq!(of(&[0; 8]).len(), 1);
    }
}
