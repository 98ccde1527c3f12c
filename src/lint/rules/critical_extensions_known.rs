//! Who meets a critical extension that it does not know must refuse the certificate.

use crate::certificate::UNDERSTOOD;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "critical-extensions-known",
    demand: "Every critical extension is one of RFC 5280.",
    source: "RFC 5280 §4.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let unknown = view.extensions().iter().filter(|extension| {
        extension.is_critical() && !UNDERSTOOD.contains(&extension.oid.as_str())
    });
    unknown
        .map(|extension| format!("the extension {} is critical", extension.oid))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn an_unknown_extension_is_found_where_it_is_critical() {
        let with = |critical| Draft::client().with("1.3.6.1.4.1.32473.1", critical, b"\x05\x00");
        assert!(said(&RULE, &with(false)).is_empty());
        assert_eq!(said(&RULE, &with(true)).len(), 1);
    }
}
