//! A chain is not found by another.

use crate::certificate::object_identifier as oid;
use crate::lint::value::authority_key_identifier;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "authority-key-identifier-of-issuer",
    demand: "authorityKeyIdentifier is the issuer's subjectKeyIdentifier, where that is known.",
    source: "RFC 5280 §4.2.1.1",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let issuers =
        (view.issuer).and_then(|issuer| issuer.extensions().subject_key_identifier.as_deref());
    let extension = view.extension(oid::AUTHORITY_KEY_IDENTIFIER);
    let named = extension.and_then(|it| authority_key_identifier(it.value)?);
    let said = named
        .zip(issuers)
        .filter(|(named, issuers)| named != issuers);
    said.map(|_| "authorityKeyIdentifier names another key".to_owned())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use crate::error::Result;
    use crate::lint::testing::{Draft, element, said, said_beneath};

    #[test]
    fn the_identifier_of_another_key_is_found() -> Result<()> {
        let identifier = |octet| element(0x04, &[&[octet; 20]]);
        let with = |octet| {
            let root = Draft::root().with(oid::SUBJECT_KEY_IDENTIFIER, false, &identifier(octet));
            Certificate::from_der(root.der())
        };
        assert!(said_beneath(&RULE, &Draft::client(), &with(1)?).is_empty());
        let found = said_beneath(&RULE, &Draft::client(), &with(9)?);
        assert_eq!(found, ["authorityKeyIdentifier names another key"]);
        assert!(said(&RULE, &Draft::client()).is_empty());
        Ok(())
    }
}
