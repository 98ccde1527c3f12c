//! Who does not know them must not take it for an end entity, nor an end entity for a CA.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "basic-constraints-of-ca",
    demand: "A CA has critical basicConstraints with cA set.",
    source: "RFC 5280 §4.2.1.9",
    concerns: Concerns::Authority,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let fault = match view.extension(oid::BASIC_CONSTRAINTS) {
        None => "there are no basicConstraints",
        Some(_) if !view.basic_constraints.is_some_and(|it| it.ca) => "cA is not set",
        Some(extension) if !extension.is_critical() => "basicConstraints are not critical",
        Some(_) => return Vec::new(),
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said, said_as};
    use crate::profile::Profile;

    #[test]
    fn absent_unset_and_uncritical_ones_are_found() {
        let ca = b"\x30\x03\x01\x01\xff";
        assert!(said(&RULE, &Draft::authority()).is_empty());
        assert!(said(&RULE, &Draft::client()).is_empty());
        let uncritical = Draft::authority().with(oid::BASIC_CONSTRAINTS, false, ca);
        assert_eq!(
            said(&RULE, &uncritical),
            ["basicConstraints are not critical"]
        );
        let unset = Draft::authority().with(oid::BASIC_CONSTRAINTS, true, b"\x30\x00");
        let absent = Draft::authority().without(oid::BASIC_CONSTRAINTS);
        for draft in [unset, absent] {
            assert_eq!(said_as(&RULE, &draft, Profile::Issuing).len(), 1);
        }
    }
}
