//! What a bundle is made of, told without its password: RFC 7292 §4.

use std::fmt;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use zeroize::Zeroizing;

use super::algorithm;
use super::bag::{self, Bag};
use super::ber::definite;
use super::element::{
    Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, constructed, context,
};
use super::mac::Mac;
use super::oid;
use super::pbe::Scheme;
use crate::error::{Error, ErrorKind, Result};

/// No bundle is this long; what is, is something else or is meant to exhaust us. In bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// What a bundle is made of, as far as it can be told without the password.
#[derive(Debug)]
pub struct Anatomy {
    /// Whether the file keeps to definite lengths.
    pub encoding: Encoding,
    /// How the contents are authenticated; None when they are not.
    pub mac: Option<Mac>,
    /// The parts of the contents, in order.
    pub parts: Vec<Part>,
    /// How many bags the encrypted parts may hold together.
    pub(super) bags_left: usize,
    /// The code that the MAC must come to.
    pub(super) code: Vec<u8>,
    /// The bytes that the MAC is over.
    pub(super) authenticated: Zeroizing<Vec<u8>>,
}

/// How lengths are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Every length definite and as short as it can be.
    Der,
    /// Indefinite or needlessly long lengths, or strings in pieces.
    Ber,
}

/// A part of a bundle's contents (RFC 7292 §4.1).
#[derive(Debug)]
pub enum Part {
    /// Bags that lie open; a key in them is usually encrypted by itself.
    Plain(Vec<Bag>),
    /// Bags that are encrypted together.
    Encrypted(Encrypted),
}

/// Something encrypted under the password.
pub struct Encrypted {
    /// How it is encrypted.
    pub scheme: Scheme,
    pub(super) ciphertext: Vec<u8>,
}

impl Anatomy {
    /// Reads a bundle's structure: DER or BER, without decrypting anything.
    ///
    /// # Errors
    /// Refuses what is no PKCS#12 and says what it is where that can be seen; also what is damaged, over 16 MiB, or protected by
    /// public keys instead of a password.
    pub fn read(file: &[u8]) -> Result<Self> {
        if file.len() > LONGEST {
            return Err(Error::new(
                ErrorKind::Malformed,
                "the file is over 16 MiB, which no bundle is",
            ));
        }
        let unreadable = || not_a_bundle(file);
        let outer = definite(file).ok_or_else(unreadable)?;
        let pfx = Element::only(&outer.bytes, SEQUENCE).ok_or_else(unreadable)?;
        let mut fields = pfx.reader();
        let version = fields.take(INTEGER).and_then(Element::number);
        if version != Some(3) {
            return Err(unreadable());
        }
        let (kind, content) = fields
            .take(SEQUENCE)
            .and_then(content_info)
            .ok_or_else(|| damaged("its contents"))?;
        if kind != oid::DATA {
            return Err(unsupported("is signed instead of protected by a password"));
        }
        let authenticated = content
            .and_then(|content| Element::only(content, OCTET_STRING))
            .ok_or_else(|| damaged("its contents"))?
            .body;
        let (mac, code) = match fields.take_if(SEQUENCE) {
            Some(data) => {
                let (mac, code) = mac_data(data).ok_or_else(|| damaged("its MAC"))?;
                (Some(mac), code)
            }
            None => (None, Vec::new()),
        };

        let safe = definite(authenticated).ok_or_else(|| damaged("its contents"))?;
        let mut list = Element::only(&safe.bytes, SEQUENCE)
            .ok_or_else(|| damaged("its contents"))?
            .reader();
        let mut definite_throughout = outer.was_definite && safe.was_definite;
        let mut parts = Vec::new();
        let mut bags_left = bag::MOST;
        while !list.is_empty() {
            let (kind, content) = list
                .take(SEQUENCE)
                .and_then(content_info)
                .ok_or_else(|| damaged("one of its parts"))?;
            let content = content.ok_or_else(|| damaged("one of its parts"))?;
            parts.push(if kind == oid::DATA {
                let bags = Element::only(content, OCTET_STRING)
                    .ok_or_else(|| damaged("one of its parts"))?;
                let bags = bag::read(bags.body, &mut bags_left)?
                    .ok_or_else(|| damaged("one of its parts"))?;
                definite_throughout &= bags.was_definite;
                Part::Plain(bags.bags)
            } else if kind == oid::ENCRYPTED_DATA {
                let part = encrypted_data(content);
                Part::Encrypted(part.ok_or_else(|| damaged("one of its encrypted parts"))?)
            } else {
                return Err(unsupported(
                    "holds a part that is encrypted to a public key, or a kind of part that PKCS#12 does not have",
                ));
            });
        }
        Ok(Self {
            encoding: if definite_throughout {
                Encoding::Der
            } else {
                Encoding::Ber
            },
            mac,
            parts,
            bags_left,
            code,
            authenticated: Zeroizing::new(authenticated.to_vec()),
        })
    }
}

impl Anatomy {
    /// Says, without the password, whether a key in the bundle is that of this certificate (DER), where its writer gave it the
    /// localKeyId that everybody gives: the certificate's SHA-1.
    pub fn is_of(&self, certificate: &[u8]) -> bool {
        let id = local_key_id(certificate);
        let in_part = |part: &Part| match part {
            Part::Plain(bags) => bags
                .iter()
                .any(|bag| bag.is_key() && bag.local_key_id.as_ref() == Some(&id)),
            Part::Encrypted(_) => false,
        };
        self.parts.iter().any(in_part)
    }
}

/// The localKeyId of a certificate and its key. PKCS#9 leaves the value open; the SHA-1 of the certificate is what every program
/// writes.
pub(super) fn local_key_id(certificate: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate)
        .as_ref()
        .to_vec()
}

/// A ContentInfo (RFC 5652 §3): its kind, and what it holds.
fn content_info(info: Element<'_>) -> Option<(Vec<u64>, Option<&[u8]>)> {
    let mut fields = info.reader();
    let kind = fields.take(OBJECT_IDENTIFIER)?.arcs()?;
    let content = fields.take_if(constructed(0)).map(|content| content.body);
    Some((kind, content))
}

/// MacData (RFC 7292 §4): how the code was made, and the code.
fn mac_data(data: Element<'_>) -> Option<(Mac, Vec<u8>)> {
    let mut fields = data.reader();
    let mut digest_info = fields.take(SEQUENCE)?.reader();
    let kind = digest_info.take(SEQUENCE)?;
    let code = digest_info.take(OCTET_STRING)?.body.to_vec();
    let salt = fields.take(OCTET_STRING)?.body;
    // One iteration is the default, and a default is left out.
    let iterations = match fields.take_if(INTEGER) {
        Some(iterations) => algorithm::iterations(iterations)?,
        None => 1,
    };
    Some((algorithm::mac(kind, salt, iterations)?, code))
}

/// EncryptedData (RFC 5652 §8).
fn encrypted_data(content: &[u8]) -> Option<Encrypted> {
    let mut fields = Element::only(content, SEQUENCE)?.reader();
    fields.take(INTEGER)?;
    let mut info = fields.take(SEQUENCE)?.reader();
    info.take(OBJECT_IDENTIFIER)?;
    let scheme = algorithm::scheme(info.take(SEQUENCE)?)?;
    let content = info.any()?;
    let ciphertext = if content.tag == context(0) {
        content.body.to_vec()
    } else if content.tag == constructed(0) {
        // The implicit tag hides that this is a string in pieces.
        let mut pieces = content.reader();
        let mut ciphertext = Vec::new();
        while !pieces.is_empty() {
            ciphertext.extend_from_slice(pieces.take(OCTET_STRING)?.body);
        }
        ciphertext
    } else {
        return None;
    };
    Some(Encrypted { scheme, ciphertext })
}

/// EncryptedPrivateKeyInfo (RFC 5208 §6).
pub(super) fn encrypted_private_key(info: Element<'_>) -> Option<Encrypted> {
    let mut fields = info.reader();
    Some(Encrypted {
        scheme: algorithm::scheme(fields.take(SEQUENCE)?)?,
        ciphertext: fields.take(OCTET_STRING)?.body.to_vec(),
    })
}

/// The refusal of a bundle that cannot be read at `place`.
pub(super) fn damaged(place: &str) -> Error {
    Error::new(
        ErrorKind::Malformed,
        format!("the bundle is damaged: {place} cannot be read"),
    )
    .with_hint("Take a fresh copy of the file; it must be copied as binary.")
}

/// The refusal of a bundle that is whole, and made in a way that this program does not read.
pub(super) fn unsupported(how: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("the bundle {how}"))
        .with_hint("Export it again under a password from the program that made it.")
}

/// Says what a file is that is no bundle, where its first bytes tell.
fn not_a_bundle(file: &[u8]) -> Error {
    let text = file.trim_ascii_start();
    let (message, hint) = if file.is_empty() {
        ("the file is empty", "Take a fresh copy of the bundle.")
    } else if text.starts_with(b"-----BEGIN") {
        (
            "the file is PEM text, not a PKCS#12 bundle",
            "Make a bundle of the key and the certificates with `openssl pkcs12 -export`.",
        )
    } else if file.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) {
        (
            "the file is a Java keystore of the old kind (JKS), not a PKCS#12 bundle",
            "Convert it with `keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12`.",
        )
    } else if text.starts_with(b"MI") && text.iter().all(|byte| byte.is_ascii()) {
        (
            "the file is Base64 text, not a binary PKCS#12 bundle",
            "Decode it with `base64 -d`.",
        )
    } else if is_certificate(file) {
        (
            "the file is a certificate without a private key, not a PKCS#12 bundle",
            "Export the certificate together with its private key.",
        )
    } else {
        (
            "the file is not a PKCS#12 bundle, or is cut short",
            "Take a fresh copy of the bundle; it must be copied as binary.",
        )
    };
    Error::new(ErrorKind::Malformed, message).with_hint(hint)
}

/// Whether a file starts as a certificate does: a sequence of a sequence.
fn is_certificate(file: &[u8]) -> bool {
    Reader::new(file)
        .take(SEQUENCE)
        .and_then(|outer| outer.reader().take(SEQUENCE))
        .is_some()
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, ciphertext } = self;
        f.debug_struct("Encrypted")
            .field("scheme", scheme)
            .field("ciphertext", &format_args!("{} bytes", ciphertext.len()))
            .finish()
    }
}
