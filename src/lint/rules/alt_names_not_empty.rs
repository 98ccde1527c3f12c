//! Nothing is no name.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "alt-names-not-empty",
    demand: "No SubjectAltName is empty.",
    source: "RFC 5280 §4.2.1.6",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let empty = view.alt_names.iter().any(|name| name.contents.is_empty());
    let said = empty.then(|| "a SubjectAltName is empty".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{DNS, Draft, said};

    #[test]
    fn an_empty_name_is_found() {
        assert!(said(&RULE, &Draft::server()).is_empty());
        let empty = Draft::server().named(&[(DNS, b"example.org"), (DNS, b"")]);
        assert_eq!(said(&RULE, &empty), ["a SubjectAltName is empty"]);
    }
}
