//! Private keys: made and used by aws-lc-rs, kept as PKCS#8, and read in the forms that other programs write.

mod algorithm;
mod public;
mod read;
mod traditional;

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _,
};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2;
use rcgen::{KeyPair, PublicKeyData, RsaKeySize, SigningKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use zeroize::Zeroizing;

pub use algorithm::KeyAlgorithm;
pub use public::{check_public_key, describe_public_key, is_on_curve, public_value, rsa_parts};
pub use read::is_encrypted;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// PBKDF2-HMAC-SHA-256 iterations for a CA key: OWASP's figure, 120 ms on the machine this was planned on.
const KEY_ITERATIONS: u32 = 600_000;
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
const PLAIN_LABEL: &str = "PRIVATE KEY";

/// A private key; its `Debug` shows nothing and its memory is wiped.
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    /// The contents of subjectPublicKey.
    public: Vec<u8>,
    algorithm: &'static rcgen::SignatureAlgorithm,
    /// What signs, once something is signed: a new end entity's key goes away without.
    pair: OnceLock<Zeroizing<KeyPair>>,
}

impl PrivateKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self> {
        let pair = match algorithm {
            KeyAlgorithm::P256 => {
                return generate_ecdsa(
                    &ECDSA_P256_SHA256_ASN1_SIGNING,
                    &rcgen::PKCS_ECDSA_P256_SHA256,
                );
            }
            KeyAlgorithm::P384 => {
                return generate_ecdsa(
                    &ECDSA_P384_SHA384_ASN1_SIGNING,
                    &rcgen::PKCS_ECDSA_P384_SHA384,
                );
            }
            KeyAlgorithm::Rsa2048 => generate_rsa(RsaKeySize::_2048),
            KeyAlgorithm::Rsa3072 => generate_rsa(RsaKeySize::_3072),
            KeyAlgorithm::Rsa4096 => generate_rsa(RsaKeySize::_4096),
            KeyAlgorithm::Ed25519 => return generate_ed25519(),
        };
        pair.map(Self::from_pair)
            .map_err(|cause| not_made(&cause.to_string()))
    }

    /// Takes a key in unencrypted PKCS#8.
    ///
    /// # Errors
    /// Refuses keys of other algorithms than [`KeyAlgorithm`] names, and RSA keys that aws-lc-rs refuses.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self> {
        let algorithm = read::signature_algorithm(der)?;
        KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(der), algorithm)
            .map(Self::from_pair)
            .map_err(|_| {
                Error::new(
                    ErrorKind::Malformed,
                    "the private key is damaged or too weak",
                )
                .with_hint("Give an RSA key of 2048 bits or more, or a key on P-256 or P-384.")
            })
    }

    /// Reads a key file in PEM: PKCS#8, PKCS#1 or SEC 1, plain or encrypted.
    ///
    /// # Errors
    /// Tells a wrong passphrase from a damaged file.
    pub fn from_pem(pem: &[u8], passphrase: Option<&Secret>) -> Result<Self> {
        Self::from_pkcs8(&read::pkcs8_from_pem(pem, passphrase)?)
    }

    /// The key in unencrypted PKCS#8 (version 1, which OpenSSL 3.0 can read for every algorithm).
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public key's SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        self.subject_public_key_info()
    }

    /// The AlgorithmIdentifier in DER of the signatures that the key makes (RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3).
    pub fn signature_algorithm(&self) -> &'static [u8] {
        let known = SIGNATURE_ALGORITHMS
            .iter()
            .find(|(known, _)| *known == self.algorithm);
        known.map_or(&[], |(_, identifier)| identifier)
    }

    /// Signs octets.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub fn sign_octets(&self, octets: &[u8]) -> Result<Vec<u8>> {
        self.sign(octets).map_err(|cause| {
            Error::new(
                ErrorKind::Internal,
                format!("the private key could not sign: {cause}"),
            )
        })
    }

    /// The key as a PEM file: encrypted with PBES2 (PBKDF2-HMAC-SHA-256, AES-256-CBC) where there is a passphrase.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub fn to_pem(&self, passphrase: Option<&Secret>) -> Result<Zeroizing<String>> {
        let Some(passphrase) = passphrase else {
            let block = pem::Pem::new(PLAIN_LABEL, self.pkcs8());
            let text = Zeroizing::new(pem::encode_config(&block, PEM_FORM));
            // The block holds a copy that nobody else wipes.
            drop(Zeroizing::new(block.into_contents()));
            return Ok(text);
        };
        let failed = || {
            Error::new(
                ErrorKind::Internal,
                "the private key could not be encrypted",
            )
        };
        let (mut salt, mut iv) = ([0u8; 16], [0u8; 16]);
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| failed())?;
        aws_lc_rs::rand::fill(&mut iv).map_err(|_| failed())?;
        let parameters =
            pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(KEY_ITERATIONS, &salt, iv)
                .map_err(|_| failed())?;
        let key = PrivateKeyInfoRef::try_from(self.pkcs8()).map_err(|_| failed())?;
        let encrypted = key
            .encrypt_with_params(parameters, passphrase.expose())
            .map_err(|_| failed())?;
        let block = pem::Pem::new(ENCRYPTED_LABEL, encrypted.as_bytes());
        Ok(Zeroizing::new(pem::encode_config(&block, PEM_FORM)))
    }

    fn from_pair(pair: KeyPair) -> Self {
        Self {
            pkcs8: Zeroizing::new(pair.serialized_der().to_vec()),
            public: pair.der_bytes().to_vec(),
            algorithm: PublicKeyData::algorithm(&pair),
            pair: OnceLock::from(Zeroizing::new(pair)),
        }
    }

    fn pair(&self) -> std::result::Result<&KeyPair, rcgen::Error> {
        if let Some(pair) = self.pair.get() {
            return Ok(pair);
        }
        let der = PrivatePkcs8KeyDer::from(self.pkcs8());
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der, self.algorithm)?;
        Ok(self.pair.get_or_init(|| Zeroizing::new(pair)))
    }
}

/// How the key of each algorithm of rcgen's that is used here signs, as an AlgorithmIdentifier in DER.
static SIGNATURE_ALGORITHMS: [(&rcgen::SignatureAlgorithm, &[u8]); 4] = [
    (
        &rcgen::PKCS_ECDSA_P256_SHA256,
        b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
    ),
    (
        &rcgen::PKCS_ECDSA_P384_SHA384,
        b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
    ),
    (
        &rcgen::PKCS_RSA_SHA256,
        b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
    ),
    (&rcgen::PKCS_ED25519, b"\x30\x05\x06\x03\x2b\x65\x70"),
];

/// PEM files end their lines with LF on every system.
const PEM_FORM: pem::EncodeConfig = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);

impl PublicKeyData for PrivateKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for PrivateKey {
    fn sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, rcgen::Error> {
        self.pair()?.sign(message)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

fn generate_rsa(size: RsaKeySize) -> std::result::Result<KeyPair, rcgen::Error> {
    KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size)
}

/// rcgen would read the key that it has just made, and check it, which costs as much again as to make it.
fn generate_ecdsa(
    curve: &'static EcdsaSigningAlgorithm,
    algorithm: &'static rcgen::SignatureAlgorithm,
) -> Result<PrivateKey> {
    let failed = |_| not_made("aws-lc-rs failed");
    let pair = EcdsaKeyPair::generate(curve).map_err(failed)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(failed)?;
    Ok(PrivateKey {
        pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()),
        public: pair.public_key().as_ref().to_vec(),
        algorithm,
        pair: OnceLock::new(),
    })
}

/// rcgen writes Ed25519 keys as PKCS#8 version 2, which OpenSSL 3.0 cannot read; aws-lc-rs writes version 1 too.
fn generate_ed25519() -> Result<PrivateKey> {
    let failed = |_| not_made("aws-lc-rs failed");
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    let version_1: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    PrivateKey::from_pkcs8(version_1.as_ref())
}

fn not_made(cause: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the private key could not be made: {cause}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [KeyAlgorithm; 4] = [
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::Ed25519,
    ];

    #[test]
    fn every_key_is_read_back_from_its_plain_and_its_encrypted_form() -> Result<()> {
        let passphrase = Secret::chosen("correct horse");
        for algorithm in ALL {
            let key = PrivateKey::generate(algorithm)?;
            for form in [key.to_pem(None)?, key.to_pem(Some(&passphrase))?] {
                let again = PrivateKey::from_pem(form.as_bytes(), Some(&passphrase))?;
                assert_eq!(again.pkcs8(), key.pkcs8(), "{algorithm}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_new_key_states_and_signs_what_it_does_when_it_is_read_again() -> Result<()> {
        for algorithm in ALL {
            let key = PrivateKey::generate(algorithm)?;
            let again = PrivateKey::from_pkcs8(key.pkcs8())?;
            assert_eq!(again.public_key(), key.public_key(), "{algorithm}");
            assert_eq!(again.signature_algorithm(), key.signature_algorithm());
            assert!(!key.sign_octets(b"octets")?.is_empty());
        }
        Ok(())
    }

    #[test]
    fn a_wrong_passphrase_is_told_from_a_damaged_file() -> Result<()> {
        let pem =
            PrivateKey::generate(KeyAlgorithm::P256)?.to_pem(Some(&Secret::chosen("right")))?;
        let kind = |pem: &[u8], passphrase| {
            PrivateKey::from_pem(pem, passphrase)
                .map_err(|error| error.kind())
                .err()
        };
        let wrong = Secret::chosen("wrong");
        assert_eq!(
            kind(pem.as_bytes(), Some(&wrong)),
            Some(ErrorKind::WrongPassphrase)
        );
        assert_eq!(
            kind(pem.as_bytes(), None),
            Some(ErrorKind::PassphraseRequired)
        );
        assert_eq!(
            kind(
                b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                None
            ),
            Some(ErrorKind::Malformed)
        );
        assert_eq!(kind(b"nothing", None), Some(ErrorKind::Malformed));
        Ok(())
    }

    #[test]
    fn debug_shows_nothing_of_a_key() -> Result<()> {
        assert_eq!(
            format!("{:?}", PrivateKey::generate(KeyAlgorithm::P256)?),
            "PrivateKey(..)"
        );
        Ok(())
    }
}
