//! Password-based encryption: PBES2 (RFC 8018 §6.2) and the older schemes of RFC 7292 appendix C.

use yasna::DERWriter;
use zeroize::Zeroizing;

use super::cipher::{Pbes2Cipher, Pkcs12Cipher};
use super::hash::Hash;
use super::kdf::{self, Purpose};
use super::oid::{self, object};
use super::password::Password;

/// How something in a bundle is encrypted under the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// PBES2: a key by PBKDF2, and an initial vector that is stated.
    Pbes2 {
        /// The pseudo-random function of PBKDF2 is HMAC with this.
        prf: Hash,
        /// The salt of PBKDF2.
        salt: Vec<u8>,
        /// The iterations of PBKDF2.
        iterations: u32,
        /// The cipher, in CBC mode.
        cipher: Pbes2Cipher,
        /// The initial vector, one block long.
        iv: Vec<u8>,
    },
    /// A scheme of RFC 7292 appendix C: key and initial vector by the KDF of appendix B with SHA-1.
    Pkcs12 {
        /// The cipher, in CBC mode.
        cipher: Pkcs12Cipher,
        /// The salt of the KDF.
        salt: Vec<u8>,
        /// The iterations of the KDF.
        iterations: u32,
    },
    /// A scheme or a cipher that this program does not read: its object identifier.
    Other(String),
}

/// What a scheme makes of a password.
struct Keys {
    key: Zeroizing<Vec<u8>>,
    iv: Zeroizing<Vec<u8>>,
}

impl Scheme {
    /// How many iterations of key derivation a guess at the password costs; None when the scheme is not known.
    pub fn iterations(&self) -> Option<u32> {
        match self {
            Self::Pbes2 { iterations, .. } | Self::Pkcs12 { iterations, .. } => Some(*iterations),
            Self::Other(_) => None,
        }
    }

    /// How many times a guess at the password computes the function under the key derivation: the iterations for each block that is
    /// derived. None when the scheme is not known.
    pub(super) fn cost(&self) -> Option<u32> {
        let blocks = match self {
            Self::Pbes2 { prf, cipher, .. } => prf.blocks(cipher.key_length()),
            // Key and initial vector are derived one after the other.
            Self::Pkcs12 { cipher, .. } => {
                Hash::Sha1.blocks(cipher.key_length())
                    + Hash::Sha1.blocks(Pkcs12Cipher::BLOCK_LENGTH)
            }
            Self::Other(_) => return None,
        };
        Some(self.iterations()?.saturating_mul(blocks))
    }

    /// Encrypts under the password; None when the scheme's parameters do not fit its cipher.
    pub(super) fn encrypt(&self, password: &Password, plaintext: &[u8]) -> Option<Vec<u8>> {
        let Keys { key, iv } = self.keys(password)?;
        match self {
            Self::Pbes2 { cipher, .. } => cipher.encrypt(&key, &iv, plaintext),
            Self::Pkcs12 { cipher, .. } => cipher.encrypt(&key, &iv, plaintext),
            Self::Other(_) => None,
        }
    }

    /// Decrypts under the password; None when it is the wrong one or the ciphertext is damaged, which look alike here.
    pub(super) fn decrypt(
        &self,
        password: &Password,
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let Keys { key, iv } = self.keys(password)?;
        match self {
            Self::Pbes2 { cipher, .. } => cipher.decrypt(&key, &iv, ciphertext),
            Self::Pkcs12 { cipher, .. } => cipher.decrypt(&key, &iv, ciphertext),
            Self::Other(_) => None,
        }
    }

    fn keys(&self, password: &Password) -> Option<Keys> {
        match self {
            Self::Pbes2 {
                prf,
                salt,
                iterations,
                cipher,
                iv,
            } => Some(Keys {
                key: prf.pbkdf2(&password.octets, salt, *iterations, cipher.key_length()),
                iv: Zeroizing::new(iv.clone()),
            }),
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => {
                let derive = |purpose, length| {
                    kdf::derive(
                        Hash::Sha1,
                        purpose,
                        &password.bmp,
                        salt,
                        *iterations,
                        length,
                    )
                };
                Some(Keys {
                    key: derive(Purpose::EncryptionKey, cipher.key_length()),
                    iv: derive(Purpose::InitialVector, Pkcs12Cipher::BLOCK_LENGTH),
                })
            }
            Self::Other(_) => None,
        }
    }

    /// Writes the AlgorithmIdentifier.
    pub(super) fn write(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|writer| match self {
            Self::Pbes2 {
                prf,
                salt,
                iterations,
                cipher,
                iv,
            } => {
                writer.next().write_oid(&object(oid::PBES2));
                writer.next().write_sequence(|writer| {
                    writer.next().write_sequence(|writer| {
                        writer.next().write_oid(&object(oid::PBKDF2));
                        writer.next().write_sequence(|writer| {
                            writer.next().write_bytes(salt);
                            writer.next().write_u32(*iterations);
                            // Always stated: where it is absent, SHA-1 is meant (RFC 8018 appendix A.2).
                            writer.next().write_sequence(|writer| {
                                writer.next().write_oid(&object(prf.hmac_oid()));
                                writer.next().write_null();
                            });
                        });
                    });
                    writer.next().write_sequence(|writer| {
                        writer.next().write_oid(&object(cipher.oid()));
                        writer.next().write_bytes(iv);
                    });
                });
            }
            Self::Pkcs12 {
                cipher,
                salt,
                iterations,
            } => {
                writer.next().write_oid(&object(cipher.oid()));
                writer.next().write_sequence(|writer| {
                    writer.next().write_bytes(salt);
                    writer.next().write_u32(*iterations);
                });
            }
            // Read only: nothing in this program makes one.
            Self::Other(_) => {}
        });
    }
}
