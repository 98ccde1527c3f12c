//! Nobody may foresee what will be signed: that is how certificates were forged with MD5. Length is all that one certificate shows of it.

use crate::lint::{Concerns, Rule, Severity, View};

const SHORTEST: usize = 8;

pub(super) static RULE: Rule = Rule {
    name: "serial-number-at-least-64-bits",
    demand: "The serial number is as long as 64 random bits are: 8 octets or more.",
    source: "CA/Browser Forum BR §7.1",
    concerns: Concerns::Every,
    severity: Severity::Warning,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let octets = view.fields.serial_number.len();
    let said = (octets < SHORTEST).then(|| format!("its length in octets is {octets}"));
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_counted_serial_number_is_found_and_a_drawn_one_is_not() {
        let of = |octets| Draft {
            serial_number: vec![1; octets],
            ..Draft::client()
        };
        assert!(said(&RULE, &of(8)).is_empty());
        assert_eq!(said(&RULE, &of(2)), ["its length in octets is 2"]);
    }
}
