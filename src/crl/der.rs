//! The DER of a CRL, written by hand.

use time::{Date, OffsetDateTime};

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
    let mut der = Vec::with_capacity(17);
    Clock::default().write(&mut der, instant);
    der
}

/// Writes instants; those of one day share what stands in front of the time of day.
#[derive(Debug, Default)]
pub(super) struct Clock {
    day: Option<Date>,
    /// Tag, length and date.
    front: Vec<u8>,
}

impl Clock {
    /// Adds a Time to `der`.
    pub(super) fn write(&mut self, der: &mut Vec<u8>, instant: OffsetDateTime) {
        let at = to_the_second(instant);
        if self.day != Some(at.date()) {
            self.day = Some(at.date());
            self.front = front(at.date());
        }
        der.extend_from_slice(&self.front);
        for number in [at.hour(), at.minute(), at.second()] {
            der.extend_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
        }
        der.push(b'Z');
    }
}

fn front(date: Date) -> Vec<u8> {
    let rest = format!("{:02}{:02}", u8::from(date.month()), date.day());
    let (tag, year) = match date.year() {
        year @ 1950..=2049 => (UTC_TIME, format!("{:02}", year % 100)),
        year => (GENERALIZED_TIME, format!("{year:04}")),
    };
    let time_of_day = "hhmmssZ".len();
    let mut front = Vec::new();
    head(&mut front, tag, year.len() + rest.len() + time_of_day);
    front.extend_from_slice(year.as_bytes());
    front.extend_from_slice(rest.as_bytes());
    front
}

/// The contents of a positive INTEGER of this magnitude: no zeros in front but one, where the number would be negative.
pub(super) fn unsigned(magnitude: &[u8]) -> Vec<u8> {
    let zeros = magnitude.iter().take_while(|octet| **octet == 0).count();
    let significant = magnitude.get(zeros..).unwrap_or_default();
    [sign_octet(significant), significant].concat()
}

/// What stands before the magnitude of a positive INTEGER, which has no zeros in front: a zero where the number would be
/// negative, or none at all.
pub(super) fn sign_octet(magnitude: &[u8]) -> &'static [u8] {
    match magnitude.first() {
        Some(0..0x80) => &[],
        _ => &[0],
    }
}

/// One element of DER: tag, length in its shortest form, contents.
pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|part| part.len()).sum();
    let mut der = Vec::with_capacity(length + 10);
    head(&mut der, tag, length);
    for part in contents {
        der.extend_from_slice(part);
    }
    der
}

/// Tag and length of an element, the length in its shortest form.
pub(super) fn head(der: &mut Vec<u8>, tag: u8, length: usize) {
    der.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let octets = octets.iter().skip_while(|octet| **octet == 0);
            // A usize has eight octets at the most.
            der.push(0x80 | u8::try_from(octets.clone().count()).unwrap_or_default());
            der.extend(octets);
        }
    }
}
