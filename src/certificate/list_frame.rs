//! A CertificateList (RFC 5280 §5.1) taken apart, its entries left where they lie: it costs the same however many there are.

use x509_parser::asn1_rs::BitString;
use x509_parser::extensions::X509Extension;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::verify::verify_signature;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::Certificate;
use super::elements::Elements;
use super::scrutiny::{Signed, is_signed_with_sha512};
use crate::error::{Error, ErrorKind, Result};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const CRL_EXTENSIONS: u8 = 0xa0;

/// Everything of a CertificateList but what its entries say.
pub(super) struct Frame<'a> {
    /// The contents of version, where it is there: 1 means version 2.
    pub(super) version: Option<&'a [u8]>,
    /// The Name in DER.
    pub(super) issuer: &'a [u8],
    pub(super) this_update: ASN1Time,
    pub(super) next_update: Option<ASN1Time>,
    /// The contents of revokedCertificates.
    pub(super) entries: &'a [u8],
    pub(super) extensions: Vec<X509Extension<'a>>,
    /// TBSCertList, which is what was signed.
    signed: &'a [u8],
    /// Whether signatureAlgorithm is signature, the one that is signed too, octet for octet (§5.1.1.2).
    algorithms_agree: bool,
    algorithm: AlgorithmIdentifier<'a>,
    signature: BitString<'a>,
}

impl<'a> Frame<'a> {
    /// Takes a CRL in DER apart.
    ///
    /// # Errors
    /// Refuses anything else, and octets behind it.
    pub(super) fn of(der: &'a [u8]) -> Result<Self> {
        let unreadable = || malformed("the CRL is not readable DER");
        let mut around = Elements::of(der);
        let list = around.take(SEQUENCE).ok_or_else(unreadable)?;
        if !around.is_empty() {
            return Err(malformed("there are octets behind the end of the CRL"));
        }
        Self::of_contents(list.contents).ok_or_else(unreadable)
    }

    fn of_contents(list: &'a [u8]) -> Option<Self> {
        let mut list = Elements::of(list);
        let signed = list.take(SEQUENCE)?;
        let algorithm = list.take(SEQUENCE)?.whole;
        let signature = value(list.take(BIT_STRING)?.whole)?;
        let mut fields = Elements::of(signed.contents);
        let times = [UTC_TIME, GENERALIZED_TIME];
        let frame = Self {
            version: fields.take_any(&[INTEGER]).map(|version| version.contents),
            algorithms_agree: fields.take(SEQUENCE)?.whole == algorithm,
            issuer: fields.take(SEQUENCE)?.whole,
            this_update: value(fields.take_any(&times)?.whole)?,
            next_update: match fields.take_any(&times) {
                Some(next_update) => Some(value(next_update.whole)?),
                None => None,
            },
            entries: fields
                .take_any(&[SEQUENCE])
                .map_or(&[], |entries| entries.contents),
            extensions: match fields.take_any(&[CRL_EXTENSIONS]) {
                Some(extensions) => read_extensions(extensions.contents)?,
                None => Vec::new(),
            },
            signed: signed.whole,
            algorithm: value(algorithm)?,
            signature,
        };
        (list.is_empty() && fields.is_empty()).then_some(frame)
    }

    /// Says whether the key of `issuer` made the signature; the names are not looked at.
    pub(super) fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let Ok((_, key)) = SubjectPublicKeyInfo::from_der(&issuer.facts().public_key) else {
            return false;
        };
        let signed = Signed {
            algorithm: &self.algorithm,
            octets: self.signed,
            signature: &self.signature,
        };
        let verified = || verify_signature(&key, &self.algorithm, &self.signature, self.signed);
        // Every signature is whole octets.
        self.algorithms_agree
            && self.signature.unused_bits == 0
            && (verified().is_ok() || is_signed_with_sha512(&signed, &key))
    }
}

fn read_extensions(der: &[u8]) -> Option<Vec<X509Extension<'_>>> {
    let mut around = Elements::of(der);
    let mut rest = Elements::of(around.take(SEQUENCE)?.contents);
    let mut extensions = Vec::new();
    while !rest.is_empty() {
        extensions.push(value(rest.take(SEQUENCE)?.whole)?);
    }
    around.is_empty().then_some(extensions)
}

/// What one whole element says.
fn value<'a, T: FromDer<'a, E>, E>(der: &'a [u8]) -> Option<T> {
    match T::from_der(der) {
        Ok(([], value)) => Some(value),
        _ => None,
    }
}

pub(super) fn malformed(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact)
        .with_hint("Give a CRL of version 2; pki crl makes a new one.")
}
