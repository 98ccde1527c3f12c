//! What it signs names its key by it.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "subject-key-identifier-of-ca",
    demand: "A CA has a subjectKeyIdentifier.",
    source: "RFC 5280 §4.2.1.2",
    concerns: Concerns::Authority,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let is_there = view.extension(oid::SUBJECT_KEY_IDENTIFIER).is_some();
    let said = (!is_there).then(|| "there is no subjectKeyIdentifier".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_ca_without_one_is_found_and_an_end_entity_is_not() {
        assert!(said(&RULE, &Draft::authority()).is_empty());
        assert!(said(&RULE, &Draft::client()).is_empty());
        let without = Draft::authority().without(oid::SUBJECT_KEY_IDENTIFIER);
        assert_eq!(said(&RULE, &without), ["there is no subjectKeyIdentifier"]);
    }
}
