//! The hash functions that bundles use, with HMAC and PBKDF2 on each.
//!
//! All by aws-lc-rs: hundreds of thousands of iterations take a tenth of a second with it, in a debug build too.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use zeroize::Zeroizing;

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

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
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

    /// The hash function itself, which knows the length of its blocks and of its output.
    pub(super) fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    /// How many of its outputs `length` bytes take: each costs all iterations of a key derivation.
    pub(super) fn blocks(self, length: usize) -> u32 {
        let blocks = length.div_ceil(self.digest().output_len());
        u32::try_from(blocks).unwrap_or(u32::MAX)
    }

    /// The HMAC of `message` (RFC 2104).
    pub(super) fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.hmac_key(key), message).as_ref().to_vec()
    }

    /// A key of `length` bytes by PBKDF2 (RFC 8018 §5.2).
    pub(super) fn pbkdf2(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(vec![0; length]);
        let algorithm = match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha224 => {
                self.pbkdf2_by_hand(password, salt, iterations, &mut key);
                return key;
            }
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        };
        let iterations = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
        pbkdf2::derive(algorithm, iterations, salt, password, &mut key);
        key
    }

    /// PBKDF2 with a hash function for which aws-lc-rs has none.
    fn pbkdf2_by_hand(self, password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
        let password = self.hmac_key(password);
        for (block, number) in key.chunks_mut(self.digest().output_len()).zip(1u32..) {
            let mut context = hmac::Context::with_key(&password);
            context.update(salt);
            context.update(&number.to_be_bytes());
            let mut tag = context.sign();
            block
                .iter_mut()
                .zip(tag.as_ref())
                .for_each(|(sum, byte)| *sum = *byte);
            for _ in 1..iterations {
                tag = hmac::sign(&password, tag.as_ref());
                block
                    .iter_mut()
                    .zip(tag.as_ref())
                    .for_each(|(sum, byte)| *sum ^= *byte);
            }
        }
    }

    fn hmac_key(self, key: &[u8]) -> hmac::Key {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => hmac::HMAC_SHA224,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::Key::new(algorithm, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pbkdf2_by_hand_derives_what_the_library_does() {
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
            let mut key = vec![0; 150];
            hash.pbkdf2_by_hand(b"password", b"salt", 7, &mut key);
            assert_eq!(key, *hash.pbkdf2(b"password", b"salt", 7, 150));
        }
    }

    #[test]
    fn an_empty_password_and_an_empty_salt_derive_a_key() {
        for hash in Hash::ALL {
            assert_ne!(*hash.pbkdf2(b"", b"", 1, 32), [0; 32]);
        }
    }
}
