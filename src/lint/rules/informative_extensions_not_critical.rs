//! They help to find something; nobody is to be refused who does not look there.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View, word};

pub(super) const INFORMATIVE: [&str; 4] = [
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::AUTHORITY_INFO_ACCESS,
    // subjectInfoAccess
    "1.3.6.1.5.5.7.1.11",
];

pub(super) static RULE: Rule = Rule {
    name: "informative-extensions-not-critical",
    demand: "subjectKeyIdentifier, authorityKeyIdentifier and the access to information are not critical.",
    source: "RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.2.1, §4.2.2.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let critical = view.extensions().iter().filter(|extension| {
        extension.is_critical() && INFORMATIVE.contains(&extension.oid.as_str())
    });
    critical
        .map(|extension| format!("{} is critical", word::extension(&extension.oid)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_critical_key_identifier_is_found() {
        assert!(said(&RULE, &Draft::authority()).is_empty());
        for oid in [oid::AUTHORITY_KEY_IDENTIFIER, oid::AUTHORITY_INFO_ACCESS] {
            let critical = Draft::client().with(oid, true, b"\x30\x00");
            assert_eq!(said(&RULE, &critical).len(), 1, "{oid}");
        }
    }
}
