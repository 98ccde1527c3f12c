//! DER knows one form for one instant.

use crate::lint::{Concerns, Rule, Severity, View};

/// The first year of GeneralizedTime.
const LATE: i32 = 2050;

pub(super) static RULE: Rule = Rule {
    name: "validity-as-its-year-asks",
    demand: "A time through 2049 is a UTCTime, a later one a GeneralizedTime.",
    source: "RFC 5280 §4.1.2.5",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let times = [
        ("notBefore", view.fields.not_before),
        ("notAfter", view.fields.not_after),
    ];
    let bad = times.into_iter().filter(|(_, time)| {
        let instant = time.instant();
        instant.is_some_and(|instant| (instant.year() >= LATE) != time.is_generalized)
    });
    bad.map(|(name, _)| format!("{name} is a GeneralizedTime before 2050"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, GENERALIZED_TIME, UTC_TIME, said};

    #[test]
    fn a_generalized_time_before_2050_is_found_and_one_from_then_on_is_not() {
        let ending = |tag, text| Draft {
            not_after: (tag, text),
            ..Draft::client()
        };
        assert!(said(&RULE, &ending(UTC_TIME, "491231235959Z")).is_empty());
        assert!(said(&RULE, &ending(GENERALIZED_TIME, "20500101000000Z")).is_empty());
        let early = ending(GENERALIZED_TIME, "20491231235959Z");
        assert_eq!(
            said(&RULE, &early),
            ["notAfter is a GeneralizedTime before 2050"]
        );
    }
}
