//! Both can be made to collide: a signature over one certificate then fits another.

use crate::certificate::WEAK_SIGNATURES;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "signature-without-sha1-and-md5",
    demand: "The signature rests on neither SHA-1 nor MD5, unless it is a self-issued certificate's, which nobody verifies.",
    source: "RFC 8446 §4.4.2.4",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let algorithm = view.fields.inner_algorithm.oid.as_str();
    let is_weak = WEAK_SIGNATURES.contains(&algorithm) && !view.fields.is_self_issued;
    let said = is_weak.then(|| format!("the signature algorithm is {algorithm}"));
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, identifier, said, sequence};

    #[test]
    fn sha1_is_found_unless_on_a_root_and_sha256_is_not() {
        let with = |draft: Draft| Draft {
            inner_algorithm: sequence(&[&identifier("1.2.840.113549.1.1.5"), b"\x05\x00"]),
            ..draft
        };
        assert!(said(&RULE, &Draft::client()).is_empty());
        assert_eq!(said(&RULE, &with(Draft::client())).len(), 1);
        assert!(said(&RULE, &with(Draft::root())).is_empty());
    }
}
