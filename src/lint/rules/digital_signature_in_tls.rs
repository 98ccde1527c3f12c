//! In TLS 1.3 either end signs.

use crate::certificate::KeyUsage;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "digital-signature-in-tls",
    demand: "A server and a client may sign: where there is a keyUsage, digitalSignature is set.",
    source: "RFC 8446 §4.4.2.2, §4.4.3",
    concerns: Concerns::ServerOrClient,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let may_sign = (view.key_usage).is_none_or(|usage| usage.allows(KeyUsage::DIGITAL_SIGNATURE));
    let said = (!may_sign).then(|| "digitalSignature is not set".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::object_identifier as oid;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_client_that_may_only_encipher_is_found_and_a_ca_is_not() {
        for good in [Draft::client(), Draft::server(), Draft::authority()] {
            assert!(said(&RULE, &good).is_empty());
        }
        for draft in [Draft::client(), Draft::server()] {
            let enciphering = draft.with(oid::KEY_USAGE, true, b"\x03\x02\x05\x20");
            assert_eq!(said(&RULE, &enciphering), ["digitalSignature is not set"]);
        }
    }
}
