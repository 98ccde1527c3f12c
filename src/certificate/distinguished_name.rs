//! Distinguished names: compared by their DER, printed by RFC 4514.

use std::fmt::{self, Write as _};

use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{self, Decode, Reader, SliceReader, Tag, Tagged};
use x509_parser::asn1_rs::{self, Any};
use x509_parser::prelude::{FromDer, X509Name};

use super::malformed;
use crate::error::Result;
use crate::hexadecimal;

/// The attribute types that RFC 4514 §3 prints by name.
const SHORT_NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];
const OID_COMMON_NAME: &[u64] = &[2, 5, 4, 3];
const OID_ORGANIZATION: &[u64] = &[2, 5, 4, 10];

/// A distinguished name as it stands in a certificate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistinguishedName {
    der: Vec<u8>,
    text: String,
    common_name: Option<String>,
    email_addresses: Vec<String>,
}

/// The subject of a certificate of this CA: an organization, perhaps, and a common name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Whom or what the certificate is for.
    pub common_name: String,
    /// The CA's organization, where it has one.
    pub organization: Option<String>,
}

impl DistinguishedName {
    /// Reads a Name in DER.
    ///
    /// # Errors
    /// Refuses anything else.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let (rest, name) = X509Name::from_der(der)
            .map_err(|_| malformed("a distinguished name is not readable DER"))?;
        if !rest.is_empty() {
            return Err(malformed("there are octets behind a distinguished name"));
        }
        // x509-parser passes over what it cannot read at the end of a name; a name is whole or it is none.
        if !is_whole(der) {
            return Err(malformed("a distinguished name is not readable DER"));
        }
        Ok(Self {
            der: der.to_vec(),
            text: rfc_4514(&name),
            common_name: name
                .iter_common_name()
                .last()
                .and_then(|attribute| attribute.as_str().ok())
                .map(str::to_owned),
            email_addresses: name
                .iter_email()
                .map(|attribute| text(attribute.attr_value()))
                .collect(),
        })
    }

    /// The name's DER, by which names are compared.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Says whether it holds no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The name by RFC 4514, the last attribute first.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The last commonName, where there is one.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Every emailAddress that stands in it, as old certificates have them.
    pub fn email_addresses(&self) -> &[String] {
        &self.email_addresses
    }
}

/// The text of a value of any string type that a name may have: none may be passed over, or constraints would not reach it. TeletexString is
/// read as its ASCII.
fn text(value: &Any<'_>) -> String {
    let octets = value.data;
    if value.tag() != asn1_rs::Tag::BmpString {
        return String::from_utf8_lossy(octets).into_owned();
    }
    // An address is ASCII (RFC 5280 §4.2.1.6): half of a character of another plane is none.
    let number = |unit: &[u8]| {
        unit.iter()
            .fold(0, |sum, octet| (sum << 8) | u32::from(*octet))
    };
    let signs = octets.chunks(2).map(number).map(char::from_u32);
    signs.map(|sign| sign.unwrap_or('\u{fffd}')).collect()
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

impl Subject {
    /// The name in DER: organization before commonName, each a UTF8String (RFC 5280 §4.1.2.4).
    pub fn to_der(&self) -> Vec<u8> {
        let attributes = [
            (OID_ORGANIZATION, self.organization.as_deref()),
            (OID_COMMON_NAME, Some(self.common_name.as_str())),
        ];
        yasna::construct_der(|writer| {
            writer.write_sequence(|names| {
                for (oid, value) in attributes {
                    let Some(value) = value else { continue };
                    names.next().write_set(|set| {
                        set.next().write_sequence(|attribute| {
                            attribute
                                .next()
                                .write_oid(&yasna::models::ObjectIdentifier::from_slice(oid));
                            attribute.next().write_utf8_string(value);
                        });
                    });
                }
            });
        })
    }

    /// The subject as a distinguished name.
    ///
    /// # Errors
    /// Fails only where our own DER cannot be read back.
    pub fn to_name(&self) -> Result<DistinguishedName> {
        DistinguishedName::from_der(&self.to_der())
    }
}

/// RDNSequence, RFC 5280 §4.1.2.4: a sequence of sets of pairs of type and value, and nothing else.
fn is_whole(der: &[u8]) -> bool {
    let pair = |attribute: &[u8]| {
        let mut reader = SliceReader::new(attribute)?;
        AnyRef::decode(&mut reader)?
            .tag()
            .assert_eq(Tag::ObjectIdentifier)?;
        AnyRef::decode(&mut reader)?;
        reader.finish()
    };
    let set = |set: &[u8]| each(set, Tag::Sequence, pair);
    each(der, Tag::Sequence, |names| each(names, Tag::Set, set)).is_ok()
}

/// Calls `inner` with the contents of each element of `elements`, all of which must have this tag.
fn each(elements: &[u8], tag: Tag, inner: impl Fn(&[u8]) -> der::Result<()>) -> der::Result<()> {
    let mut reader = SliceReader::new(elements)?;
    while !reader.is_finished() {
        let element = AnyRef::decode(&mut reader)?;
        element.tag().assert_eq(tag)?;
        inner(element.value())?;
    }
    Ok(())
}

fn rfc_4514(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    let relative_names: Vec<_> = name.iter_rdn().collect();
    for (position, relative_name) in relative_names.iter().rev().enumerate() {
        if position > 0 {
            text.push(',');
        }
        for (position, attribute) in relative_name.iter().enumerate() {
            if position > 0 {
                text.push('+');
            }
            let oid = attribute.attr_type().to_id_string();
            let short = SHORT_NAMES.iter().find(|(known, _)| *known == oid);
            text.push_str(short.map_or(oid.as_str(), |(_, short)| short));
            text.push('=');
            match (short.is_some(), attribute_text(attribute)) {
                (true, Some(value)) => escape_into(&value, &mut text),
                // RFC 4514 §2.4: a type without a name is followed by the value's BER in hexadecimal.
                _ => hexadecimal_into(attribute, &mut text),
            }
        }
    }
    text
}

/// The value as text, for the string types that DNs hold; BMPString and TeletexString are met in old names.
fn attribute_text(attribute: &x509_parser::x509::AttributeTypeAndValue<'_>) -> Option<String> {
    const BMP_STRING: u32 = 30;
    const TELETEX_STRING: u32 = 20;
    let value = attribute.attr_value();
    if let Ok(text) = attribute.as_str() {
        return Some(text.to_owned());
    }
    match value.tag().0 {
        BMP_STRING => {
            let units = value.data.chunks(2).map(|pair| {
                pair.iter()
                    .fold(0u16, |unit, octet| unit << 8 | u16::from(*octet))
            });
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .ok()
        }
        TELETEX_STRING => Some(value.data.iter().copied().map(char::from).collect()),
        _ => None,
    }
}

fn hexadecimal_into(attribute: &x509_parser::x509::AttributeTypeAndValue<'_>, text: &mut String) {
    let value = attribute.attr_value();
    let der = yasna::construct_der(|writer| {
        writer.write_tagged_implicit(
            yasna::Tag {
                tag_class: yasna::TagClass::Universal,
                tag_number: u64::from(value.tag().0),
            },
            |inner| {
                inner.write_bytes(value.data);
            },
        );
    });
    text.push('#');
    text.push_str(&hexadecimal::encode(&der));
}

/// RFC 4514 §2.4, and control characters as `\XX` so that a name stays on its line.
fn escape_into(value: &str, text: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (position, character) in value.chars().enumerate() {
        let at_an_end = (character == ' ' && (position == 0 || position == last))
            || (character == '#' && position == 0);
        if at_an_end || matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            text.push('\\');
            text.push(character);
        } else if character.is_control() {
            let mut octets = [0u8; 4];
            for octet in character.encode_utf8(&mut octets).bytes() {
                let _ = write!(text, "\\{octet:02x}");
            }
        } else {
            text.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(common_name: &str, organization: Option<&str>) -> Result<String> {
        let subject = Subject {
            common_name: common_name.to_owned(),
            organization: organization.map(str::to_owned),
        };
        Ok(subject.to_name()?.to_string())
    }

    #[test]
    fn names_are_printed_last_attribute_first() -> Result<()> {
        assert_eq!(printed("alice", None)?, "CN=alice");
        assert_eq!(
            printed("alice", Some("Example Ltd"))?,
            "CN=alice,O=Example Ltd"
        );
        Ok(())
    }

    #[test]
    fn what_has_a_meaning_in_rfc_4514_is_escaped() -> Result<()> {
        assert_eq!(printed("a,b+c\"d", None)?, "CN=a\\,b\\+c\\\"d");
        assert_eq!(printed("#a ", None)?, "CN=\\#a\\ ");
        assert_eq!(printed("a\nb", None)?, "CN=a\\0ab");
        assert_eq!(printed("Zoë", None)?, "CN=Zoë");
        Ok(())
    }

    /// The OBJECT IDENTIFIER 1.2.840.113549.1.9.1 in DER.
    const EMAIL_ADDRESS: [u8; 11] = *b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";

    #[test]
    fn an_email_address_is_read_in_whatever_type_of_string_it_stands() -> Result<()> {
        let wide: Vec<u8> = "a@b.example"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let widest: Vec<u8> = "a@b.example"
            .chars()
            .flat_map(|sign| u32::from(sign).to_be_bytes())
            .collect();
        // UTF8String, PrintableString, TeletexString, IA5String, BMPString; and UniversalString, which nobody reads.
        for (tag, value) in [
            (12, &b"a@b.example"[..]),
            (19, b"a@b.example"),
            (20, b"a@b.example"),
            (22, b"a@b.example"),
            (30, &wide),
            (28, &widest),
        ] {
            let element = |tag: u8, content: &[u8]| {
                let length = u8::try_from(content.len()).unwrap_or(0);
                [&[tag, length], content].concat()
            };
            let attribute = [&EMAIL_ADDRESS[..], &element(tag, value)].concat();
            let der = element(0x30, &element(0x31, &element(0x30, &attribute)));
            let name = DistinguishedName::from_der(&der);
            match tag {
                28 => assert!(name.is_err()),
                _ => assert_eq!(name?.email_addresses(), ["a@b.example"], "{tag}"),
            }
        }
        Ok(())
    }

    #[test]
    fn octets_that_are_no_name_are_refused() {
        assert!(DistinguishedName::from_der(b"\x30\x03abc").is_err());
        assert!(DistinguishedName::from_der(b"").is_err());
    }
}
