//! By it the right one is found among several CAs or keys of one name.

use crate::certificate::object_identifier as oid;
use crate::lint::value::authority_key_identifier;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "authority-key-identifier-present",
    demand: "authorityKeyIdentifier with a keyIdentifier is there, unless the certificate is a root or its issuer has no subjectKeyIdentifier.",
    source: "RFC 5280 §4.2.1.1",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let extension = view.extension(oid::AUTHORITY_KEY_IDENTIFIER);
    let identifier = extension.and_then(|it| authority_key_identifier(it.value));
    // A CA of elsewhere may have none (pki lint); an import refuses it.
    let has_nothing_to_name =
        (view.issuer).is_some_and(|issuer| issuer.extensions().subject_key_identifier.is_none());
    let is_root = view.fields.is_self_issued && view.is_authority();
    let fault = match (extension, identifier) {
        (_, Some(Some(_))) => return Vec::new(),
        _ if is_root || has_nothing_to_name => return Vec::new(),
        (None, _) => "there is no authorityKeyIdentifier",
        (Some(_), _) => "authorityKeyIdentifier has no keyIdentifier",
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use crate::error::Result;
    use crate::lint::testing::{Draft, said, said_beneath};

    #[test]
    fn an_absent_identifier_is_found_unless_on_a_root_or_beneath_a_ca_that_has_none() -> Result<()>
    {
        let without = Draft::client().without(oid::AUTHORITY_KEY_IDENTIFIER);
        assert!(said(&RULE, &Draft::client()).is_empty());
        assert!(said(&RULE, &Draft::root()).is_empty());
        assert_eq!(
            said(&RULE, &without),
            ["there is no authorityKeyIdentifier"]
        );
        let own = Draft {
            issuer: without.subject.clone(),
            ..without.clone()
        };
        assert_eq!(said(&RULE, &own).len(), 1, "self-issued, but no CA");
        let empty = Draft::client().with(oid::AUTHORITY_KEY_IDENTIFIER, false, b"\x30\x00");
        assert_eq!(said(&RULE, &empty).len(), 1);
        let nameless = Draft::root().without(oid::SUBJECT_KEY_IDENTIFIER);
        let issuer = Certificate::from_der(nameless.der())?;
        assert!(said_beneath(&RULE, &without, &issuer).is_empty());
        Ok(())
    }
}
