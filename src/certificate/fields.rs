//! A certificate as it stands, octet for octet, also one that breaks rules of RFC 5280: what `crate::lint` looks at.
//!
//! Nothing is copied and nothing is judged but the frame, so that a rule can name what [`super::Certificate`] would refuse whole.

use std::borrow::Cow;

use ::time::{Date, Month, OffsetDateTime};
use x509_parser::asn1_rs::Oid;

use super::elements::{Element, Elements};
use super::malformed;
use crate::error::Result;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// The tags of version, issuerUniqueID, subjectUniqueID and extensions in TBSCertificate (RFC 5280 §4.1).
const VERSION: u8 = 0xa0;
const UNIQUE_IDENTIFIERS: [u8; 2] = [0x81, 0x82];
const EXTENSIONS: u8 = 0xa3;

/// The fields of a certificate (RFC 5280 §4.1).
#[derive(Debug)]
pub struct Fields<'a> {
    /// The contents of version's INTEGER, where it stands.
    pub version: Option<&'a [u8]>,
    /// The contents of serialNumber.
    pub serial_number: &'a [u8],
    /// signature: the algorithm that is signed.
    pub inner_algorithm: AlgorithmIdentifier<'a>,
    /// signatureAlgorithm: the same behind what is signed.
    pub outer_algorithm: AlgorithmIdentifier<'a>,
    /// The attributes of the issuer's name.
    pub issuer: Vec<Attribute<'a>>,
    /// notBefore.
    pub not_before: Time<'a>,
    /// notAfter.
    pub not_after: Time<'a>,
    /// Whether subject and issuer are one name, octet for octet.
    pub is_self_issued: bool,
    /// The attributes of the subject's name.
    pub subject: Vec<Attribute<'a>>,
    /// SubjectPublicKeyInfo, whole.
    pub public_key: &'a [u8],
    /// Its algorithm, where that can be read.
    pub key_algorithm: Option<AlgorithmIdentifier<'a>>,
    /// How many of issuerUniqueID and subjectUniqueID there are.
    pub unique_identifiers: usize,
    /// The extensions in their order; none where the field is absent.
    pub extensions: Option<Vec<Extension<'a>>>,
}

/// An AlgorithmIdentifier (RFC 5280 §4.1.1.2).
#[derive(Debug)]
pub struct AlgorithmIdentifier<'a> {
    /// The whole element, by which two are compared.
    pub der: &'a [u8],
    /// The algorithm in dotted form.
    pub oid: String,
    /// The parameters, tag and all, where there are any.
    pub parameters: Option<&'a [u8]>,
}

/// A Time: the tag says whether it is a UTCTime or a GeneralizedTime.
#[derive(Debug, Clone, Copy)]
pub struct Time<'a> {
    /// Whether it is a GeneralizedTime.
    pub is_generalized: bool,
    /// Its text.
    pub text: &'a [u8],
}

/// An AttributeTypeAndValue of a name (RFC 5280 §4.1.2.4).
#[derive(Debug)]
pub struct Attribute<'a> {
    /// The type in dotted form.
    pub oid: String,
    /// The value's tag.
    pub tag: u8,
    /// The value's contents.
    pub value: &'a [u8],
}

/// An Extension (RFC 5280 §4.2).
#[derive(Debug)]
pub struct Extension<'a> {
    /// Its object identifier in dotted form.
    pub oid: String,
    /// The contents of critical's BOOLEAN, where it stands.
    pub criticality: Option<&'a [u8]>,
    /// The contents of extnValue.
    pub value: &'a [u8],
}

impl Time<'_> {
    /// The instant, where the time is of the form that RFC 5280 §4.1.2.5 prescribes: to the second, in Z.
    pub fn instant(&self) -> Option<OffsetDateTime> {
        let digits = self.text.strip_suffix(b"Z")?;
        if digits.len() != if self.is_generalized { 14 } else { 12 } {
            return None;
        }
        let (year, rest) = digits.split_at_checked(digits.len() - 10)?;
        let mut year = i32::from(number(year)?);
        if !self.is_generalized {
            year += if year < 50 { 2000 } else { 1900 };
        }
        let mut pairs = rest
            .chunks(2)
            .map(|pair| number(pair).and_then(|it| u8::try_from(it).ok()));
        let mut next = || pairs.next().flatten();
        let (month, day) = (Month::try_from(next()?).ok()?, next()?);
        let date = Date::from_calendar_date(year, month, day).ok()?;
        let time = ::time::Time::from_hms(next()?, next()?, next()?).ok()?;
        Some(date.with_time(time).assume_utc())
    }
}

/// A few digits as a number.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |sum: u16, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        sum.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

impl Extension<'_> {
    /// Says whether it is critical.
    pub fn is_critical(&self) -> bool {
        self.criticality.is_some_and(|octets| octets != [0])
    }
}

impl<'a> Fields<'a> {
    /// Takes a certificate in DER apart.
    ///
    /// # Errors
    /// Refuses what is not of a certificate's frame.
    pub fn of(der: &'a [u8]) -> Result<Self> {
        read(der).ok_or_else(|| malformed("the certificate is not readable DER"))
    }
}

fn read(der: &[u8]) -> Option<Fields<'_>> {
    let mut whole = Elements::of(sole(der, SEQUENCE)?);
    let mut signed = Elements::of(whole.take(SEQUENCE)?.contents);
    let outer_algorithm = algorithm(whole.take(SEQUENCE)?)?;
    whole.take(BIT_STRING)?;
    let version = match signed.take_any(&[VERSION]) {
        Some(version) => Some(sole(version.contents, INTEGER)?),
        None => None,
    };
    let serial_number = signed.take(INTEGER)?.contents;
    let inner_algorithm = algorithm(signed.take(SEQUENCE)?)?;
    let issuer = signed.take(SEQUENCE)?;
    let mut validity = Elements::of(signed.take(SEQUENCE)?.contents);
    let not_before = time(&mut validity)?;
    let not_after = time(&mut validity)?;
    let subject = signed.take(SEQUENCE)?;
    let public_key = signed.take(SEQUENCE)?;
    let key_algorithm = Elements::of(public_key.contents).take(SEQUENCE);
    let mut unique_identifiers = 0;
    while signed.take_any(&UNIQUE_IDENTIFIERS).is_some() {
        unique_identifiers += 1;
    }
    let extensions = match signed.take_any(&[EXTENSIONS]) {
        Some(list) => Some(extensions(sole(list.contents, SEQUENCE)?)?),
        None => None,
    };
    let is_read = whole.is_empty() && signed.is_empty() && validity.is_empty();
    is_read.then_some(Fields {
        version,
        serial_number,
        inner_algorithm,
        outer_algorithm,
        is_self_issued: issuer.whole == subject.whole,
        issuer: attributes(issuer.contents)?,
        not_before,
        not_after,
        subject: attributes(subject.contents)?,
        public_key: public_key.whole,
        key_algorithm: key_algorithm.and_then(algorithm),
        unique_identifiers,
        extensions,
    })
}

/// The contents of the one element that there is.
fn sole(der: &[u8], tag: u8) -> Option<&[u8]> {
    let mut elements = Elements::of(der);
    let element = elements.take(tag)?;
    elements.is_empty().then_some(element.contents)
}

fn algorithm(identifier: Element<'_>) -> Option<AlgorithmIdentifier<'_>> {
    let mut parts = Elements::of(identifier.contents);
    let oid = dotted(parts.take(OBJECT_IDENTIFIER)?.contents);
    let rest = parts.rest();
    Some(AlgorithmIdentifier {
        der: identifier.whole,
        oid,
        parameters: (!rest.is_empty()).then_some(rest),
    })
}

fn time<'a>(validity: &mut Elements<'a>) -> Option<Time<'a>> {
    let time = validity.take_any(&[UTC_TIME, GENERALIZED_TIME])?;
    Some(Time {
        is_generalized: time.tag == GENERALIZED_TIME,
        text: time.contents,
    })
}

/// The attributes of all relative names of a name, in their order.
fn attributes(name: &[u8]) -> Option<Vec<Attribute<'_>>> {
    let mut attributes = Vec::new();
    let mut relative_names = Elements::of(name);
    while !relative_names.is_empty() {
        let mut set = Elements::of(relative_names.take(SET)?.contents);
        while !set.is_empty() {
            let mut pair = Elements::of(set.take(SEQUENCE)?.contents);
            let oid = dotted(pair.take(OBJECT_IDENTIFIER)?.contents);
            let value = pair.next()?;
            attributes.push(Attribute {
                oid,
                tag: value.tag,
                value: value.contents,
            });
        }
    }
    Some(attributes)
}

fn extensions(list: &[u8]) -> Option<Vec<Extension<'_>>> {
    let mut extensions = Vec::new();
    let mut list = Elements::of(list);
    while !list.is_empty() {
        let mut extension = Elements::of(list.take(SEQUENCE)?.contents);
        extensions.push(Extension {
            oid: dotted(extension.take(OBJECT_IDENTIFIER)?.contents),
            criticality: extension.take_any(&[BOOLEAN]).map(|it| it.contents),
            value: extension.take(OCTET_STRING)?.contents,
        });
        if !extension.is_empty() {
            return None;
        }
    }
    Some(extensions)
}

/// An object identifier in dotted form.
pub(crate) fn dotted(contents: &[u8]) -> String {
    Oid::new(Cow::Borrowed(contents)).to_id_string()
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};

    use super::*;
    use crate::certificate::{Certificate, object_identifier as oid};

    /// A root's certificate that ends in this year.
    fn root(until: i32) -> Result<Vec<u8>> {
        let failed = |_| malformed("rcgen failed");
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        (parameters.distinguished_name).push(DnType::CommonName, "root");
        parameters.serial_number = Some(vec![0x41; 20].into());
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        parameters.not_before = rcgen::date_time_ymd(2026, 3, 1);
        parameters.not_after = rcgen::date_time_ymd(until, 3, 1);
        let key = KeyPair::generate().map_err(failed)?;
        let signed = parameters.self_signed(&key).map_err(failed)?;
        Ok(signed.der().to_vec())
    }

    #[test]
    fn the_fields_are_those_of_the_parsed_view() -> Result<()> {
        let der = root(2049)?;
        let certificate = Certificate::from_der(der.as_slice())?;
        let fields = Fields::of(&der)?;
        assert_eq!(fields.version, Some(&[2][..]));
        assert_eq!(fields.serial_number, certificate.serial_number().octets());
        assert_eq!(fields.inner_algorithm.oid, "1.2.840.10045.4.3.2");
        assert_eq!(fields.inner_algorithm.der, fields.outer_algorithm.der);
        assert!(fields.inner_algorithm.parameters.is_none());
        let validity = certificate.validity();
        assert_eq!(fields.not_before.instant(), Some(validity.not_before));
        assert_eq!(fields.not_after.instant(), Some(validity.not_after));
        assert!(!fields.not_after.is_generalized);
        assert_eq!(fields.public_key, certificate.facts().public_key);
        assert!(fields.is_self_issued && fields.unique_identifiers == 0);
        assert_eq!(fields.subject.len(), 1);
        let extensions = fields.extensions.unwrap_or_default();
        for extension in &extensions {
            let known = certificate.extensions().criticality.get(&extension.oid);
            assert_eq!(known, Some(&extension.is_critical()), "{}", extension.oid);
        }
        assert!(extensions.iter().any(|it| it.oid == oid::KEY_USAGE));
        Ok(())
    }

    #[test]
    fn a_late_end_is_a_generalized_time_and_what_is_no_certificate_is_refused() -> Result<()> {
        let late = root(2051)?;
        let end = Fields::of(&late)?.not_after;
        assert!(end.is_generalized && end.instant().is_some_and(|end| end.year() == 2051));
        let cut = late.split_last().map_or(&[][..], |(_, cut)| cut);
        let longer = [&late, &b"\0"[..]].concat();
        for der in [&b""[..], b"0", cut, &longer] {
            assert!(Fields::of(der).is_err());
        }
        Ok(())
    }
}
