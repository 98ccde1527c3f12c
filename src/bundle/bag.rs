//! The bags of a bundle: keys, certificates and other things, with their attributes (RFC 7292 §4.2).

use std::fmt;

use zeroize::Zeroizing;

use super::anatomy::{Encrypted, encrypted_private_key};
use super::ber::definite;
use super::element::{
    BMP_STRING, Element, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, SET, UTF8_STRING,
    constructed,
};
use super::oid;
use super::pbe::Scheme;
use crate::error::{Error, ErrorKind, Result};

/// Bags may hold bags; nobody nests them deeper than one.
const DEPTH: usize = 4;
/// More bags than any store of trust anchors holds, in all parts of a bundle together.
pub(super) const MOST: usize = 4096;

/// One thing in a bundle.
#[derive(Debug)]
pub struct Bag {
    /// The thing itself.
    pub content: Content,
    /// The name that importers show.
    pub friendly_name: Option<String>,
    /// What a key and its certificate have in common.
    pub local_key_id: Option<Vec<u8>>,
    /// Its other attributes, such as Java's mark of a trusted certificate: DER each.
    pub other_attributes: Vec<Vec<u8>>,
    /// How it was encrypted, by itself or together with others; None where it lay open. Told once the bundle is unlocked.
    pub protection: Option<Scheme>,
}

/// What a bag holds.
///
/// Its `Debug` elides keys.
pub enum Content {
    /// A private key that is not encrypted by itself: DER of a PKCS#8 PrivateKeyInfo.
    PrivateKey(Zeroizing<Vec<u8>>),
    /// A private key that is.
    EncryptedPrivateKey(Encrypted),
    /// An X.509 certificate: DER.
    Certificate(Vec<u8>),
    /// Anything else, such as a CRL or a secret: the kind's object identifier.
    Other(String),
}

impl Bag {
    /// Whether it holds a private key, encrypted by itself or not.
    pub fn is_key(&self) -> bool {
        matches!(
            self.content,
            Content::PrivateKey(_) | Content::EncryptedPrivateKey(_)
        )
    }
}

/// Bags, and whether they were written with definite lengths.
pub(super) struct Bags {
    pub(super) bags: Vec<Bag>,
    pub(super) was_definite: bool,
}

/// Reads SafeContents and takes what it holds from the bags that the bundle may still have; None when it cannot be read.
///
/// # Errors
/// Refuses a bundle that holds more.
pub(super) fn read(contents: &[u8], left: &mut usize) -> Result<Option<Bags>> {
    let Some(contents) = definite(contents) else {
        return Ok(None);
    };
    let mut bags = Vec::new();
    let list = Element::only(&contents.bytes, SEQUENCE);
    let is_read = list.and_then(|list| read_list(list.reader(), DEPTH, *left, &mut bags));
    *left = left.checked_sub(bags.len()).ok_or_else(too_many)?;
    Ok(is_read.map(|()| Bags {
        bags,
        was_definite: contents.was_definite,
    }))
}

fn too_many() -> Error {
    Error::new(
        ErrorKind::Malformed,
        format!("the bundle holds more than {MOST} keys, certificates and other things"),
    )
    .with_hint("Split it: export fewer of them into each bundle.")
}

/// Reads on to the end, or to the first bag above `most`.
fn read_list(mut list: Reader<'_>, depth: usize, most: usize, bags: &mut Vec<Bag>) -> Option<()> {
    while !list.is_empty() && bags.len() <= most {
        let mut fields = list.take(SEQUENCE)?.reader();
        let kind = fields.take(OBJECT_IDENTIFIER)?.arcs()?;
        let mut value = fields.take(constructed(0))?.reader();
        if kind == oid::SAFE_CONTENTS_BAG {
            let inner = value.take(SEQUENCE)?.reader();
            read_list(inner, depth.checked_sub(1)?, most, bags)?;
            continue;
        }
        let content = if kind == oid::KEY_BAG {
            let key = value.take(SEQUENCE)?;
            Content::PrivateKey(Zeroizing::new(key.raw.to_vec()))
        } else if kind == oid::SHROUDED_KEY_BAG {
            Content::EncryptedPrivateKey(encrypted_private_key(value.take(SEQUENCE)?)?)
        } else if kind == oid::CERT_BAG {
            certificate(value.take(SEQUENCE)?)?
        } else {
            Content::Other(oid::dotted(&kind))
        };
        let mut bag = Bag {
            content,
            friendly_name: None,
            local_key_id: None,
            other_attributes: Vec::new(),
            protection: None,
        };
        if let Some(attributes) = fields.take_if(SET) {
            read_attributes(attributes.reader(), &mut bag)?;
        }
        bags.push(bag);
    }
    Some(())
}

/// CertBag (RFC 7292 §4.2.3).
fn certificate(bag: Element<'_>) -> Option<Content> {
    let mut fields = bag.reader();
    let kind = fields.take(OBJECT_IDENTIFIER)?.arcs()?;
    if kind != oid::X509_CERTIFICATE {
        return Some(Content::Other(oid::dotted(&kind)));
    }
    let mut value = fields.take(constructed(0))?.reader();
    Some(Content::Certificate(
        value.take(OCTET_STRING)?.body.to_vec(),
    ))
}

/// Attributes (RFC 2985 §5.5). A name or an identifier without a value says nothing.
fn read_attributes(mut attributes: Reader<'_>, bag: &mut Bag) -> Option<()> {
    while !attributes.is_empty() {
        let attribute = attributes.take(SEQUENCE)?;
        let mut fields = attribute.reader();
        let kind = fields.take(OBJECT_IDENTIFIER)?.arcs()?;
        if kind != oid::FRIENDLY_NAME && kind != oid::LOCAL_KEY_ID {
            bag.other_attributes.push(attribute.raw.to_vec());
            continue;
        }
        let value = fields.take_if(SET).and_then(|values| values.reader().any());
        if let Some(value) = value {
            if kind == oid::FRIENDLY_NAME {
                bag.friendly_name = text(value);
            } else if kind == oid::LOCAL_KEY_ID && value.tag == OCTET_STRING {
                bag.local_key_id = Some(value.body.to_vec());
            }
        }
    }
    Some(())
}

/// The text of a BMPString, or of a UTF8String where a writer knew no better. What is no character becomes U+FFFD.
fn text(value: Element<'_>) -> Option<String> {
    match value.tag {
        BMP_STRING => {
            let (units, _) = value.body.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            Some(String::from_utf16_lossy(&units))
        }
        UTF8_STRING => Some(String::from_utf8_lossy(value.body).into_owned()),
        _ => None,
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrivateKey(_) => f.write_str("PrivateKey(..)"),
            Self::EncryptedPrivateKey(encrypted) => f
                .debug_tuple("EncryptedPrivateKey")
                .field(encrypted)
                .finish(),
            Self::Certificate(der) => write!(f, "Certificate({} bytes)", der.len()),
            Self::Other(kind) => f.debug_tuple("Other").field(kind).finish(),
        }
    }
}
