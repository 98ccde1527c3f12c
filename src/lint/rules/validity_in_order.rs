//! Otherwise it is valid at no time.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "validity-in-order",
    demand: "notBefore lies before notAfter.",
    source: "RFC 5280 §4.1.2.5",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let (begin, end) = (
        view.fields.not_before.instant(),
        view.fields.not_after.instant(),
    );
    let said = begin.zip(end).filter(|(begin, end)| begin >= end);
    said.map(|_| "it ends before it begins".to_owned())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, UTC_TIME, said};

    #[test]
    fn an_end_before_the_beginning_is_found() {
        assert!(said(&RULE, &Draft::client()).is_empty());
        let reversed = Draft {
            not_after: (UTC_TIME, "260301115459Z"),
            ..Draft::client()
        };
        assert_eq!(said(&RULE, &reversed), ["it ends before it begins"]);
    }
}
