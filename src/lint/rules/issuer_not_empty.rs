//! A chain is built by names.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "issuer-not-empty",
    demand: "The issuer's name is not empty.",
    source: "RFC 5280 §4.1.2.4",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let said = (view.fields.issuer.is_empty()).then(|| "the issuer has no name".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, name, said};

    #[test]
    fn an_issuer_without_a_name_is_found_and_one_with_a_name_is_not() {
        assert!(said(&RULE, &Draft::client()).is_empty());
        let nameless = Draft {
            issuer: name(&[]),
            ..Draft::client()
        };
        assert_eq!(said(&RULE, &nameless), ["the issuer has no name"]);
    }
}
