//! Keys of any strength, which never leave memory.

use std::fmt;

use aws_lc_rs::digest::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::Pkcs1v15Sign;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::traits::PublicKeyParts;
use zeroize::Zeroizing;

use super::SignatureAlgorithm;
use super::algorithm::{Method, digest_info};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyAlgorithm, PrivateKey, describe_public_key};

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// On P-256.
    P256,
    /// On P-384.
    P384,
    /// RSA with a modulus of so many bits, 1024 or more.
    Rsa(u16),
    /// Ed25519.
    Ed25519,
}

impl KeyKind {
    /// The kind of a public key, a SubjectPublicKeyInfo; nothing where it is another.
    pub(in crate::probe) fn of_public_key(public_key: &[u8]) -> Option<Self> {
        match describe_public_key(public_key).as_str() {
            "p256" => Some(Self::P256),
            "p384" => Some(Self::P384),
            "ed25519" => Some(Self::Ed25519),
            other => other.strip_prefix("rsa-")?.parse().ok().map(Self::Rsa),
        }
    }
}

/// A private key; its `Debug` shows nothing and its memory is wiped.
pub struct Key {
    pair: Pair,
    public_key: Vec<u8>,
    pkcs8: Zeroizing<Vec<u8>>,
}

enum Pair {
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    Rsa(Box<rsa::PrivateKey>),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// Makes a new key.
    ///
    /// # Errors
    /// Fails when the random source does, and for an RSA modulus of less than 1024 bits.
    pub fn generate(kind: KeyKind) -> Result<Self> {
        let algorithm = match kind {
            KeyKind::P256 => KeyAlgorithm::P256,
            KeyKind::P384 => KeyAlgorithm::P384,
            KeyKind::Rsa(2048) => KeyAlgorithm::Rsa2048,
            KeyKind::Rsa(3072) => KeyAlgorithm::Rsa3072,
            KeyKind::Rsa(4096) => KeyAlgorithm::Rsa4096,
            KeyKind::Ed25519 => KeyAlgorithm::Ed25519,
            KeyKind::Rsa(bits) => return Self::of_odd_size(bits),
        };
        Self::from_pkcs8(PrivateKey::generate(algorithm)?.pkcs8())
    }

    /// An RSA key of a size that aws-lc-rs does not make.
    fn of_odd_size(bits: u16) -> Result<Self> {
        let key = rsa::PrivateKey::new(&mut Random, usize::from(bits))
            .map_err(|_| unusable("the key for a probe could not be made"))?;
        Self::new(Pair::Rsa(Box::new(key)))
    }

    /// Takes a key in unencrypted PKCS#8.
    ///
    /// # Errors
    /// Refuses other keys than [`KeyKind`] names.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self> {
        let curve = p256::SecretKey::from_pkcs8_der(der)
            .map(Pair::P256)
            .or_else(|_| p384::SecretKey::from_pkcs8_der(der).map(Pair::P384));
        let pair = curve
            .or_else(|_| rsa::PrivateKey::from_pkcs8_der(der).map(|key| Pair::Rsa(Box::new(key))))
            .ok()
            .or_else(|| Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed25519).ok());
        Self::new(pair.ok_or_else(|| {
            Error::new(ErrorKind::Malformed, "the private key cannot be read")
                .with_hint("Give an RSA key, or one on P-256, P-384 or Ed25519, in PKCS#8.")
        })?)
    }

    fn new(pair: Pair) -> Result<Self> {
        let unwritable = || unusable("the key for a probe cannot be written");
        let (public_key, private_key) = match &pair {
            Pair::P256(key) => (key.public_key().to_public_key_der(), key.to_pkcs8_der()),
            Pair::P384(key) => (key.public_key().to_public_key_der(), key.to_pkcs8_der()),
            Pair::Rsa(key) => (key.to_public_key().to_public_key_der(), key.to_pkcs8_der()),
            Pair::Ed25519(key) => {
                let public_key: PublicKeyX509Der<'_> =
                    key.public_key().as_der().map_err(|_| unwritable())?;
                let private_key: Pkcs8V1Der<'_> = key.as_der().map_err(|_| unwritable())?;
                return Ok(Self {
                    public_key: public_key.as_ref().to_vec(),
                    pkcs8: private_key.as_ref().to_vec().into(),
                    pair,
                });
            }
        };
        Ok(Self {
            public_key: public_key.map_err(|_| unwritable())?.into_vec(),
            pkcs8: private_key.map_err(|_| unwritable())?.to_bytes(),
            pair,
        })
    }

    /// The public key: a SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        self.public_key.clone()
    }

    /// The key in unencrypted PKCS#8.
    pub fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        match &self.pair {
            Pair::P256(_) => KeyKind::P256,
            Pair::P384(_) => KeyKind::P384,
            Pair::Ed25519(_) => KeyKind::Ed25519,
            Pair::Rsa(key) => KeyKind::Rsa(u16::try_from(key.n().bit_width()).unwrap_or(u16::MAX)),
        }
    }

    /// Signs octets, whether or not the algorithm goes well with the key's size.
    ///
    /// # Errors
    /// Refuses an algorithm of another family than the key, and a hash that is longer than the modulus allows.
    pub fn sign(&self, how: SignatureAlgorithm, octets: &[u8]) -> Result<Vec<u8>> {
        let signature = match (&self.pair, how.method()) {
            (Pair::P256(key), Method::Ecdsa(hash)) => {
                let signed: Option<p256::ecdsa::Signature> = p256::ecdsa::SigningKey::from(key)
                    .sign_prehash(digest(hash, octets).as_ref())
                    .ok();
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            (Pair::P384(key), Method::Ecdsa(hash)) => {
                let signed: Option<p384::ecdsa::Signature> = p384::ecdsa::SigningKey::from(key)
                    .sign_prehash(digest(hash, octets).as_ref())
                    .ok();
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            (Pair::Rsa(key), Method::Pkcs1(hash)) => {
                let padding = Pkcs1v15Sign {
                    hash_len: Some(hash.output_len()),
                    prefix: digest_info(hash).into(),
                };
                key.sign(padding, digest(hash, octets).as_ref()).ok()
            }
            (Pair::Rsa(key), Method::Pss(hash)) => {
                let hashed = digest(hash, octets);
                let hashed = hashed.as_ref();
                match how {
                    SignatureAlgorithm::RsaPssSha384 => key.pss_sign_prehash::<Sha384>(hashed).ok(),
                    SignatureAlgorithm::RsaPssSha512 => key.pss_sign_prehash::<Sha512>(hashed).ok(),
                    _ => key.pss_sign_prehash::<Sha256>(hashed).ok(),
                }
            }
            (Pair::Ed25519(key), Method::Ed25519) => Some(key.sign(octets).as_ref().to_vec()),
            _ => None,
        };
        signature.ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                format!(
                    "a key of the kind {:?} cannot sign with {how:?}",
                    self.kind()
                ),
            )
        })
    }
}

fn unusable(fact: impl Into<String>) -> Error {
    Error::new(ErrorKind::Internal, fact)
}

/// The random source of aws-lc-rs, for a crate that asks for one of its own kind.
struct Random;

impl TryRng for Random {
    type Error = Unspecified;

    fn try_next_u32(&mut self) -> std::result::Result<u32, Unspecified> {
        let mut octets = [0; 4];
        rand::fill(&mut octets)?;
        Ok(u32::from_ne_bytes(octets))
    }

    fn try_next_u64(&mut self) -> std::result::Result<u64, Unspecified> {
        let mut octets = [0; 8];
        rand::fill(&mut octets)?;
        Ok(u64::from_ne_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> std::result::Result<(), Unspecified> {
        rand::fill(octets)
    }
}

impl TryCryptoRng for Random {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
