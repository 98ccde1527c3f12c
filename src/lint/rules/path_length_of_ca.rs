//! It counts the CAs beneath one.

use crate::certificate::KeyUsage;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "path-length-of-ca",
    demand: "pathLenConstraint stands only where cA is set and keyCertSign is too.",
    source: "RFC 5280 §4.2.1.9",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let constraints = view.basic_constraints.filter(|it| it.path_length.is_some());
    let may_sign = (view.key_usage).is_none_or(|usage| usage.allows(KeyUsage::KEY_CERT_SIGN));
    let fault = match constraints {
        Some(constraints) if !constraints.ca => "pathLenConstraint stands without cA",
        Some(_) if !may_sign => "pathLenConstraint stands without keyCertSign",
        _ => return Vec::new(),
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::object_identifier as oid;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_path_length_on_an_end_entity_or_without_the_right_to_sign_is_found() {
        assert!(said(&RULE, &Draft::authority()).is_empty());
        let length = b"\x30\x03\x02\x01\x00";
        let client = Draft::client().with(oid::BASIC_CONSTRAINTS, true, length);
        assert_eq!(
            said(&RULE, &client),
            ["pathLenConstraint stands without cA"]
        );
        let weak = Draft::authority().with(oid::KEY_USAGE, true, b"\x03\x02\x01\x02");
        assert_eq!(
            said(&RULE, &weak),
            ["pathLenConstraint stands without keyCertSign"]
        );
    }
}
