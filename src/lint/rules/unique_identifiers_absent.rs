//! They were for names that are given anew; nobody reads them.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "unique-identifiers-absent",
    demand: "There are no issuerUniqueID and subjectUniqueID.",
    source: "RFC 5280 §4.1.2.8",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let said =
        (view.fields.unique_identifiers > 0).then(|| "there are unique identifiers".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_unique_identifier_is_found_and_none_is_not() {
        assert!(said(&RULE, &Draft::client()).is_empty());
        let unique = Draft {
            unique_identifiers: b"\x82\x02\x00\x01".to_vec(),
            ..Draft::client()
        };
        assert_eq!(said(&RULE, &unique).len(), 1);
    }
}
