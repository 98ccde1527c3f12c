//! They mean nothing elsewhere, and who does not know them must not pass over them.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "name-constraints-of-ca",
    demand: "nameConstraints stand in CAs alone, and are critical.",
    source: "RFC 5280 §4.2.1.10",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let fault = match view.extension(oid::NAME_CONSTRAINTS) {
        Some(_) if !view.is_authority() => "an end entity has nameConstraints",
        Some(constraints) if !constraints.is_critical() => "nameConstraints are not critical",
        _ => return Vec::new(),
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, element, said, sequence};

    #[test]
    fn those_of_an_end_entity_and_uncritical_ones_are_found() {
        let subtree = sequence(&[&element(0x82, &[b"example.org"])]);
        let constraints = sequence(&[&element(0xa0, &[&subtree])]);
        let with = |draft: Draft, critical| {
            said(
                &RULE,
                &draft.with(oid::NAME_CONSTRAINTS, critical, &constraints),
            )
            .len()
        };
        assert_eq!(with(Draft::authority(), true), 0);
        assert_eq!(with(Draft::authority(), false), 1);
        assert_eq!(with(Draft::client(), true), 1);
    }
}
