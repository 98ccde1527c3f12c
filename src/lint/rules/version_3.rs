//! Only version 3 has extensions, and without them nobody knows what a certificate is for.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "version-3",
    demand: "The version is 3, and there are extensions.",
    source: "RFC 5280 §4.1.2.1",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let version = match view.fields.version {
        Some([2]) => None,
        Some(_) => Some("the version is another than 3".to_owned()),
        None => Some("the version is 1".to_owned()),
    };
    let extensions = match view.extensions().is_empty() {
        true => Some("there are no extensions".to_owned()),
        false => None,
    };
    version.into_iter().chain(extensions).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn another_version_is_found_and_so_is_one_without_extensions() {
        assert!(said(&RULE, &Draft::client()).is_empty());
        let first = Draft {
            version: Vec::new(),
            extensions: Vec::new(),
            ..Draft::client()
        };
        assert_eq!(said(&RULE, &first).len(), 2);
        let second = Draft {
            version: b"\xa0\x03\x02\x01\x01".to_vec(),
            ..Draft::client()
        };
        assert_eq!(said(&RULE, &second).len(), 1);
    }
}
