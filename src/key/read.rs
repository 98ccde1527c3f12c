//! Private keys as other programs write them, brought into unencrypted PKCS#8.

use p256::elliptic_curve::pkcs8::EncodePrivateKey;
use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, Tag, Tagged};
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef, pkcs5};
use rsa::pkcs1::DecodeRsaPrivateKey;
use zeroize::Zeroizing;

use super::public::{EC_PUBLIC_KEY, ED25519, PRIME256V1, RSA_ENCRYPTION, SECP384R1};
use super::{ENCRYPTED_LABEL, PLAIN_LABEL, traditional};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// Iterations of PBKDF2, as in bundles.
const MOST_ITERATIONS: u32 = 10_000_000;
/// 128·N·r·p of scrypt, in octets: what it takes in memory where p is 1 (RFC 7914 §6), and about as many nanoseconds. OpenSSL goes to 32 MiB.
const MOST_OCTETS: u64 = 256 << 20;
/// The header that names the cipher of OpenSSL's traditional encryption (RFC 1421 §4.6.1.3).
const TRADITIONAL: &str = "DEK-Info";

/// Reads the first private key of a PEM file into unencrypted PKCS#8 DER.
///
/// # Errors
/// Tells a missing and a wrong passphrase from a damaged file.
pub(super) fn pkcs8_from_pem(
    pem: &[u8],
    passphrase: Option<&Secret>,
) -> Result<Zeroizing<Vec<u8>>> {
    let damaged = || {
        Error::new(ErrorKind::Malformed, "the file holds no private key in PEM").with_hint(
            "Give a file with a block such as BEGIN PRIVATE KEY or BEGIN ENCRYPTED PRIVATE KEY.",
        )
    };
    let blocks = Blocks::of(pem).ok_or_else(damaged)?;
    let block = blocks.first_key().ok_or_else(damaged)?;
    let contents = block.contents();
    match block.tag() {
        PLAIN_LABEL => Ok(Zeroizing::new(contents.to_vec())),
        ENCRYPTED_LABEL => decrypt(contents, passphrase),
        tag => {
            let plaintext = match block.headers().get(TRADITIONAL) {
                Some(information) => traditional::decrypt(information, contents, passphrase)?,
                None => Zeroizing::new(contents.to_vec()),
            };
            match tag {
                "RSA PRIVATE KEY" => rsa_to_pkcs8(&plaintext).ok_or_else(damaged),
                "EC PRIVATE KEY" => ec_to_pkcs8(&plaintext).ok_or_else(damaged),
                _ => Err(damaged()),
            }
        }
    }
}

/// Says whether a key file in PEM needs a passphrase: PKCS#8's encryption or OpenSSL's traditional one.
///
/// Only what would be opened counts, however the header before it is written.
pub fn is_encrypted(pem: &[u8]) -> bool {
    let blocks = Blocks::of(pem);
    let first = blocks.as_ref().and_then(Blocks::first_key);
    first.is_some_and(|block| match block.tag() {
        PLAIN_LABEL => false,
        ENCRYPTED_LABEL => true,
        _ => block.headers().get(TRADITIONAL).is_some(),
    })
}

/// The blocks of a file, whose contents are wiped after use: a key may lie open in them.
struct Blocks(Vec<pem::Pem>);

impl Blocks {
    fn of(text: &[u8]) -> Option<Self> {
        pem::parse_many(text).ok().map(Self)
    }

    /// The one that counts where a file holds several.
    fn first_key(&self) -> Option<&pem::Pem> {
        let mut blocks = self.0.iter();
        blocks.find(|block| block.tag().ends_with(PLAIN_LABEL))
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for block in self.0.drain(..) {
            drop(Zeroizing::new(block.into_contents()));
        }
    }
}

/// Names the algorithm with which a key in PKCS#8 signs.
///
/// # Errors
/// Refuses keys that no certificate of this CA may have.
pub(super) fn signature_algorithm(pkcs8: &[u8]) -> Result<&'static rcgen::SignatureAlgorithm> {
    let key = PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| {
        Error::new(ErrorKind::Malformed, "the private key is not PKCS#8")
            .with_hint("Convert it with openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW.")
    })?;
    let curve = key
        .algorithm
        .parameters
        .and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    match (key.algorithm.oid, curve) {
        (RSA_ENCRYPTION, _) => Ok(&rcgen::PKCS_RSA_SHA256),
        (EC_PUBLIC_KEY, Some(PRIME256V1)) => Ok(&rcgen::PKCS_ECDSA_P256_SHA256),
        (EC_PUBLIC_KEY, Some(SECP384R1)) => Ok(&rcgen::PKCS_ECDSA_P384_SHA384),
        (ED25519, _) => Ok(&rcgen::PKCS_ED25519),
        _ => Err(Error::new(
            ErrorKind::NotPermitted,
            "the private key's algorithm is not supported",
        )
        .with_hint("Use RSA, P-256, P-384 or Ed25519.")),
    }
}

fn decrypt(contents: &[u8], passphrase: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(contents).map_err(|_| {
        Error::new(
            ErrorKind::Malformed,
            "the encrypted private key is damaged or in an unknown form",
        )
        .with_hint("Convert it with openssl pkcs8 -topk8 -in OLD -out NEW.")
    })?;
    let passphrase = passphrase.ok_or_else(passphrase_required)?;
    if !is_possible(&encrypted.encryption_algorithm) {
        return Err(unsupported_encryption());
    }
    if !is_affordable(&encrypted.encryption_algorithm) {
        return Err(Error::new(
            ErrorKind::Malformed,
            "the private key's encryption asks for more work or memory than this program spends on one",
        )
        .with_hint("Convert it with openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW, where its origin is known."));
    }
    encrypted
        .decrypt(passphrase.expose())
        .map(|document| Zeroizing::new(document.as_bytes().to_vec()))
        .map_err(|cause| match cause {
            pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::DecryptFailed) => wrong_passphrase(),
            pkcs8::Error::EncryptedPrivateKey(_) => unsupported_encryption(),
            // Good padding by chance, and behind it no key.
            _ => wrong_passphrase(),
        })
}

/// Says whether there is such a key derivation: N of scrypt is a power of two above 1 (RFC 7914 §2). The crate that derives panics at 0.
fn is_possible(scheme: &pkcs5::EncryptionScheme) -> bool {
    match scheme.pbes2().map(|parameters| &parameters.kdf) {
        Some(Kdf::Scrypt(costs)) => {
            costs.cost_parameter > 1 && costs.cost_parameter.is_power_of_two()
        }
        _ => true,
    }
}

/// Says whether a guess of the passphrase ends: the numbers stand in the file, and scrypt takes the memory that they name.
fn is_affordable(scheme: &pkcs5::EncryptionScheme) -> bool {
    let pkcs5::EncryptionScheme::Pbes2(parameters) = scheme else {
        // 65,535 iterations at the most.
        return true;
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(costs) => costs.iteration_count <= MOST_ITERATIONS,
        Kdf::Scrypt(costs) => {
            let of_one = u64::from(costs.block_size) * u64::from(costs.parallelization) * 128;
            costs
                .cost_parameter
                .checked_mul(of_one)
                .is_some_and(|octets| octets <= MOST_OCTETS)
        }
        // None of which this program knows.
        _ => false,
    }
}

/// Says whether octets are one whole SEQUENCE of DER, as every private key is.
pub(super) fn is_one_sequence(octets: &[u8]) -> bool {
    AnyRef::from_der(octets).is_ok_and(|element| element.tag() == Tag::Sequence)
}

pub(super) fn unsupported_encryption() -> Error {
    Error::new(
        ErrorKind::Malformed,
        "the private key is encrypted in a way that this program does not read",
    )
    .with_hint("Convert it with openssl pkcs8 -topk8 -in OLD -out NEW.")
}

pub(super) fn passphrase_required() -> Error {
    Error::new(
        ErrorKind::PassphraseRequired,
        "the private key is encrypted and no passphrase was given",
    )
    .with_hint("Give --passphrase-file FILE or set PKI_PASSPHRASE.")
}

pub(super) fn wrong_passphrase() -> Error {
    Error::new(
        ErrorKind::WrongPassphrase,
        "the passphrase does not open the private key",
    )
    .with_hint("Check for a wrong keyboard layout or a stray line in the passphrase file.")
}

fn rsa_to_pkcs8(pkcs1: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = rsa::PrivateKey::from_pkcs1_der(pkcs1).ok()?;
    let document = rsa::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).ok()?;
    Some(Zeroizing::new(document.as_bytes().to_vec()))
}

/// SEC 1 (RFC 5915) names its curve only perhaps; the key's length and its public point tell the rest.
fn ec_to_pkcs8(sec1: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let p256 = || {
        p256::SecretKey::from_sec1_der(sec1)
            .ok()?
            .to_pkcs8_der()
            .ok()
    };
    let p384 = || {
        p384::SecretKey::from_sec1_der(sec1)
            .ok()?
            .to_pkcs8_der()
            .ok()
    };
    let document = p256().or_else(p384)?;
    Some(Zeroizing::new(document.as_bytes().to_vec()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use pkcs8::der::Encode;
    use pkcs8::der::asn1::OctetStringRef;
    use pkcs8::pkcs5::pbes2::{EncryptionScheme, Parameters, Pbkdf2Params, ScryptParams};

    use super::*;
    use crate::key::{KeyAlgorithm, PrivateKey};

    const SALT: &[u8] = b"saltsalt";

    fn scrypt(cost_parameter: u64, block_size: u16, parallelization: u16) -> Kdf {
        Kdf::Scrypt(ScryptParams {
            salt: SALT.try_into().unwrap(),
            cost_parameter,
            block_size,
            parallelization,
            key_length: None,
        })
    }

    fn iterations(count: u32) -> Kdf {
        let costs = Pbkdf2Params::hmac_sha256(1, SALT).unwrap();
        Kdf::Pbkdf2(Pbkdf2Params {
            iteration_count: count,
            ..costs
        })
    }

    fn parameters(kdf: Kdf) -> Parameters {
        let iv = [0; 16];
        Parameters {
            kdf,
            encryption: EncryptionScheme::Aes256Cbc { iv },
        }
    }

    #[test]
    fn a_key_that_asks_for_any_amount_of_memory_or_work_is_refused_before_it_gets_it() {
        for kdf in [
            // 8 PiB, for which no allocator can but end the process.
            scrypt(1 << 43, 8, 1),
            scrypt(1 << 63, u16::MAX, u16::MAX),
            scrypt(1 << 15, 8, 9),
            iterations(u32::MAX),
            iterations(MOST_ITERATIONS + 1),
        ] {
            let info = EncryptedPrivateKeyInfoRef {
                encryption_algorithm: parameters(kdf).into(),
                encrypted_data: OctetStringRef::new(&[0; 48]).unwrap(),
            };
            let der = info.to_der().unwrap();
            let refusal = decrypt(&der, Some(&Secret::chosen("tangerine"))).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Malformed);
            assert!(refusal.message().contains("more work"), "{refusal:?}");
        }
        assert!(is_affordable(&parameters(scrypt(1 << 15, 8, 8)).into()));
        assert!(is_affordable(
            &parameters(iterations(MOST_ITERATIONS)).into()
        ));
    }

    #[test]
    fn a_cost_of_scrypt_that_cannot_be_is_refused_without_a_panic() {
        for cost in [0, 1, 3, 16_385, u64::MAX] {
            let info = EncryptedPrivateKeyInfoRef {
                encryption_algorithm: parameters(scrypt(cost, 8, 1)).into(),
                encrypted_data: OctetStringRef::new(&[0; 48]).unwrap(),
            };
            let der = info.to_der().unwrap();
            let refusal = decrypt(&der, Some(&Secret::chosen("tangerine"))).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Malformed);
            assert!(refusal.message().contains("does not read"), "{cost}");
        }
    }

    #[test]
    fn what_openssl_asks_for_is_granted() {
        let passphrase = Secret::chosen("tangerine");
        let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
        let info = PrivateKeyInfoRef::try_from(key.pkcs8()).unwrap();
        // The numbers of `openssl pkcs8 -scrypt`.
        for kdf in [scrypt(16_384, 8, 1), iterations(2_048)] {
            let encrypted = info.encrypt_with_params(parameters(kdf), passphrase.expose());
            let opened = decrypt(encrypted.unwrap().as_bytes(), Some(&passphrase)).unwrap();
            assert_eq!(opened.as_slice(), key.pkcs8());
        }
    }
}
