//! Bundles: PKCS#12 (RFC 7292) written so that every importer takes them, and read whoever wrote them.
//!
//! A bundle carries a private key, its certificate and the certificates above it, under one password. [`write()`] makes one in a
//! [`Form`]; [`open`] reads one. The rules that importers enforce without ever saying so are stated where they are kept, in
//! `write.rs`. The way of reading is: `ber` makes every length definite and `element` walks, [`Anatomy`] tells the parts without a password, `unlock`
//! decrypts them, `identity` puts keys, certificates and chains together.

mod algorithm;
mod anatomy;
mod bag;
mod ber;
mod certificate;
mod cipher;
pub mod diagnosis;
mod element;
mod hash;
mod identity;
mod kdf;
mod mac;
mod mobileconfig;
mod oid;
mod password;
mod pbe;
pub mod pem;
pub mod pkcs7;
pub mod platform;
mod unlock;
mod write;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod testing;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::secret::{Secret, Strength};

pub use anatomy::{Anatomy, Encoding, Encrypted, Part};
pub use bag::{Bag, Content};
pub use cipher::{Pbes2Cipher, Pkcs12Cipher};
pub use diagnosis::{Diagnosis, diagnose};
pub use hash::Hash;
pub use mac::Mac;
pub use mobileconfig::{installs_mobileconfig, mobileconfig, root_mobileconfig};
pub use password::PasswordForm;
pub use pbe::Scheme;
pub use platform::{Matter, Platform};
pub use unlock::{Unlocked, open_private_key};
pub use write::{write, write_all};

/// Iterations for a password that a person chose.
///
/// .NET 9 refuses more than 300,000 and Windows more than 600,000.
const ITERATIONS_CHOSEN: u32 = 250_000;
/// Iterations for a password of 100 random bits, which no number of iterations could make harder to guess.
const ITERATIONS_GENERATED: u32 = 2_048;

/// What a bundle holds.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Every private key with its certificate.
    pub identities: Vec<Identity>,
    /// Certificates that belong to no identity and to no identity's chain, and those of chains that have attributes of their own.
    pub other_certificates: Vec<OtherCertificate>,
    /// How many private keys have no certificate in the bundle.
    pub lone_keys: usize,
    /// What else there is, such as CRLs and secrets: the object identifier of each one's kind.
    pub others: Vec<String>,
}

/// A certificate that stands in a bundle for itself, such as a trust anchor of Java's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OtherCertificate {
    /// The certificate: DER.
    pub der: Vec<u8>,
    /// The name that importers show.
    pub friendly_name: Option<String>,
    /// Its attributes besides name and localKeyId: DER of an Attribute each (RFC 2985 §5.5). Java takes a certificate that has not
    /// the one it knows for no entry at all.
    pub attributes: Vec<Vec<u8>>,
}

/// A private key, its certificate, and the certificates above it.
///
/// Its `Debug` elides the key.
#[derive(Clone)]
pub struct Identity {
    /// The private key: DER of a PKCS#8 `PrivateKeyInfo`, version 1 (RFC 5208 §5).
    pub private_key: Zeroizing<Vec<u8>>,
    /// The end entity's certificate: DER.
    pub certificate: Vec<u8>,
    /// The issuing CA's certificate first, the root last: DER each. Empty when the bundle holds none.
    pub chain: Vec<Vec<u8>>,
    /// The name that a browser's list of certificates shows.
    pub friendly_name: Option<String>,
}

/// How a bundle is encrypted and authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, and a MAC by HMAC-SHA-256: what everything current reads.
    Aes256Sha256,
    /// pbeWithSHAAnd3-KeyTripleDES-CBC and a MAC by HMAC-SHA-1: for what refuses the other one. Never RC2.
    TripleDesSha1,
}

impl Form {
    /// Every form, the newest first.
    pub const ALL: [Self; 2] = [Self::Aes256Sha256, Self::TripleDesSha1];

    /// What importers must take to import a bundle in this form.
    pub fn matters(self) -> &'static [Matter] {
        match self {
            Self::Aes256Sha256 => &[Matter::AesSha256, Matter::MacSha256],
            Self::TripleDesSha1 => &[Matter::TripleDes, Matter::MacSha1],
        }
    }
}

/// How many iterations of key derivation a bundle under `password` is written with.
///
/// The same number serves the encryption of the key, that of the certificates, and the MAC: a guess is as dear whichever is attacked.
pub fn iterations(password: &Secret) -> u32 {
    match password.strength() {
        Strength::Chosen => ITERATIONS_CHOSEN,
        Strength::Generated => ITERATIONS_GENERATED,
    }
}

/// Opens a bundle, DER or BER, whoever wrote it.
///
/// # Errors
/// [`ErrorKind::WrongPassphrase`](crate::error::ErrorKind::WrongPassphrase) when the password is not the bundle's;
/// [`ErrorKind::Malformed`](crate::error::ErrorKind::Malformed) when the file is no PKCS#12 or a damaged one, goes beyond a limit
/// (16 MiB, 4,096 bags, ten million iterations), uses an algorithm that this program does not read, or holds a key but not its
/// certificate.
pub fn open(file: &[u8], password: &Secret) -> Result<Contents> {
    identity::assemble(&Anatomy::read(file)?.unlock(password)?)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            private_key: _,
            certificate,
            chain,
            friendly_name,
        } = self;
        f.debug_struct("Identity")
            .field("private_key", &"..")
            .field("certificate", &format_args!("{} bytes", certificate.len()))
            .field("chain", &format_args!("{} certificates", chain.len()))
            .field("friendly_name", friendly_name)
            .finish()
    }
}
