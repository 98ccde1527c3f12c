//! Certificates of any shape for the tests of the rules, element by element; their signature is none.

use super::{Context, Rule, View};
use crate::certificate::{Certificate, object_identifier as oid};
use crate::profile::Profile;

pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const COMMON_NAME: &str = "2.5.4.3";
pub(super) const DNS: u8 = 0x82;
pub(super) const URI: u8 = 0x86;

/// A certificate before it is written.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) version: Vec<u8>,
    pub(super) serial_number: Vec<u8>,
    pub(super) inner_algorithm: Vec<u8>,
    pub(super) outer_algorithm: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) not_before: (u8, &'static str),
    pub(super) not_after: (u8, &'static str),
    pub(super) subject: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) unique_identifiers: Vec<u8>,
    pub(super) extensions: Vec<(&'static str, Vec<u8>)>,
}

impl Draft {
    /// A CA beneath another.
    pub(super) fn authority() -> Self {
        Self::plain("issuing")
            .with(
                oid::SUBJECT_KEY_IDENTIFIER,
                false,
                &element(0x04, &[&[2; 20]]),
            )
            .with(
                oid::BASIC_CONSTRAINTS,
                true,
                b"\x30\x06\x01\x01\xff\x02\x01\x00",
            )
            .with(oid::KEY_USAGE, true, b"\x03\x02\x01\x06")
    }

    /// A root.
    pub(super) fn root() -> Self {
        let root = Self::authority().without(oid::AUTHORITY_KEY_IDENTIFIER);
        Self {
            issuer: root.subject.clone(),
            ..root
        }
    }

    /// The server www.example.org.
    pub(super) fn server() -> Self {
        Self::end_entity("www.example.org", oid::SERVER_AUTH).with(
            oid::SUBJECT_ALT_NAME,
            false,
            &general_names(&[(DNS, b"www.example.org")]),
        )
    }

    /// The client alice.
    pub(super) fn client() -> Self {
        Self::end_entity("alice", oid::CLIENT_AUTH)
    }

    /// A delegated OCSP responder.
    pub(super) fn responder() -> Self {
        Self::end_entity("responder", oid::OCSP_SIGNING).with(
            oid::OCSP_NO_CHECK,
            false,
            b"\x05\x00",
        )
    }

    /// The same with these names.
    pub(super) fn named(self, names: &[(u8, &[u8])]) -> Self {
        self.with(oid::SUBJECT_ALT_NAME, false, &general_names(names))
    }

    /// The same for this subject: types, tags and values.
    pub(super) fn of(self, subject: &[(&str, u8, &[u8])]) -> Self {
        Self {
            subject: name(subject),
            ..self
        }
    }

    /// The same with this key.
    pub(super) fn keyed(self, public_key: Vec<u8>) -> Self {
        Self { public_key, ..self }
    }

    fn end_entity(name: &str, purpose: &'static str) -> Self {
        Self::plain(name)
            .with(oid::BASIC_CONSTRAINTS, true, b"\x30\x00")
            .with(oid::KEY_USAGE, true, b"\x03\x02\x07\x80")
            .with(
                oid::EXTENDED_KEY_USAGE,
                false,
                &sequence(&[&identifier(purpose)]),
            )
    }

    fn plain(common_name: &str) -> Self {
        let algorithm = sequence(&[&identifier("1.2.840.10045.4.3.2")]);
        Self {
            version: b"\xa0\x03\x02\x01\x02".to_vec(),
            serial_number: vec![0x41; 20],
            inner_algorithm: algorithm.clone(),
            outer_algorithm: algorithm,
            issuer: name(&[(COMMON_NAME, UTF8_STRING, b"root")]),
            not_before: (UTC_TIME, "260301115500Z"),
            not_after: (UTC_TIME, "270301115959Z"),
            subject: name(&[(COMMON_NAME, UTF8_STRING, common_name.as_bytes())]),
            public_key: ec_key(POINT),
            unique_identifiers: Vec::new(),
            extensions: Vec::new(),
        }
        .with(
            oid::AUTHORITY_KEY_IDENTIFIER,
            false,
            &sequence(&[&element(0x80, &[&[1; 20]])]),
        )
    }

    /// The same with this extension, in the place of one of that kind.
    pub(super) fn with(self, oid: &'static str, critical: bool, value: &[u8]) -> Self {
        let flag: &[u8] = if critical { b"\x01\x01\xff" } else { b"" };
        self.with_flag(oid, flag, value)
    }

    /// The same, critical being written as it is given.
    pub(super) fn with_flag(mut self, oid: &'static str, flag: &[u8], value: &[u8]) -> Self {
        let extension = sequence(&[&identifier(oid), flag, &element(0x04, &[value])]);
        self.extensions.retain(|(kind, _)| *kind != oid);
        self.extensions.push((oid, extension));
        self
    }

    /// The same without this extension.
    pub(super) fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|(kind, _)| *kind != oid);
        self
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let extensions: Vec<&[u8]> = self.extensions.iter().map(|it| it.1.as_slice()).collect();
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => element(0xa3, &[&sequence(&extensions)]),
        };
        let time = |(tag, text): (u8, &str)| element(tag, &[text.as_bytes()]);
        let signed = sequence(&[
            &self.version,
            &element(0x02, &[&self.serial_number]),
            &self.inner_algorithm,
            &self.issuer,
            &sequence(&[&time(self.not_before), &time(self.not_after)]),
            &self.subject,
            &self.public_key,
            &self.unique_identifiers,
            &extensions,
        ]);
        sequence(&[&signed, &self.outer_algorithm, b"\x03\x02\x00\x00"])
    }
}

/// What a rule says of a certificate, by what the certificate says it is.
#[track_caller]
pub(super) fn said(rule: &Rule, draft: &Draft) -> Vec<String> {
    said_in(rule, draft, Context::default())
}

/// The same, the profile being known.
#[track_caller]
pub(super) fn said_as(rule: &Rule, draft: &Draft, profile: Profile) -> Vec<String> {
    let profile = Some(profile);
    said_in(
        rule,
        draft,
        Context {
            profile,
            issuer: None,
        },
    )
}

/// The same, the issuer being known.
#[track_caller]
pub(super) fn said_beneath(rule: &Rule, draft: &Draft, issuer: &Certificate) -> Vec<String> {
    let issuer = Some(issuer);
    said_in(
        rule,
        draft,
        Context {
            profile: None,
            issuer,
        },
    )
}

#[track_caller]
fn said_in(rule: &Rule, draft: &Draft, context: Context<'_>) -> Vec<String> {
    match View::of(&draft.der(), context) {
        Ok(view) => rule.asked_of(&view),
        Err(cause) => panic!("the draft cannot be read: {cause}"),
    }
}

/// One element of DER.
pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = contents.len();
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let head = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, contents].concat()
}

pub(super) fn sequence(contents: &[&[u8]]) -> Vec<u8> {
    element(0x30, contents)
}

pub(super) fn identifier(dotted: &str) -> Vec<u8> {
    let identifier = pkcs8::ObjectIdentifier::new_unwrap(dotted);
    element(0x06, &[identifier.as_bytes()])
}

pub(super) fn name(attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let sets = attributes.iter().map(|(oid, tag, value)| {
        let pair = sequence(&[&identifier(oid), &element(*tag, &[value])]);
        element(0x31, &[&pair])
    });
    element(0x30, &[&sets.collect::<Vec<_>>().concat()])
}

pub(super) fn general_names(names: &[(u8, &[u8])]) -> Vec<u8> {
    let names = names.iter().map(|(tag, value)| element(*tag, &[value]));
    element(0x30, &[&names.collect::<Vec<_>>().concat()])
}

/// P-256's base point, uncompressed.
pub(super) const POINT: &[u8] = b"\x04\
    \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
    \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

/// A key on P-256.
pub(super) fn ec_key(point: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[
        &identifier("1.2.840.10045.2.1"),
        &identifier("1.2.840.10045.3.1.7"),
    ]);
    sequence(&[&algorithm, &element(0x03, &[b"\0", point])])
}

/// An RSA key with this modulus and exponent, big-endian; its modulus is of no primes.
pub(super) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&identifier("1.2.840.113549.1.1.1"), b"\x05\x00"]);
    let sign: &[u8] = match modulus.first() {
        Some(0x80..) => b"\0",
        _ => b"",
    };
    let integers = sequence(&[
        &element(0x02, &[sign, modulus]),
        &element(0x02, &[exponent]),
    ]);
    sequence(&[&algorithm, &element(0x03, &[b"\0", &integers])])
}
