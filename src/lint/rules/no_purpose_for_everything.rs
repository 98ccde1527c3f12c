//! A key for one purpose would open every door.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "no-purpose-for-everything",
    demand: "An end entity's extKeyUsage does not name anyExtendedKeyUsage.",
    source: "CA/Browser Forum BR §7.1.2.7.10",
    concerns: Concerns::EndEntity,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let is_any = view.has_purpose(oid::ANY_EXTENDED_KEY_USAGE);
    let said = is_any.then(|| "extKeyUsage names anyExtendedKeyUsage".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, identifier, said, sequence};

    #[test]
    fn any_purpose_is_found() {
        assert!(said(&RULE, &Draft::client()).is_empty());
        let purposes = sequence(&[&identifier(oid::CLIENT_AUTH), &identifier("2.5.29.37.0")]);
        let any = Draft::client().with(oid::EXTENDED_KEY_USAGE, false, &purposes);
        assert_eq!(said(&RULE, &any).len(), 1);
    }
}
