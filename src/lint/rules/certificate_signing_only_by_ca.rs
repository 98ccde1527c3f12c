//! A program that looks at one of them alone would take it for a CA.

use crate::certificate::KeyUsage;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "certificate-signing-only-by-ca",
    demand: "keyCertSign stands only where cA is set.",
    source: "RFC 5280 §4.2.1.3, §4.2.1.9",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let may_sign = (view.key_usage).is_some_and(|usage| usage.allows(KeyUsage::KEY_CERT_SIGN));
    let is_ca = view.basic_constraints.is_some_and(|it| it.ca);
    let said = (may_sign && !is_ca).then(|| "keyCertSign stands without cA".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::object_identifier as oid;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn an_end_entity_that_may_sign_certificates_is_found() {
        for good in [Draft::authority(), Draft::client()] {
            assert!(said(&RULE, &good).is_empty());
        }
        let signing = Draft::client().with(oid::KEY_USAGE, true, b"\x03\x02\x02\x84");
        assert_eq!(said(&RULE, &signing), ["keyCertSign stands without cA"]);
    }
}
