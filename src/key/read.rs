//! Private keys as other programs write them, brought into unencrypted PKCS#8.

use p256::elliptic_curve::pkcs8::EncodePrivateKey;
use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, Tag, Tagged};
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef, pkcs5};
use rsa::pkcs1::DecodeRsaPrivateKey;
use zeroize::Zeroizing;

use super::public::{EC_PUBLIC_KEY, ED25519, PRIME256V1, RSA_ENCRYPTION, SECP384R1};
use super::{ENCRYPTED_LABEL, PLAIN_LABEL, traditional};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

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
    let blocks = pem::parse_many(pem).map_err(|_| damaged())?;
    let block = first_key(&blocks).ok_or_else(damaged)?;
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
    let blocks = pem::parse_many(pem).unwrap_or_default();
    first_key(&blocks).is_some_and(|block| match block.tag() {
        PLAIN_LABEL => false,
        ENCRYPTED_LABEL => true,
        _ => block.headers().get(TRADITIONAL).is_some(),
    })
}

/// The block that counts where a file holds several.
fn first_key(blocks: &[pem::Pem]) -> Option<&pem::Pem> {
    let mut blocks = blocks.iter();
    blocks.find(|block| block.tag().ends_with(PLAIN_LABEL))
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
