//! Without it, what it signs is refused.

use crate::certificate::KeyUsage;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "key-usage-of-ca",
    demand: "A CA has a keyUsage with keyCertSign.",
    source: "RFC 5280 §4.2.1.3",
    concerns: Concerns::Authority,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let fault = match view.key_usage {
        None => "there is no keyUsage",
        Some(usage) if !usage.allows(KeyUsage::KEY_CERT_SIGN) => "keyCertSign is not set",
        Some(_) => return Vec::new(),
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::object_identifier as oid;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_ca_that_may_not_sign_is_found_and_an_end_entity_is_not() {
        for good in [
            Draft::authority(),
            Draft::client(),
            Draft::client().without(oid::KEY_USAGE),
        ] {
            assert!(said(&RULE, &good).is_empty());
        }
        let absent = Draft::authority().without(oid::KEY_USAGE);
        let other = Draft::authority().with(oid::KEY_USAGE, true, b"\x03\x02\x01\x02");
        assert_eq!(said(&RULE, &absent), ["there is no keyUsage"]);
        assert_eq!(said(&RULE, &other), ["keyCertSign is not set"]);
    }
}
