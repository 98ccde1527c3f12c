//! The hash functions that bundles use, and what is built on each: HMAC, PBKDF2, and the KDF of PKCS#12.

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::kdf::{self, Purpose};
use super::oid::{self, Arcs};

/// A hash function of a bundle's MAC or key derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1: the only one that old importers know.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Calls a generic function with the type that belongs to a [`Hash`].
macro_rules! with_digest {
    ($hash:expr, $call:ident($($argument:expr),*)) => {
        match $hash {
            Hash::Sha1 => $call::<Sha1>($($argument),*),
            Hash::Sha224 => $call::<Sha224>($($argument),*),
            Hash::Sha256 => $call::<Sha256>($($argument),*),
            Hash::Sha384 => $call::<Sha384>($($argument),*),
            Hash::Sha512 => $call::<Sha512>($($argument),*),
        }
    };
}

impl Hash {
    pub(super) const ALL: [Self; 5] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    /// The object identifier of the hash function itself.
    pub(super) fn digest_oid(self) -> Arcs {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha224 => oid::SHA224,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// The object identifier of HMAC with this hash function.
    pub(super) fn hmac_oid(self) -> Arcs {
        match self {
            Self::Sha1 => oid::HMAC_SHA1,
            Self::Sha224 => oid::HMAC_SHA224,
            Self::Sha256 => oid::HMAC_SHA256,
            Self::Sha384 => oid::HMAC_SHA384,
            Self::Sha512 => oid::HMAC_SHA512,
        }
    }

    /// The length of its output in bytes.
    pub(super) fn output_length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The HMAC of `message` (RFC 2104).
    pub(super) fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        fn hmac<D: EagerHash>(key: &[u8], message: &[u8]) -> Vec<u8> {
            // HMAC takes a key of any length, so this is never None.
            Hmac::<D>::new_from_slice(key).map_or_else(
                |_| Vec::new(),
                |mac| mac.chain_update(message).finalize().into_bytes().to_vec(),
            )
        }
        with_digest!(self, hmac(key, message))
    }

    /// A key of `length` bytes by PBKDF2 (RFC 8018 §5.2).
    pub(super) fn pbkdf2(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Zeroizing<Vec<u8>> {
        fn derive<D: EagerHash>(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
            pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, key);
        }
        let mut key = Zeroizing::new(vec![0; length]);
        with_digest!(self, derive(password, salt, iterations, &mut key));
        key
    }

    /// A key of `length` bytes by the KDF of RFC 7292 appendix B.2.
    pub(super) fn pkcs12_kdf(
        self,
        purpose: Purpose,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Zeroizing<Vec<u8>> {
        use kdf::derive;
        with_digest!(self, derive(purpose, password, salt, iterations, length))
    }
}
