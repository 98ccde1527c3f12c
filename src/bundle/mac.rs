//! The message authentication code over a bundle's contents: RFC 7292 §5.1 step 4, and PBMAC1 (RFC 9579).

use yasna::DERWriter;

use super::hash::Hash;
use super::kdf::{self, Purpose};
use super::oid::object;
use super::password::Password;

/// How a bundle is authenticated under the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mac {
    /// HMAC with a key by the KDF of RFC 7292 appendix B, both with the same hash function.
    Pkcs12 {
        /// The hash function.
        hash: Hash,
        /// The salt of the KDF.
        salt: Vec<u8>,
        /// The iterations of the KDF.
        iterations: u32,
    },
    /// PBMAC1 (RFC 9579): HMAC with a key by PBKDF2. Few importers know it.
    Pbmac1 {
        /// HMAC with this authenticates.
        hash: Hash,
        /// The pseudo-random function of PBKDF2 is HMAC with this.
        prf: Hash,
        /// The salt of PBKDF2.
        salt: Vec<u8>,
        /// The iterations of PBKDF2.
        iterations: u32,
        /// The length of the derived key in bytes.
        key_length: usize,
    },
    /// A MAC that this program does not compute: its object identifier.
    Other(String),
}

impl Mac {
    /// How many iterations of key derivation a guess at the password costs; None when the MAC is not known.
    pub fn iterations(&self) -> Option<u32> {
        match self {
            Self::Pkcs12 { iterations, .. } | Self::Pbmac1 { iterations, .. } => Some(*iterations),
            Self::Other(_) => None,
        }
    }

    /// How many times a guess at the password computes the function under the key derivation; None when the MAC is not known.
    pub(super) fn cost(&self) -> Option<u32> {
        let blocks = match self {
            Self::Pbmac1 {
                prf, key_length, ..
            } => prf.blocks(*key_length),
            Self::Pkcs12 { .. } => 1,
            Self::Other(_) => return None,
        };
        Some(self.iterations()?.saturating_mul(blocks))
    }

    /// The code over `message`; None when the MAC is not known.
    pub(super) fn code(&self, password: &Password, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Pkcs12 {
                hash,
                salt,
                iterations,
            } => {
                let key = kdf::derive(
                    *hash,
                    Purpose::MacKey,
                    &password.bmp,
                    salt,
                    *iterations,
                    hash.digest().output_len(),
                );
                Some(hash.hmac(&key, message))
            }
            Self::Pbmac1 {
                hash,
                prf,
                salt,
                iterations,
                key_length,
            } => {
                let key = prf.pbkdf2(&password.octets, salt, *iterations, *key_length);
                Some(hash.hmac(&key, message))
            }
            Self::Other(_) => None,
        }
    }
}

/// Writes the MacData of a MAC of PKCS#12's own kind.
pub(super) fn write(writer: DERWriter<'_>, hash: Hash, salt: &[u8], iterations: u32, code: &[u8]) {
    writer.write_sequence(|writer| {
        writer.next().write_sequence(|writer| {
            writer.next().write_sequence(|writer| {
                writer.next().write_oid(&object(hash.digest_oid()));
                writer.next().write_null();
            });
            writer.next().write_bytes(code);
        });
        writer.next().write_bytes(salt);
        writer.next().write_u32(iterations);
    });
}
