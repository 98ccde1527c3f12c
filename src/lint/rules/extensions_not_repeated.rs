//! Programs differ in which of two they read.

use crate::lint::{Concerns, Rule, Severity, View, word};

pub(super) static RULE: Rule = Rule {
    name: "extensions-not-repeated",
    demand: "No extension stands twice.",
    source: "RFC 5280 §4.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let extensions = view.extensions();
    let repeated = extensions.iter().enumerate().filter(|(at, extension)| {
        let mut earlier = extensions.iter().take(*at);
        earlier.any(|it| it.oid == extension.oid)
    });
    repeated
        .map(|(_, extension)| format!("{} stands again", word::extension(&extension.oid)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn an_extension_that_stands_again_is_found() {
        let mut draft = Draft::client();
        assert!(said(&RULE, &draft).is_empty());
        draft.extensions.extend(Draft::client().extensions.pop());
        assert_eq!(said(&RULE, &draft), ["extKeyUsage stands again"]);
    }
}
