//! Keys of any strength, which never leave memory.

use std::fmt;

use aws_lc_rs::digest::digest;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::Pkcs1v15Sign;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::traits::PublicKeyParts;
use zeroize::Zeroizing;

use super::SignatureAlgorithm;
use super::algorithm::Family;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyAlgorithm, PrivateKey};

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// On P-256.
    P256,
    /// On P-384.
    P384,
    /// RSA with a modulus of so many bits, 1024 or more.
    Rsa(u16),
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
}

impl Key {
    /// Makes a new key.
    ///
    /// # Errors
    /// Fails when the random source does, and for an RSA modulus of less than 1024 bits.
    pub fn generate(kind: KeyKind) -> Result<Self> {
        let made = match kind {
            KeyKind::P256 => {
                return Self::from_pkcs8(PrivateKey::generate(KeyAlgorithm::P256)?.pkcs8());
            }
            KeyKind::P384 => {
                return Self::from_pkcs8(PrivateKey::generate(KeyAlgorithm::P384)?.pkcs8());
            }
            KeyKind::Rsa(2048) => {
                return Self::from_pkcs8(PrivateKey::generate(KeyAlgorithm::Rsa2048)?.pkcs8());
            }
            KeyKind::Rsa(bits) => rsa::PrivateKey::new(&mut Random, usize::from(bits)),
        };
        let made = made.map_err(|_| {
            Error::new(ErrorKind::Internal, "the key for a probe could not be made")
        })?;
        Self::new(Pair::Rsa(Box::new(made)))
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
            .or_else(|_| rsa::PrivateKey::from_pkcs8_der(der).map(|key| Pair::Rsa(Box::new(key))));
        Self::new(pair.map_err(|_| {
            Error::new(ErrorKind::Malformed, "the private key cannot be read")
                .with_hint("Give a key on P-256 or P-384, or an RSA key, in PKCS#8.")
        })?)
    }

    fn new(pair: Pair) -> Result<Self> {
        let (public_key, private_key) = match &pair {
            Pair::P256(key) => (key.public_key().to_public_key_der(), key.to_pkcs8_der()),
            Pair::P384(key) => (key.public_key().to_public_key_der(), key.to_pkcs8_der()),
            Pair::Rsa(key) => (key.to_public_key().to_public_key_der(), key.to_pkcs8_der()),
        };
        let unwritable =
            || Error::new(ErrorKind::Internal, "the key for a probe cannot be written");
        Ok(Self {
            public_key: public_key.map_err(|_| unwritable())?.as_bytes().to_vec(),
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
            Pair::Rsa(key) => KeyKind::Rsa(u16::try_from(key.n().bit_width()).unwrap_or(u16::MAX)),
        }
    }

    /// Signs octets, whether or not the algorithm goes well with the key's size.
    ///
    /// # Errors
    /// Refuses an algorithm of another family than the key, and a hash that is longer than the modulus allows, or shorter than
    /// half of the curve.
    pub fn sign(&self, how: SignatureAlgorithm, octets: &[u8]) -> Result<Vec<u8>> {
        let hash = digest(how.hash(), octets);
        let hash = hash.as_ref();
        let signature = match (&self.pair, how.family()) {
            (Pair::P256(key), Family::Ecdsa) => {
                let signed: Option<p256::ecdsa::Signature> =
                    p256::ecdsa::SigningKey::from(key).sign_prehash(hash).ok();
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            (Pair::P384(key), Family::Ecdsa) => {
                let signed: Option<p384::ecdsa::Signature> =
                    p384::ecdsa::SigningKey::from(key).sign_prehash(hash).ok();
                signed.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            (Pair::Rsa(key), Family::Pkcs1) => {
                let padding = Pkcs1v15Sign {
                    hash_len: Some(hash.len()),
                    prefix: how.digest_info().into(),
                };
                key.sign(padding, hash).ok()
            }
            (Pair::Rsa(key), Family::Pss) => match how {
                SignatureAlgorithm::RsaPssSha384 => key.pss_sign_prehash::<Sha384>(hash).ok(),
                SignatureAlgorithm::RsaPssSha512 => key.pss_sign_prehash::<Sha512>(hash).ok(),
                _ => key.pss_sign_prehash::<Sha256>(hash).ok(),
            },
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
