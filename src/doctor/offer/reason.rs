//! Why a browser does not offer a certificate: a word, a sentence and what mends it.

use std::fmt;

use time::OffsetDateTime;

use crate::certificate::{DistinguishedName, KeyUsage, object_identifier};
use crate::validity::{Validity, format_instant};

/// Why a browser does not offer a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Its private key is not there.
    NoPrivateKey,
    /// NSS cannot import a key of this algorithm.
    KeyTypeNotImported(String),
    /// A key of this algorithm is imported and never used for a login.
    KeyTypeNeverOffered(String),
    /// Its notAfter is past.
    Expired(OffsetDateTime),
    /// Its notBefore lies ahead.
    NotYetValid(OffsetDateTime),
    /// Its extKeyUsage, these purposes, does not hold clientAuth; without any, its Netscape certificate type has no TLS clients.
    WrongExtendedKeyUsage(Vec<String>),
    /// Its keyUsage does not allow signatures.
    WrongKeyUsage(KeyUsage),
    /// The certificate of this CA is not there, and without it no CA that the server names is seen above.
    IntermediateMissing(DistinguishedName),
    /// The certificate of this CA, which leads to one that the server names, is not valid now.
    IntermediateNotValid(DistinguishedName, Validity),
    /// It has this critical extension, which the browser does not know.
    UnknownCriticalExtension(String),
    /// The server names neither this issuer nor a CA above it.
    IssuerNotNamed(DistinguishedName),
    /// The server takes no signature that its key can make. Browsers notice it only after the certificate was chosen.
    NoSignatureScheme {
        /// The key's algorithm.
        key: String,
        /// Whether the browser then gives up the connection, and does not go on without a certificate.
        is_fatal: bool,
    },
}

impl Reason {
    /// The reason's word in `--json` output, which does not change.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoPrivateKey => "no-private-key",
            Self::KeyTypeNotImported(_) => "key-type-not-imported",
            Self::KeyTypeNeverOffered(_) => "key-type-never-offered",
            Self::Expired(_) => "expired",
            Self::NotYetValid(_) => "not-yet-valid",
            Self::WrongExtendedKeyUsage(_) => "wrong-extended-key-usage",
            Self::WrongKeyUsage(_) => "wrong-key-usage",
            Self::IntermediateMissing(_) => "intermediate-missing",
            Self::IntermediateNotValid(..) => "intermediate-not-valid",
            Self::UnknownCriticalExtension(_) => "unknown-critical-extension",
            Self::IssuerNotNamed(_) => "issuer-not-named",
            Self::NoSignatureScheme { .. } => "no-signature-scheme",
        }
    }

    /// What mends it, as one instruction.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoPrivateKey => {
                "Import the bundle, which holds the private key, and not the certificate alone."
            }
            Self::KeyTypeNotImported(_) | Self::KeyTypeNeverOffered(_) => {
                "Issue one with --key-algorithm p256, which every browser imports and offers."
            }
            Self::Expired(_) => "Renew it with pki renew, and import the new bundle.",
            Self::NotYetValid(_) => "Check the clock of this machine, or wait.",
            Self::WrongExtendedKeyUsage(_) => {
                "Issue a certificate for clients, with clientAuth in its extKeyUsage."
            }
            Self::WrongKeyUsage(_) => "Issue one with digitalSignature in its keyUsage.",
            Self::IntermediateMissing(_) => {
                "Import a bundle that holds the issuing CA too, or let the server name the issuing CA."
            }
            Self::IntermediateNotValid(..) => {
                "Import the current certificate of that CA, or let the server name the issuing CA."
            }
            Self::UnknownCriticalExtension(_) => {
                "Issue one without that extension, or one in which it is not critical."
            }
            Self::IssuerNotNamed(_) => {
                "Let the server name this CA: it takes its names from the file of CAs for client certificates."
            }
            Self::NoSignatureScheme { .. } => {
                "Let the server take signatures of this algorithm, or issue one with another --key-algorithm."
            }
        }
    }
}

/// One sentence, without its full stop, as those of errors are.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrivateKey => f.write_str("its private key is not there"),
            Self::KeyTypeNotImported(key) => write!(f, "NSS cannot import a key of the type {key}"),
            Self::KeyTypeNeverOffered(key) => {
                write!(f, "a key of the type {key} is imported, and never offered")
            }
            Self::Expired(end) => write!(f, "it ended on {}", format_instant(*end)),
            Self::NotYetValid(begin) => {
                write!(f, "it is not valid before {}", format_instant(*begin))
            }
            Self::WrongExtendedKeyUsage(purposes) if purposes.is_empty() => {
                f.write_str("its Netscape certificate type is not that of TLS clients")
            }
            Self::WrongExtendedKeyUsage(purposes) => {
                let names = purposes
                    .iter()
                    .map(|purpose| object_identifier::name_of_purpose(purpose));
                let names = names.collect::<Vec<_>>().join(", ");
                write!(f, "its extKeyUsage is {names}, and not clientAuth")
            }
            Self::WrongKeyUsage(usage) => {
                let names = usage.names().join(", ");
                write!(f, "its keyUsage is {names}, and not digitalSignature")
            }
            Self::IntermediateMissing(issuer) => write!(
                f,
                "the server does not name its issuer {issuer}, and the certificate of that CA, by which a named one would be found above it, is not there"
            ),
            Self::IntermediateNotValid(authority, validity) => write!(
                f,
                "the server names a CA above {authority}, whose own certificate is valid from {} to {} only",
                format_instant(validity.not_before),
                format_instant(validity.not_after)
            ),
            Self::UnknownCriticalExtension(identifier) => write!(
                f,
                "it has the critical extension {identifier}, which the browser does not know"
            ),
            Self::IssuerNotNamed(issuer) => write!(
                f,
                "the server names neither its issuer {issuer} nor a CA above it"
            ),
            Self::NoSignatureScheme { key, is_fatal } => {
                let then = match is_fatal {
                    true => ", and the browser that has chosen it gives up the connection",
                    false => "",
                };
                write!(
                    f,
                    "the server takes no signature that a key of the type {key} can make{then}"
                )
            }
        }
    }
}
