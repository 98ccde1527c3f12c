//! Curves that a key describes itself were used to forge (CVE-2020-0601).

use crate::key::is_on_curve;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "ec-point-on-named-curve",
    demand: "An EC key is a point on a curve that is named, P-256, P-384 or P-521.",
    source: "RFC 5480 §2.1.1, §2.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let fault = match view.key.as_str() {
        "p256" | "p384" | "p521" if is_on_curve(view.fields.public_key) => return Vec::new(),
        "p256" | "p384" | "p521" => "the key is no point on its curve",
        "ec" => "the key names no curve that programs know",
        "unknown" => "the key cannot be read",
        _ => return Vec::new(),
    };
    vec![fault.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, POINT, ec_key, identifier, said, sequence};

    #[test]
    fn a_point_beside_its_curve_and_an_unknown_curve_are_found() {
        let with = |public_key: Vec<u8>| said(&RULE, &Draft::client().keyed(public_key)).len();
        assert_eq!(with(ec_key(POINT)), 0);
        let mut beside = POINT.to_vec();
        beside.reverse();
        assert_eq!(with(ec_key(&beside)), 1);
        assert_eq!(with(ec_key(b"\x04")), 1);
        let described = sequence(&[&identifier("1.2.840.10045.2.1"), &sequence(&[])]);
        assert_eq!(with(sequence(&[&described, b"\x03\x02\0\x04"])), 1);
        assert_eq!(with(sequence(&[])), 1);
    }
}
