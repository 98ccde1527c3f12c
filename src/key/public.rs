//! Public keys that somebody else made: what they are, and whether a certificate for them would be worth anything.

use num_bigint::BigUint;
use p256::pkcs8::DecodePublicKey;
use pkcs8::ObjectIdentifier;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::pkcs1::RsaPublicKeyRef;

use crate::error::{Error, ErrorKind, Result};

pub(super) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(super) const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(super) const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
pub(super) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ED448: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.113");

/// The octets of one coordinate on P-521.
const P521_OCTETS: usize = 66;
/// The smallest and largest RSA modulus that is certified, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// How many steps of Fermat's method a modulus must withstand (CA/Browser Forum BR §6.1.1.3).
const FERMAT_STEPS: usize = 100;
/// The primes by which a ROCA modulus gives itself away (CVE-2017-15361; Nemec et al., CCS 2017).
const ROCA_PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Checks a key that a certificate is asked for: its algorithm, size and shape.
///
/// # Errors
/// Refuses RSA below 2048 bits, with an odd exponent out of order, with close primes or made by a chip with the ROCA
/// flaw; points that do not lie on their curve; and algorithms that no login could use.
pub fn check_public_key(spki: &[u8]) -> Result<()> {
    match describe_public_key(spki).as_str() {
        "p256" => p256::PublicKey::from_public_key_der(spki)
            .map(drop)
            .map_err(|_| not_on_curve("P-256")),
        "p384" => p384::PublicKey::from_public_key_der(spki)
            .map(drop)
            .map_err(|_| not_on_curve("P-384")),
        "ed25519" => Ok(()),
        name if name.starts_with("rsa-") && name != "rsa-pss" => check_rsa(spki),
        other => Err(refusal(
            format!("a key of the algorithm {other} cannot be certified"),
            "Make an RSA key of 2048 bits or more, or one on P-256, P-384 or Ed25519.",
        )),
    }
}

/// Names a public key as `--json` output does: `p256`, `rsa-2048`, or the algorithm's object identifier.
pub fn describe_public_key(spki: &[u8]) -> String {
    let Ok(info) = SubjectPublicKeyInfoRef::try_from(spki) else {
        return "unknown".to_owned();
    };
    let curve = info
        .algorithm
        .parameters
        .and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    match (info.algorithm.oid, curve) {
        (EC_PUBLIC_KEY, Some(PRIME256V1)) => "p256".to_owned(),
        (EC_PUBLIC_KEY, Some(SECP384R1)) => "p384".to_owned(),
        (EC_PUBLIC_KEY, Some(SECP521R1)) => "p521".to_owned(),
        (EC_PUBLIC_KEY, _) => "ec".to_owned(),
        (ED25519, _) => "ed25519".to_owned(),
        (ED448, _) => "ed448".to_owned(),
        (RSASSA_PSS, _) => "rsa-pss".to_owned(),
        (RSA_ENCRYPTION, _) => match rsa_integers(&info) {
            Some(key) => format!(
                "rsa-{}",
                BigUint::from_bytes_be(key.modulus.as_bytes()).bits()
            ),
            None => "rsa".to_owned(),
        },
        (other, _) => other.to_string(),
    }
}

/// The modulus and the exponent of an RSA key, big-endian without zeros in front; nothing of another key.
pub fn rsa_parts(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let info = SubjectPublicKeyInfoRef::try_from(spki).ok()?;
    let key = matches!(info.algorithm.oid, RSA_ENCRYPTION | RSASSA_PSS)
        .then(|| rsa_integers(&info))??;
    Some((key.modulus.as_bytes(), key.public_exponent.as_bytes()))
}

/// Says whether a key is a point on the curve that it names; of P-521 only the form is looked at.
pub fn is_on_curve(spki: &[u8]) -> bool {
    match describe_public_key(spki).as_str() {
        "p256" => p256::PublicKey::from_public_key_der(spki).is_ok(),
        "p384" => p384::PublicKey::from_public_key_der(spki).is_ok(),
        "p521" => {
            let info = SubjectPublicKeyInfoRef::try_from(spki);
            let point = info
                .ok()
                .and_then(|info| info.subject_public_key.as_bytes());
            matches!(point, Some([4, rest @ ..]) if rest.len() == 2 * P521_OCTETS)
                || matches!(point, Some([2 | 3, rest @ ..]) if rest.len() == P521_OCTETS)
        }
        _ => false,
    }
}

/// What of a public key makes it this one: the modulus of RSA as a number, otherwise the octets of the point.
pub fn public_value(spki: &[u8]) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef::try_from(spki).ok()?;
    match info.algorithm.oid {
        RSA_ENCRYPTION | RSASSA_PSS => Some(rsa_integers(&info)?.modulus.as_bytes().to_vec()),
        _ => info.subject_public_key.as_bytes().map(<[u8]>::to_vec),
    }
}

/// The modulus and exponent as they stand in the key, read without any judgement.
fn rsa_integers<'a>(info: &SubjectPublicKeyInfoRef<'a>) -> Option<RsaPublicKeyRef<'a>> {
    let octets: &'a [u8] = info.subject_public_key.as_bytes()?;
    RsaPublicKeyRef::try_from(octets).ok()
}

fn check_rsa(spki: &[u8]) -> Result<()> {
    let weak = |fact: &str| {
        refusal(
            format!("the RSA key {fact}"),
            "Make a new key with a current program: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072.",
        )
    };
    let info = SubjectPublicKeyInfoRef::try_from(spki).map_err(|_| weak("is damaged"))?;
    let key = rsa_integers(&info).ok_or_else(|| weak("is damaged"))?;
    let (n, e) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let modulus = BigUint::from_bytes_be(n);
    let bits = modulus.bits();
    if !RSA_BITS.contains(&usize::try_from(bits).unwrap_or(usize::MAX)) {
        return Err(weak(&format!(
            "has {bits} bits, and 2048 to 8192 are certified"
        )));
    }
    let integer = |octets: &[u8]| rsa::BoxedUint::from_be_slice_vartime(octets);
    rsa::PublicKey::new_with_size_limits(integer(n), integer(e), RSA_BITS)
        .map_err(|_| weak("has a modulus or an exponent out of order"))?;
    if BigUint::from_bytes_be(e) < BigUint::from(65_537u32) {
        return Err(weak("has an exponent below 65537"));
    }
    if ROCA_PRIMES
        .iter()
        .any(|prime| &modulus % prime == BigUint::ZERO)
    {
        return Err(weak("has a modulus with a small factor"));
    }
    if is_roca(&modulus) {
        return Err(weak(
            "was made by a chip with the ROCA flaw (CVE-2017-15361)",
        ));
    }
    if has_close_primes(&modulus) {
        return Err(weak(
            "has a modulus of two primes so close that it can be factored",
        ));
    }
    Ok(())
}

/// Infineon's library made primes of the form k·M + (65537^a mod M): modulo each small prime the modulus is then a
/// power of 65537, which holds by chance for about one key in 2^28.
fn is_roca(modulus: &BigUint) -> bool {
    ROCA_PRIMES.iter().all(|&prime| {
        let residue = u32::try_from(modulus % prime).unwrap_or(0);
        let mut power = 1u32;
        (0..prime).any(|_| {
            let found = power == residue;
            power = power * (65_537 % prime) % prime;
            found
        })
    })
}

/// Fermat's method: n = a² − b² is found quickly where the two primes are close.
fn has_close_primes(modulus: &BigUint) -> bool {
    let mut a = modulus.sqrt();
    if &a * &a < *modulus {
        a += 1u32;
    }
    (0..FERMAT_STEPS).any(|_| {
        let difference = &a * &a - modulus;
        let root = difference.sqrt();
        a += 1u32;
        &root * &root == difference
    })
}

fn not_on_curve(curve: &str) -> Error {
    refusal(
        format!("the public key is not a point on {curve}"),
        "Make a new key and a new request.",
    )
}

fn refusal(fact: String, hint: &str) -> Error {
    Error::new(ErrorKind::NotPermitted, fact).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, PrivateKey};

    #[test]
    fn keys_that_we_make_pass_and_are_named() -> Result<()> {
        for algorithm in [
            KeyAlgorithm::P256,
            KeyAlgorithm::P384,
            KeyAlgorithm::Rsa2048,
            KeyAlgorithm::Ed25519,
        ] {
            let public = PrivateKey::generate(algorithm)?.public_key();
            assert_eq!(describe_public_key(&public), algorithm.as_str());
            check_public_key(&public)?;
        }
        Ok(())
    }

    #[test]
    fn a_point_beside_its_curve_is_refused() -> Result<()> {
        let mut public = PrivateKey::generate(KeyAlgorithm::P256)?.public_key();
        if let Some(last) = public.last_mut() {
            *last ^= 1;
        }
        assert!(check_public_key(&public).is_err());
        Ok(())
    }

    #[test]
    fn close_primes_are_found_and_distant_ones_are_not() {
        let (one, next, far) = (
            BigUint::from(1_000_003u32),
            BigUint::from(1_000_033u32),
            BigUint::from(4_000_000_007u64),
        );
        assert!(has_close_primes(&(&one * &next)));
        assert!(!has_close_primes(&(&one * &far)));
    }

    #[test]
    fn a_power_of_65537_modulo_every_small_prime_is_roca() {
        let product: BigUint = ROCA_PRIMES
            .iter()
            .map(|prime| BigUint::from(*prime))
            .product();
        let generator = BigUint::from(65_537u32);
        assert!(is_roca(
            &generator.modpow(&BigUint::from(123_457u32), &product)
        ));
        assert!(!is_roca(&(&product - 2u32)));
    }
}
