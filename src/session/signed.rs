//! What an end of a handshake signed with its private key, noted where it is signed and where it is verified.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use serde::Serialize;

use super::names::signature_scheme;
use crate::hexadecimal;

/// What precedes the context string in what TLS 1.3 signs (RFC 8446 §4.4.3).
const PADDING: [u8; 64] = [b' '; 64];

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Who began.
    Client,
    /// Who answered.
    Server,
}

impl End {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// One signature of a handshake: how it was made, and over what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// The scheme's name at IANA.
    pub signature_scheme: String,
    /// `transcript` (every message before it), or `key-exchange` (both randoms and the server's share: a server in TLS 1.2).
    pub over: &'static str,
    /// The context string that keeps client and server apart (RFC 8446 §4.4.3); null in TLS 1.2.
    pub context: Option<String>,
    /// The hash of [`Self::hash_value`]; null where the scheme hashes by itself (Ed25519).
    pub hash: Option<&'static str>,
    /// The hash of the transcript, or of what was signed over instead, in hex.
    pub hash_value: Option<String>,
    /// How many octets were handed to the signature scheme.
    pub octets: usize,
}

impl Signed {
    /// Reads what `end` signed, or what its signature was verified against.
    pub fn read(end: End, scheme: SignatureScheme, message: &[u8]) -> Self {
        let tls_1_3 = message.strip_prefix(&PADDING).and_then(|content| {
            let length = content.iter().position(|octet| *octet == 0)?;
            let (context, value) = content.split_at_checked(length)?;
            Some((
                String::from_utf8_lossy(context).into_owned(),
                value.get(1..)?,
            ))
        });
        let (over, context, hash, hash_value) = match tls_1_3 {
            Some((context, value)) => (
                "transcript",
                Some(context),
                hash_of_length(value.len()),
                Some(hexadecimal::encode(value)),
            ),
            None => {
                let over = match end {
                    End::Client => "transcript",
                    End::Server => "key-exchange",
                };
                let named = hash_of_scheme(scheme);
                let value = named.map(|(_, algorithm)| {
                    hexadecimal::encode(digest::digest(algorithm, message).as_ref())
                });
                (over, None, named.map(|(name, _)| name), value)
            }
        };
        Self {
            signature_scheme: signature_scheme(scheme.into()),
            over,
            context,
            hash,
            hash_value,
            octets: message.len(),
        }
    }
}

fn hash_of_length(octets: usize) -> Option<&'static str> {
    match octets {
        32 => Some("SHA-256"),
        48 => Some("SHA-384"),
        _ => None,
    }
}

/// The hash that a scheme names in TLS 1.2 (RFC 8446 §4.2.3).
fn hash_of_scheme(scheme: SignatureScheme) -> Option<(&'static str, &'static digest::Algorithm)> {
    use SignatureScheme as S;
    Some(match scheme {
        S::RSA_PKCS1_SHA256 | S::RSA_PSS_SHA256 | S::ECDSA_NISTP256_SHA256 => {
            ("SHA-256", &digest::SHA256)
        }
        S::RSA_PKCS1_SHA384 | S::RSA_PSS_SHA384 | S::ECDSA_NISTP384_SHA384 => {
            ("SHA-384", &digest::SHA384)
        }
        S::RSA_PKCS1_SHA512 | S::RSA_PSS_SHA512 | S::ECDSA_NISTP521_SHA512 => {
            ("SHA-512", &digest::SHA512)
        }
        _ => return None,
    })
}

/// Who is told what a key signs.
pub trait Notes: fmt::Debug + Send + Sync {
    /// Takes note of one signature that is about to be made.
    fn note(&self, signed: Signed);
}

/// The first signature is kept: a handshake holds one of each end.
impl Notes for OnceLock<Signed> {
    fn note(&self, signed: Signed) {
        let _ = self.set(signed);
    }
}

/// A key that tells what it signs.
#[derive(Debug)]
pub struct NotingKey {
    key: Arc<dyn SigningKey>,
    end: End,
    notes: Arc<dyn Notes>,
}

impl NotingKey {
    /// Wraps the key of one end.
    pub fn new(key: Arc<dyn SigningKey>, end: End, notes: Arc<dyn Notes>) -> Self {
        Self { key, end, notes }
    }
}

impl SigningKey for NotingKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(NotingSigner {
            signer: self.key.choose_scheme(offered)?,
            end: self.end,
            notes: self.notes.clone(),
        }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

#[derive(Debug)]
struct NotingSigner {
    signer: Box<dyn Signer>,
    end: End,
    notes: Arc<dyn Notes>,
}

impl Signer for NotingSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let scheme = self.signer.scheme();
        self.notes.note(Signed::read(self.end, scheme, message));
        self.signer.sign(message)
    }

    fn scheme(&self) -> SignatureScheme {
        self.signer.scheme()
    }
}
