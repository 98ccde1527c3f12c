//! Whoever reads certificates must handle 20 octets and may refuse more.

use crate::lint::{Concerns, Rule, Severity, View};

const LONGEST: usize = 20;

pub(super) static RULE: Rule = Rule {
    name: "serial-number-at-most-20-octets",
    demand: "The serial number has at most 20 octets.",
    source: "RFC 5280 §4.1.2.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let octets = view.fields.serial_number.len();
    let said = (octets > LONGEST).then(|| format!("the serial number has {octets} octets"));
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_serial_number_of_21_octets_is_found_and_one_of_20_is_not() {
        let of = |octets| Draft {
            serial_number: vec![1; octets],
            ..Draft::client()
        };
        assert!(said(&RULE, &of(20)).is_empty());
        assert_eq!(said(&RULE, &of(21)), ["the serial number has 21 octets"]);
    }
}
