//! Otherwise its own status would be asked of itself.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "ocsp-responder-not-checked",
    demand: "A delegated OCSP responder has ocsp-nocheck.",
    source: "RFC 6960 §4.2.2.2.1, CA/Browser Forum BR §4.9.9",
    concerns: Concerns::OcspResponder,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let is_there = view.extension(oid::OCSP_NO_CHECK).is_some();
    let said = (!is_there).then(|| "there is no ocsp-nocheck".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_responder_without_nocheck_is_found_and_a_client_is_not() {
        for good in [Draft::responder(), Draft::client()] {
            assert!(said(&RULE, &good).is_empty());
        }
        let without = Draft::responder().without(oid::OCSP_NO_CHECK);
        assert_eq!(said(&RULE, &without), ["there is no ocsp-nocheck"]);
    }
}
