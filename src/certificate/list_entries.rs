//! The entries of a CRL (RFC 5280 §5.3), read one by one where they lie: there may be millions.

use time::{Date, Month, OffsetDateTime};

use super::elements::{Element, Elements};
use super::list_frame::malformed;
use crate::error::Result;
use crate::serial::SerialNumber;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const ENUMERATED: u8 = 0x0a;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// 2.5.29.21, RFC 5280 §5.3.1.
const REASON_CODE: [u8; 3] = [0x55, 0x1d, 21];
/// TRUE has one form in DER; FALSE, the default, is not written (X.690 §11.1, §11.5).
const TRUE: [u8; 1] = [0xff];

/// One entry of a CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// The certificate's serial number.
    pub serial_number: SerialNumber,
    /// From when on it counts as revoked.
    pub revocation_date: OffsetDateTime,
    /// The number of the reasonCode, where one is given.
    pub reason_code: Option<u8>,
}

/// Shows each entry in the contents of revokedCertificates, in their order. The reader is strict and shares nothing with
/// the writer.
pub(super) fn visit(entries: &[u8], mut visit: impl FnMut(&ListEntry)) -> Result<()> {
    let mut entries = Elements::of(entries);
    let mut calendar = Calendar::default();
    let mut entry = ListEntry {
        serial_number: SerialNumber::from_octets(&[]),
        revocation_date: OffsetDateTime::UNIX_EPOCH,
        reason_code: None,
    };
    while !entries.is_empty() {
        read(&mut entries, &mut calendar, &mut entry)
            .ok_or_else(|| malformed("the CRL holds an entry that cannot be read"))?;
        visit(&entry);
    }
    Ok(())
}

/// Reads the next entry into the place of the one before, so that none needs memory of its own.
fn read<'a>(
    entries: &mut Elements<'a>,
    calendar: &mut Calendar<'a>,
    entry: &mut ListEntry,
) -> Option<()> {
    let mut fields = Elements::of(entries.take(SEQUENCE)?.contents);
    let serial_number = fields.take(INTEGER)?.contents;
    let date = fields.take_any(&[UTC_TIME, GENERALIZED_TIME])?;
    entry.reason_code = match fields.is_empty() {
        true => None,
        false => reason_code(fields.take(SEQUENCE)?.contents)?,
    };
    entry.revocation_date = OffsetDateTime::from_unix_timestamp(calendar.moment(date)?).ok()?;
    entry.serial_number.replace(serial_number);
    (fields.is_empty() && is_positive(serial_number)).then_some(())
}

/// The day that was read last: its tag, its digits and its first second. Entries mostly follow others of their day.
#[derive(Default)]
struct Calendar<'a>(u8, &'a [u8], i64);

impl<'a> Calendar<'a> {
    /// Seconds since 1970 of a Time, in the forms that RFC 5280 §5.1.2.4 to §5.1.2.6 allow: in UTC, with seconds.
    fn moment(&mut self, time: Element<'a>) -> Option<i64> {
        let (zone, digits) = time.contents.split_last()?;
        let (date, time_of_day) = digits.split_last_chunk::<6>()?;
        if time.tag != self.0 || date != self.1 {
            *self = Self(time.tag, date, first_second(time.tag, date)?);
        }
        let [hour, minute, second] = pairs(time_of_day)?;
        let is_time = *zone == b'Z' && hour < 24 && minute < 60 && second < 60;
        is_time.then_some(self.2 + (hour * 60 + minute) * 60 + second)
    }
}

/// The contents of an INTEGER that is not negative, in its only form (X.690 §8.3.2).
fn is_positive(contents: &[u8]) -> bool {
    match contents {
        [0, next, ..] => *next >= 0x80,
        [first, ..] => *first < 0x80,
        [] => false,
    }
}

/// The first second of a day: `YYMMDD` in a UTCTime, `YYYYMMDD` in a GeneralizedTime, which begins in 2050 (§5.1.2.4).
fn first_second(tag: u8, date: &[u8]) -> Option<i64> {
    let (year, month, day) = match tag {
        UTC_TIME => {
            let [year, month, day] = pairs(date)?;
            (if year < 50 { 2000 } else { 1900 } + year, month, day)
        }
        _ => {
            let [century, year, month, day] = pairs(date)?;
            (century * 100 + year, month, day)
        }
    };
    if tag == GENERALIZED_TIME && (1950..2050).contains(&year) {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date =
        Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
    Some(date.midnight().assume_utc().unix_timestamp())
}

/// Digits by twos, as numbers; as many pairs as are asked for and no more.
fn pairs<const N: usize>(digits: &[u8]) -> Option<[i64; N]> {
    let (chunks, rest) = digits.as_chunks::<2>();
    let chunks: &[[u8; 2]; N] = chunks.try_into().ok()?;
    let are_digits = rest.is_empty() && digits.iter().all(u8::is_ascii_digit);
    are_digits.then(|| chunks.map(|[tens, ones]| i64::from((tens - b'0') * 10 + (ones - b'0'))))
}

/// The reasonCode among an entry's extensions, where it is one of them; nothing where they are not readable.
#[expect(
    clippy::option_option,
    reason = "not readable, readable and without a reason, with one"
)]
fn reason_code(extensions: &[u8]) -> Option<Option<u8>> {
    let mut extensions = Elements::of(extensions);
    let mut reason = None;
    // §4.2: Extensions are at least one.
    loop {
        let mut fields = Elements::of(extensions.take(SEQUENCE)?.contents);
        let identifier = fields.take(OBJECT_IDENTIFIER)?;
        if fields
            .take_any(&[BOOLEAN])
            .is_some_and(|critical| critical.contents != TRUE)
        {
            return None;
        }
        let value = fields.take(OCTET_STRING)?.contents;
        if !fields.is_empty() {
            return None;
        }
        if identifier.contents == REASON_CODE {
            let mut value = Elements::of(value);
            let [code] = value.take(ENUMERATED)?.contents else {
                return None;
            };
            // RFC 5280 §4.2: an extension stands there once.
            if reason.replace(*code).is_some() || !value.is_empty() {
                return None;
            }
        }
        if extensions.is_empty() {
            return Some(reason);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use time::macros::datetime;

    use super::*;

    const UTC: &[u8] = b"\x17\x0d260301120000Z";

    fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
        let contents = contents.concat();
        [&[tag, u8::try_from(contents.len()).unwrap()], &contents[..]].concat()
    }

    fn entry(parts: &[&[u8]]) -> Vec<u8> {
        element(SEQUENCE, parts)
    }

    fn extension(identifier: [u8; 3], critical: &[u8], value: &[u8]) -> Vec<u8> {
        let value = element(OCTET_STRING, &[value]);
        element(
            SEQUENCE,
            &[
                &element(OBJECT_IDENTIFIER, &[&identifier]),
                critical,
                &value,
            ],
        )
    }

    fn read(der: &[u8]) -> Option<Vec<ListEntry>> {
        let mut found = Vec::new();
        visit(der, |entry| found.push(entry.clone())).ok()?;
        Some(found)
    }

    fn date(time: &[u8]) -> Option<OffsetDateTime> {
        let found = read(&entry(&[b"\x02\x01\x05", time]))?;
        found.first().map(|entry| entry.revocation_date)
    }

    #[test]
    fn number_time_and_reason_are_read_in_their_order() {
        let reason = extension(REASON_CODE, b"", b"\x0a\x01\x06");
        let der = [
            entry(&[b"\x02\x02\x00\x80", UTC, &entry(&[&reason])]),
            entry(&[b"\x02\x01\x05", b"\x17\x0d260302235959Z"]),
        ]
        .concat();
        let expected = |octets: &[u8], revocation_date, reason_code| ListEntry {
            serial_number: SerialNumber::from_octets(octets),
            revocation_date,
            reason_code,
        };
        let wanted = [
            expected(&[0x80], datetime!(2026-03-01 12:00 UTC), Some(6)),
            expected(&[5], datetime!(2026-03-02 23:59:59 UTC), None),
        ];
        assert_eq!(read(&der).unwrap(), wanted);
        assert_eq!(read(b""), Some(Vec::new()));
    }

    #[test]
    fn times_have_the_forms_of_rfc_5280_and_no_others() {
        for (time, expected) in [
            (UTC, Some(datetime!(2026-03-01 12:00 UTC))),
            (
                b"\x17\x0d491231235959Z",
                Some(datetime!(2049-12-31 23:59:59 UTC)),
            ),
            (
                b"\x17\x0d500101000000Z",
                Some(datetime!(1950-01-01 0:00 UTC)),
            ),
            (
                b"\x18\x0f20500101000000Z",
                Some(datetime!(2050-01-01 0:00 UTC)),
            ),
            (
                b"\x18\x0f19491231235959Z",
                Some(datetime!(1949-12-31 23:59:59 UTC)),
            ),
            // Through 2049 it must be a UTCTime.
            (b"\x18\x0f20491231235959Z", None),
            (b"\x18\x0d491231235959Z", None),
            (b"\x17\x0f20260301120000Z", None),
            (b"\x17\x0b2603011200Z", None),
            (b"\x17\x112603011200+0100", None),
            (b"\x17\x0d2603011200000", None),
            (b"\x17\x0d260230120000Z", None),
            (b"\x17\x0d261301120000Z", None),
            (b"\x17\x0d260301240000Z", None),
            (b"\x17\x0d260301126000Z", None),
            (b"\x17\x0d260301120060Z", None),
            (b"\x17\x0d2603011200 0Z", None),
            (b"\x17\x00", None),
            (b"\x04\x0d260301120000Z", None),
        ] {
            assert_eq!(date(time), expected, "{}", String::from_utf8_lossy(time));
        }
    }

    #[test]
    fn a_date_that_was_read_before_is_not_taken_for_one_of_another_form() {
        let later = entry(&[b"\x02\x01\x05", b"\x18\x0f20500101000000Z"]);
        let utc = entry(&[b"\x02\x01\x05", b"\x17\x0f20500101000000Z"]);
        assert_eq!(read(&[&later[..], &later].concat()).unwrap().len(), 2);
        assert_eq!(read(&[later, utc].concat()), None);
    }

    #[test]
    fn a_serial_number_is_an_integer_in_its_only_form_and_not_negative() {
        for (number, fits) in [
            (&b"\x02\x01\x00"[..], true),
            (b"\x02\x02\x00\x80", true),
            (b"\x02\x02\x00\x7f", false),
            (b"\x02\x01\x80", false),
            (b"\x02\x00", false),
            (b"\x0a\x01\x05", false),
        ] {
            assert_eq!(read(&entry(&[number, UTC])).is_some(), fits, "{number:?}");
        }
    }

    #[test]
    fn extensions_are_read_whole_or_refused() {
        let reason = extension(REASON_CODE, b"", b"\x0a\x01\x01");
        let other = extension([0x55, 0x1d, 24], b"\x01\x01\xff", b"\x05\x00");
        let reasons = |extensions: &[&[u8]]| {
            let found = read(&entry(&[b"\x02\x01\x05", UTC, &entry(extensions)]))?;
            found.first().map(|entry| entry.reason_code)
        };
        assert_eq!(reasons(&[&reason]), Some(Some(1)));
        assert_eq!(reasons(&[&other, &reason]), Some(Some(1)));
        assert_eq!(reasons(&[&other]), Some(None));
        assert_eq!(reasons(&[]), None);
        assert_eq!(reasons(&[&reason, &reason]), None);
        assert_eq!(reasons(&[&reason, b"\x05\x00"]), None);
        for value in [
            &b"\x0a\x02\x00\x01"[..],
            b"\x02\x01\x01",
            b"\x0a\x01\x01\x05\x00",
            b"",
        ] {
            assert_eq!(reasons(&[&extension(REASON_CODE, b"", value)]), None);
        }
        // Only TRUE is written.
        let not_critical = extension(REASON_CODE, b"\x01\x01\x00", b"\x0a\x01\x01");
        assert_eq!(reasons(&[&not_critical]), None);
        let critical = extension(REASON_CODE, b"\x01\x01\xff", b"\x0a\x01\x01");
        assert_eq!(reasons(&[&critical]), Some(Some(1)));
    }

    #[test]
    fn what_is_cut_off_or_followed_by_something_is_refused() {
        let whole = entry(&[b"\x02\x01\x05", UTC]);
        assert_eq!(read(&whole).unwrap().len(), 1);
        for length in 1..whole.len() {
            assert_eq!(read(whole.get(..length).unwrap()), None, "{length}");
        }
        let longer = entry(&[b"\x02\x01\x05", UTC, &entry(&[]), b"\x05\x00"]);
        assert_eq!(read(&longer), None);
        assert_eq!(read(b"\x30\x00"), None);
    }
}
