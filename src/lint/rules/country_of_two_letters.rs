//! It is a code of ISO 3166.

use crate::lint::view::shown;
use crate::lint::{Concerns, Rule, Severity, View};

const COUNTRY_NAME: &str = "2.5.4.6";

pub(super) static RULE: Rule = Rule {
    name: "country-of-two-letters",
    demand: "A countryName is two capital letters.",
    source: "RFC 5280 Appendix A.1",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let is_code = |value: &[u8]| value.len() == 2 && value.iter().all(u8::is_ascii_uppercase);
    let bad = (view.attributes(COUNTRY_NAME)).filter(|country| !is_code(country.value));
    bad.map(|country| format!("the country is {}", shown(country.value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, PRINTABLE_STRING, said};

    #[test]
    fn what_is_not_a_code_of_two_letters_is_found() {
        let of = |code: &[u8]| {
            said(
                &RULE,
                &Draft::client().of(&[(COUNTRY_NAME, PRINTABLE_STRING, code)]),
            )
            .len()
        };
        assert_eq!(of(b"DE"), 0);
        for bad in [&b"de"[..], b"DEU", b"D", b"D1"] {
            assert_eq!(of(bad), 1, "{bad:?}");
        }
    }
}
