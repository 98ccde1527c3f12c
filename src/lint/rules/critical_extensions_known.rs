//! Who meets a critical extension that it does not know must refuse the certificate.

use super::informative_extensions_not_critical::INFORMATIVE;
use crate::certificate::UNDERSTOOD;
use crate::lint::{Concerns, Rule, Severity, View, word};

pub(super) static RULE: Rule = Rule {
    name: "critical-extensions-known",
    demand: "Every critical extension is one of RFC 5280.",
    source: "RFC 5280 §4.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    // What must not be critical at all is another rule's.
    let is_known = |oid: &str| UNDERSTOOD.contains(&oid) || INFORMATIVE.contains(&oid);
    let unknown = view
        .extensions()
        .iter()
        .filter(|extension| extension.is_critical() && !is_known(&extension.oid));
    unknown
        .map(|extension| format!("{} is critical", word::extension(&extension.oid)))
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
