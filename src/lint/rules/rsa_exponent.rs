//! Small exponents let faults of a verifier forge signatures.

use crate::key::rsa_parts;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "rsa-exponent",
    demand: "An RSA exponent is odd and 65537 or more.",
    source: "FIPS 186-5 §A.1.1, CA/Browser Forum BR §6.1.6",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let Some((_, exponent)) = rsa_parts(view.fields.public_key) else {
        return Vec::new();
    };
    // Without zeros in front, longer is larger.
    let is_large = exponent.len() > 3 || (exponent.len() == 3 && exponent >= &[1, 0, 1][..]);
    let is_odd = exponent.last().is_some_and(|octet| octet & 1 == 1);
    let small = (!is_large).then(|| "the exponent is below 65537".to_owned());
    let even = (!is_odd).then(|| "the exponent is even".to_owned());
    small.into_iter().chain(even).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, rsa_key, said};

    #[test]
    fn small_and_even_exponents_are_found() {
        let with = |exponent: &[u8]| {
            let public_key = rsa_key(&[0xa5; 256], exponent);
            said(&RULE, &Draft::client().keyed(public_key)).len()
        };
        for good in [&[1, 0, 1][..], &[1, 0, 3], &[1, 0, 0, 1]] {
            assert_eq!(with(good), 0, "{good:?}");
        }
        for bad in [&[3][..], &[0, 0xff, 0xff], &[1, 0, 2]] {
            assert_eq!(with(bad), 1, "{bad:?}");
        }
    }
}
