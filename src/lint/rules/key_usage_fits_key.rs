//! Only RSA enciphers, only elliptic curves agree on keys, and an Ed25519 key does neither.

use crate::certificate::KeyUsage;
use crate::lint::{Concerns, Rule, Severity, View};

/// What only an RSA key can do.
const ENCIPHERMENT: u16 = KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT;
/// What only a key with which a secret is agreed on can do, and bits that mean something only beside it.
const AGREEMENT: u16 = KeyUsage::KEY_AGREEMENT | KeyUsage::ENCIPHER_ONLY | KeyUsage::DECIPHER_ONLY;

pub(super) static RULE: Rule = Rule {
    name: "key-usage-fits-key",
    demand: "keyUsage allows only what a key of its algorithm can do.",
    source: "RFC 3279 §2.3, RFC 8813 §3, RFC 9295 §3",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let impossible = match view.key.as_str() {
        "p256" | "p384" | "p521" | "ec" => ENCIPHERMENT,
        "ed25519" | "ed448" | "rsa-pss" => ENCIPHERMENT | AGREEMENT,
        key if key.starts_with("rsa") => AGREEMENT,
        _ => return Vec::new(),
    };
    let usage = view.key_usage.map_or(0, |usage| usage.0);
    let bad = KeyUsage(usage & impossible).names();
    bad.into_iter()
        .map(|name| format!("a key of {} does no {name}", view.key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::object_identifier as oid;
    use crate::lint::testing::{
        Draft, POINT, ec_key, element, identifier, rsa_key, said, sequence,
    };

    #[test]
    fn only_rsa_may_encipher_and_only_curves_may_agree() {
        let with = |public_key: Vec<u8>, usage: &[u8]| {
            let draft = Draft::client().with(oid::KEY_USAGE, true, usage);
            said(&RULE, &draft.keyed(public_key)).len()
        };
        let (enciphering, agreeing) = (b"\x03\x02\x05\xa0", b"\x03\x02\x03\x88");
        let rsa = rsa_key(&[0xa5; 256], &[1, 0, 1]);
        let edwards = sequence(&[&identifier("1.3.101.112")]);
        let edwards = sequence(&[&edwards, &element(0x03, &[&[0; 33]])]);
        assert_eq!(with(rsa.clone(), enciphering), 0);
        assert_eq!(with(rsa, agreeing), 1);
        assert_eq!(with(ec_key(POINT), enciphering), 1);
        assert_eq!(with(ec_key(POINT), agreeing), 0);
        assert_eq!(with(edwards.clone(), enciphering), 1);
        assert_eq!(with(edwards, agreeing), 1);
    }
}
