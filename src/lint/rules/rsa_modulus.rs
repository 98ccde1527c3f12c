//! Fewer bits can be factored. That their number is a multiple of 8 (BR §6.1.5) binds public CAs alone.

use crate::key::rsa_parts;
use crate::lint::{Concerns, Rule, Severity, View};

const SHORTEST: usize = 2048;

pub(super) static RULE: Rule = Rule {
    name: "rsa-modulus",
    demand: "An RSA modulus has 2048 bits or more and is odd.",
    source: "CA/Browser Forum BR §6.1.5, §6.1.6",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let Some((modulus, _)) = rsa_parts(view.fields.public_key) else {
        return Vec::new();
    };
    let zeros = modulus.first().map_or(0, |octet| octet.leading_zeros());
    let bits = (modulus.len() * 8).saturating_sub(usize::try_from(zeros).unwrap_or(0));
    let is_even = modulus.last().is_none_or(|octet| octet & 1 == 0);
    let short = (bits < SHORTEST).then(|| format!("the modulus has {bits} bits"));
    let even = is_even.then(|| "the modulus is even".to_owned());
    short.into_iter().chain(even).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, rsa_key, said};

    #[test]
    fn short_and_even_moduli_are_found_and_one_of_2049_bits_is_not() {
        let with = |first: u8, middle: usize, last: u8| {
            let modulus = [&[first][..], &vec![0xa5; middle], &[last]].concat();
            let public_key = rsa_key(&modulus, &[1, 0, 1]);
            said(&RULE, &Draft::client().keyed(public_key)).len()
        };
        assert_eq!(with(0x80, 254, 1), 0);
        assert_eq!(with(0x80, 126, 1), 1, "1024 bits");
        assert_eq!(with(0x7f, 254, 1), 1, "2047 bits");
        assert_eq!(with(0x01, 255, 1), 0, "2049 bits");
        assert_eq!(with(0x80, 254, 2), 1, "even");
        assert!(said(&RULE, &Draft::client()).is_empty(), "no RSA");
    }
}
