//! How a bundle is encrypted and authenticated, without salts and the like.

use std::fmt;

use crate::bundle::{Bag, Hash, Mac, Matter, Pbes2Cipher, Pkcs12Cipher, Scheme};

/// How something is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// It is not.
    None,
    /// PBES2 (RFC 8018 §6.2), the key derived by PBKDF2 with HMAC by this hash.
    Pbes2(Pbes2Cipher, Hash),
    /// A scheme of RFC 7292 appendix C.
    Pkcs12(Pkcs12Cipher),
    /// Something that this program does not read: its object identifier.
    Other(String),
}

/// How the contents are authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// HMAC with this hash, as RFC 7292 has it.
    Hmac(Hash),
    /// PBMAC1 (RFC 9579), HMAC with this hash.
    Pbmac1(Hash),
    /// Something that this program does not compute: its object identifier.
    Other(String),
}

impl Encryption {
    pub(super) fn of(bag: &Bag) -> Self {
        match &bag.protection {
            None => Self::None,
            Some(Scheme::Pbes2 { cipher, prf, .. }) => Self::Pbes2(*cipher, *prf),
            Some(Scheme::Pkcs12 { cipher, .. }) => Self::Pkcs12(*cipher),
            Some(Scheme::Other(kind)) => Self::Other(kind.clone()),
        }
    }

    pub(super) fn matter(&self, when_open: Matter) -> Option<Matter> {
        Some(match self {
            Self::None => when_open,
            Self::Pbes2(Pbes2Cipher::TripleDes, _) => Matter::Pbes2TripleDes,
            Self::Pbes2(_, Hash::Sha1) => Matter::AesSha1,
            Self::Pbes2(_, Hash::Sha256) => Matter::AesSha256,
            Self::Pbes2(..) => Matter::AesOtherSha2,
            Self::Pkcs12(Pkcs12Cipher::TripleDes) => Matter::TripleDes,
            Self::Pkcs12(Pkcs12Cipher::TripleDesTwoKey) => Matter::TripleDesTwoKey,
            Self::Pkcs12(Pkcs12Cipher::Rc2With128Bits) => Matter::Rc2With128Bits,
            Self::Pkcs12(Pkcs12Cipher::Rc2With40Bits) => Matter::Rc2With40Bits,
            Self::Other(_) => return None,
        })
    }
}

impl Authentication {
    pub(super) fn of(mac: &Mac) -> Self {
        match mac {
            Mac::Pkcs12 { hash, .. } => Self::Hmac(*hash),
            Mac::Pbmac1 { hash, .. } => Self::Pbmac1(*hash),
            Mac::Other(kind) => Self::Other(kind.clone()),
        }
    }

    pub(super) fn matter(&self) -> Option<Matter> {
        match self {
            Self::Hmac(Hash::Sha1) => Some(Matter::MacSha1),
            Self::Hmac(Hash::Sha256) => Some(Matter::MacSha256),
            Self::Hmac(_) => Some(Matter::MacOtherSha2),
            Self::Pbmac1(_) => Some(Matter::Pbmac1),
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Pbes2(cipher, prf) => write!(f, "PBES2 with {cipher} and HMAC-{prf}"),
            Self::Pkcs12(cipher) => write!(f, "{cipher}"),
            Self::Other(kind) => f.write_str(kind),
        }
    }
}

impl fmt::Display for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hmac(hash) => write!(f, "HMAC-{hash}"),
            Self::Pbmac1(hash) => write!(f, "PBMAC1 with HMAC-{hash}"),
            Self::Other(kind) => f.write_str(kind),
        }
    }
}
