//! Zero and negative numbers are read differently by different programs, and so may be a number that is not written in DER (X.690 §8.3.2).

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "serial-number-positive",
    demand: "The serial number is a positive integer, written without a superfluous octet.",
    source: "RFC 5280 §4.1.2.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let fault = match view.fields.serial_number {
        [] | [0] => "the serial number is 0",
        [0x80..=0xff, ..] => "the serial number is negative",
        [0, 0..=0x7f, ..] => "the serial number has a zero octet in front that it does not need",
        _ => return Vec::new(),
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn zero_negative_and_padded_numbers_are_found_and_positive_ones_are_not() {
        let numbered = |octets: &[u8]| {
            let serial_number = octets.to_vec();
            let draft = Draft::client();
            said(
                &RULE,
                &Draft {
                    serial_number,
                    ..draft
                },
            )
            .len()
        };
        for good in [&[1][..], &[0x7f, 0xff], &[0, 0x80]] {
            assert_eq!(numbered(good), 0, "{good:?}");
        }
        for bad in [&[0][..], &[0x80], &[0xff, 0xff], &[0, 0x7f]] {
            assert_eq!(numbered(bad), 1, "{bad:?}");
        }
    }
}
