//! Somebody must be meant.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "subject-not-empty",
    demand: "A CA has a name; an end entity without one has a critical subjectAltName.",
    source: "RFC 5280 §4.1.2.6",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let names = view.extension(oid::SUBJECT_ALT_NAME);
    let fault = match (view.fields.subject.is_empty(), view.is_authority(), names) {
        (false, ..) => return Vec::new(),
        (true, true, _) => "the CA has no name",
        (true, false, None) => "there is neither a subject nor a subjectAltName",
        (true, false, Some(names)) if names.is_critical() => return Vec::new(),
        (true, false, Some(_)) => "the subject is empty, and subjectAltName is not critical",
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{DNS, Draft, general_names, said};

    #[test]
    fn an_empty_subject_needs_a_critical_alternative_and_a_ca_has_none() {
        let alternative = general_names(&[(DNS, b"www.example.org")]);
        let with = |critical| {
            let server = Draft::server().of(&[]);
            server.with(oid::SUBJECT_ALT_NAME, critical, &alternative)
        };
        assert!(said(&RULE, &Draft::server()).is_empty());
        assert!(said(&RULE, &with(true)).is_empty());
        assert_eq!(said(&RULE, &with(false)).len(), 1);
        assert_eq!(said(&RULE, &Draft::client().of(&[])).len(), 1);
        assert_eq!(
            said(&RULE, &Draft::authority().of(&[])),
            ["the CA has no name"]
        );
    }
}
