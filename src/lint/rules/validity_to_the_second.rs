//! BER allows more forms than every program reads.

use crate::lint::view::shown;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "validity-to-the-second",
    demand: "Both times have seconds and end in Z, without a fraction.",
    source: "RFC 5280 §4.1.2.5.1, §4.1.2.5.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let times = [
        ("notBefore", view.fields.not_before),
        ("notAfter", view.fields.not_after),
    ];
    let bad = times
        .into_iter()
        .filter(|(_, time)| time.instant().is_none());
    bad.map(|(name, time)| format!("{name} is {}", shown(time.text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, GENERALIZED_TIME, UTC_TIME, said};

    #[test]
    fn times_of_another_form_are_found_and_the_right_ones_are_not() {
        let ending = |tag, text| Draft {
            not_after: (tag, text),
            ..Draft::client()
        };
        for (tag, good) in [
            (UTC_TIME, "491231235959Z"),
            (GENERALIZED_TIME, "20500101000000Z"),
        ] {
            assert!(said(&RULE, &ending(tag, good)).is_empty(), "{good}");
        }
        for (tag, bad) in [
            (UTC_TIME, "2703011200Z"),
            (UTC_TIME, "270301120000+0000"),
            (UTC_TIME, "271301120000Z"),
            (GENERALIZED_TIME, "20500101000000.5Z"),
            (GENERALIZED_TIME, "20500101000000"),
        ] {
            assert_eq!(said(&RULE, &ending(tag, bad)).len(), 1, "{bad}");
        }
    }
}
