//! An absent one allows everything, and one that is not critical may be passed over.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "key-usage-critical",
    demand: "keyUsage is there and is critical.",
    source: "RFC 5280 §4.2.1.3",
    concerns: Concerns::Every,
    severity: Severity::Warning,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let fault = match view.extension(oid::KEY_USAGE) {
        // That of a CA is `key-usage-of-ca`'s.
        None if view.is_authority() => return Vec::new(),
        None => "there is no keyUsage",
        Some(usage) if !usage.is_critical() => "keyUsage is not critical",
        Some(_) => return Vec::new(),
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn an_absent_and_an_uncritical_one_are_found() {
        assert!(said(&RULE, &Draft::client()).is_empty());
        let absent = Draft::client().without(oid::KEY_USAGE);
        let uncritical = Draft::client().with(oid::KEY_USAGE, false, b"\x03\x02\x07\x80");
        assert_eq!(said(&RULE, &absent), ["there is no keyUsage"]);
        assert_eq!(said(&RULE, &uncritical), ["keyUsage is not critical"]);
    }
}
