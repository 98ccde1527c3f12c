//! Without one it is good for every purpose.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "extended-key-usage-of-end-entity",
    demand: "An end entity has an extKeyUsage.",
    source: "CA/Browser Forum BR §7.1.2.7.6, RFC 5280 §4.2.1.12",
    concerns: Concerns::EndEntity,
    severity: Severity::Warning,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let is_there = view.extension(oid::EXTENDED_KEY_USAGE).is_some();
    let said = (!is_there).then(|| "there is no extKeyUsage".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn an_end_entity_for_every_purpose_is_found_and_a_ca_is_not() {
        for good in [Draft::client(), Draft::authority()] {
            assert!(said(&RULE, &good).is_empty());
        }
        let without = Draft::client().without(oid::EXTENDED_KEY_USAGE);
        assert_eq!(said(&RULE, &without), ["there is no extKeyUsage"]);
    }
}
