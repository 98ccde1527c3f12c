//! The key algorithms in which certificates are issued.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// A kind and size of key that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// ECDSA on P-256: the default, which every browser and device takes.
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA of 2048 bits.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits.
    Rsa4096,
    /// Ed25519: for programs; no browser imports it.
    Ed25519,
}

impl KeyAlgorithm {
    /// Every algorithm, the default first.
    pub const ALL: [Self; 6] = [
        Self::P256,
        Self::P384,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Ed25519,
    ];

    /// Reads the argument of `--key-algorithm`.
    ///
    /// # Errors
    /// Refuses other words.
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("{} is not a key algorithm", Quoted(text)),
                )
                .with_hint(format!("Choose one of {known}."))
            })
    }

    /// The algorithm's word on the command line and in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
