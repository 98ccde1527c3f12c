//! The DER of a CRL, written by hand.

use time::OffsetDateTime;

use crate::validity::to_the_second;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed: crlExtensions in TBSCertList.
pub(super) const CRL_EXTENSIONS: u8 = 0xa0;
/// `[0]`, primitive: keyIdentifier in authorityKeyIdentifier (RFC 5280 §4.2.1.1).
pub(super) const KEY_IDENTIFIER: u8 = 0x80;

/// Extension, RFC 5280 §4.2, one that is not critical, which is not written (X.690 §11.5).
pub(super) fn extension(oid: [u8; 3], value: &[u8]) -> Vec<u8> {
    let oid = element(OBJECT_IDENTIFIER, &[&oid]);
    element(SEQUENCE, &[&oid, &element(OCTET_STRING, &[value])])
}

/// Time, RFC 5280 §5.1.2.4: UTCTime through the year 2049, GeneralizedTime from 2050 on.
pub(super) fn instant(instant: OffsetDateTime) -> Vec<u8> {
    let at = to_the_second(instant);
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    match at.year() {
        year @ 1950..=2049 => {
            let year = format!("{:02}", year % 100);
            element(UTC_TIME, &[year.as_bytes(), rest.as_bytes()])
        }
        year => {
            let year = format!("{year:04}");
            element(GENERALIZED_TIME, &[year.as_bytes(), rest.as_bytes()])
        }
    }
}

/// The contents of a positive INTEGER of this magnitude: no zeros in front but one, where the number would be negative.
pub(super) fn unsigned(magnitude: &[u8]) -> Vec<u8> {
    let zeros = magnitude.iter().take_while(|octet| **octet == 0).count();
    let significant = magnitude.iter().copied().skip(zeros);
    let negative = magnitude.get(zeros).is_none_or(|first| *first >= 0x80);
    negative
        .then_some(0)
        .into_iter()
        .chain(significant)
        .collect()
}

/// One element of DER: tag, length in its shortest form, contents.
pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|part| part.len()).sum();
    let mut der = Vec::with_capacity(length + 10);
    der.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let octets: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
            // A usize has eight octets at the most.
            der.push(0x80 | u8::try_from(octets.len()).unwrap_or_default());
            der.extend(octets);
        }
    }
    for part in contents {
        der.extend_from_slice(part);
    }
    der
}
