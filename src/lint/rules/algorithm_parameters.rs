//! A verifier may compare the whole identifier, octet for octet.

use crate::certificate::AlgorithmIdentifier;
use crate::lint::{Concerns, Rule, Severity, View};

/// rsaEncryption and PKCS #1 v1.5 with a hash function (RFC 3279 §2.3.1, RFC 4055 §5).
const NULL: [&str; 6] = [
    "1.2.840.113549.1.1.1",
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
];
/// ECDSA with a hash function, Ed25519 and Ed448.
const ABSENT: [&str; 7] = [
    "1.2.840.10045.4.1",
    "1.2.840.10045.4.3.1",
    "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3.3",
    "1.2.840.10045.4.3.4",
    "1.3.101.112",
    "1.3.101.113",
];

pub(super) static RULE: Rule = Rule {
    name: "algorithm-parameters",
    demand: "Parameters are NULL for RSA, and absent for ECDSA, Ed25519 and Ed448, in signature and key.",
    source: "RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let key = view.fields.key_algorithm.as_ref();
    let said = |identifier: &AlgorithmIdentifier<'_>, what: &str| {
        let oid = identifier.oid.as_str();
        let fault = match identifier.parameters {
            Some(b"\x05\x00") if NULL.contains(&oid) => return None,
            _ if NULL.contains(&oid) => "are not NULL",
            Some(_) if ABSENT.contains(&oid) => "are there",
            _ => return None,
        };
        Some(format!(
            "the parameters of the {what}'s algorithm {oid} {fault}"
        ))
    };
    let signature = said(&view.fields.inner_algorithm, "signature");
    let key = key.and_then(|key| said(key, "key"));
    signature.into_iter().chain(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, element, identifier, said, sequence};

    #[test]
    fn rsa_without_null_and_ecdsa_with_it_are_found() {
        let signed = |parts: &[&[u8]]| {
            let inner_algorithm = sequence(parts);
            let draft = Draft::client();
            said(
                &RULE,
                &Draft {
                    inner_algorithm,
                    ..draft
                },
            )
            .len()
        };
        let (rsa, ecdsa) = (
            identifier("1.2.840.113549.1.1.11"),
            identifier("1.2.840.10045.4.3.2"),
        );
        assert_eq!(signed(&[&rsa, b"\x05\x00"]), 0);
        assert_eq!(signed(&[&rsa]), 1);
        assert_eq!(signed(&[&ecdsa]), 0);
        assert_eq!(signed(&[&ecdsa, b"\x05\x00"]), 1);
    }

    #[test]
    fn so_are_those_of_the_key() {
        let keyed = |parameters: &[u8]| {
            let algorithm = sequence(&[&identifier("1.3.101.112"), parameters]);
            let public_key = sequence(&[&algorithm, &element(0x03, &[&[0; 33]])]);
            said(&RULE, &Draft::client().keyed(public_key)).len()
        };
        assert_eq!(keyed(b""), 0);
        assert_eq!(keyed(b"\x05\x00"), 1);
    }
}
