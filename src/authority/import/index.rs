//! OpenSSL's `index.txt`, in which `openssl ca` and easy-rsa keep what they issued.

use time::{Date, Month, OffsetDateTime, Time};

use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{IndexEntry, ReasonCode, Revocation};
use crate::name::Quoted;
use crate::serial::SerialNumber;

/// RFC 5280 §4.1.2.2.
const MAX_SERIAL_NUMBER: usize = 20;

/// Reads an index: a line a certificate, of status, end, revocation, serial number, file and subject with a tab between.
///
/// # Errors
/// Names the first line that is not of that form: what cannot be read might be a revocation.
pub fn read_index(contents: &[u8]) -> Result<Vec<IndexEntry>> {
    let text = std::str::from_utf8(contents);
    // Old subjects are in Latin-1; only they are not ASCII.
    let text = text.map_or_else(
        |_| contents.iter().copied().map(char::from).collect(),
        str::to_owned,
    );
    let lines = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(line, number)| {
            entry(line).map_err(|fact| {
                Error::new(
                    ErrorKind::Malformed,
                    format!("line {number} of the index {fact}"),
                )
                .with_hint("Give the index.txt of openssl ca or easy-rsa, and mend that line; nothing was imported.")
            })
        })
        .collect()
}

fn entry(line: &str) -> Result<IndexEntry, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [status, end, revoked, serial_number, _file, subject] = fields.as_slice() else {
        return Err(format!("has {} fields and not 6", fields.len()));
    };
    let not_after = instant(end).ok_or_else(|| bad("its end", end))?;
    let revocation = match *status {
        // E is for one that had ended when somebody looked.
        "V" | "E" => None,
        "R" => Some(revocation(revoked)?),
        other => return Err(bad("its status", other)),
    };
    Ok(IndexEntry {
        serial_number: number(serial_number)
            .ok_or_else(|| bad("its serial number", serial_number))?,
        subject: (*subject).to_owned(),
        not_after,
        revocation,
    })
}

fn bad(what: &str, text: &str) -> String {
    format!("cannot be read: {what} is {}", Quoted(text))
}

/// A positive number in hexadecimal, of an odd number of digits too.
fn number(text: &str) -> Option<SerialNumber> {
    let digits = format!("{}{text}", if text.len() % 2 == 1 { "0" } else { "" });
    SerialNumber::from_hexadecimal(&digits)
        .filter(|number| !text.is_empty() && number.octets().len() <= MAX_SERIAL_NUMBER)
}

/// `TIME[,REASON[,MORE]]`, the reasons as `openssl ca` writes them.
fn revocation(text: &str) -> Result<Revocation, String> {
    let mut parts = text.split(',');
    let time = parts.next().unwrap_or_default();
    let at = instant(time).ok_or_else(|| bad("the time of its revocation", time))?;
    let reason = match parts.next() {
        // removeFromCRL is for delta CRLs, which we do not make: here it says that the certificate was revoked, and no more.
        None | Some("" | "removeFromCRL") => ReasonCode::Unspecified,
        Some("holdInstruction") => ReasonCode::CertificateHold,
        Some("keyTime") => ReasonCode::KeyCompromise,
        Some("CAkeyTime") => ReasonCode::CaCompromise,
        Some(word) => {
            ReasonCode::parse(word).map_err(|_| bad("the reason of its revocation", word))?
        }
    };
    Ok(Revocation { at, reason })
}

/// UTCTime or GeneralizedTime, `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` (RFC 5280 §4.1.2.5).
fn instant(text: &str) -> Option<OffsetDateTime> {
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match digits.len() {
        12 => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            // RFC 5280 §4.1.2.5.1: from 50 on, the last century.
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        14 => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let mut numbers = [0u8; 5];
    for (position, number) in numbers.iter_mut().enumerate() {
        *number = rest.get(2 * position..2 * position + 2)?.parse().ok()?;
    }
    let [month, day, hour, minute, second] = numbers;
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    Some(
        date.with_time(Time::from_hms(hour, minute, second).ok()?)
            .assume_utc(),
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn read(text: &str) -> Result<IndexEntry> {
        let mut entries = read_index(text.as_bytes())?;
        entries
            .pop()
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "no entry"))
    }

    #[test]
    fn a_valid_a_revoked_and_an_expired_line_are_read() -> Result<()> {
        let valid = read("V\t270301120000Z\t\t1000\tunknown\t/C=DE/CN=alice\n")?;
        assert_eq!(valid.serial_number.to_string(), "1000");
        assert_eq!(valid.not_after, datetime!(2027-03-01 12:00 UTC));
        assert_eq!(valid.subject, "/C=DE/CN=alice");
        assert_eq!(valid.revocation, None);
        assert_eq!(
            read("E\t990301120000Z\t\t0A\tunknown\t/CN=x")?
                .not_after
                .year(),
            1999
        );
        let revoked =
            read("R\t20510301120000Z\t260102030405Z,keyCompromise\tA\tunknown\t/CN=x\r\n")?;
        assert_eq!(revoked.not_after.year(), 2051);
        assert_eq!(revoked.serial_number.to_string(), "0a");
        let revocation = Revocation {
            at: datetime!(2026-01-02 03:04:05 UTC),
            reason: ReasonCode::KeyCompromise,
        };
        assert_eq!(revoked.revocation, Some(revocation));
        Ok(())
    }

    #[test]
    fn every_reason_of_openssl_is_known() -> Result<()> {
        for (words, reason) in [
            ("", ReasonCode::Unspecified),
            (",unspecified", ReasonCode::Unspecified),
            (",CACompromise", ReasonCode::CaCompromise),
            (",affiliationChanged", ReasonCode::AffiliationChanged),
            (",superseded", ReasonCode::Superseded),
            (",cessationOfOperation", ReasonCode::CessationOfOperation),
            (",certificateHold", ReasonCode::CertificateHold),
            (",removeFromCRL", ReasonCode::Unspecified),
            (
                ",holdInstruction,holdInstructionReject",
                ReasonCode::CertificateHold,
            ),
            (",keyTime,20260101000000Z", ReasonCode::KeyCompromise),
            (",CAkeyTime,20260101000000Z", ReasonCode::CaCompromise),
        ] {
            let line = format!("R\t270301120000Z\t260102030405Z{words}\t01\tunknown\t/CN=x");
            let found = read(&line)?.revocation.map(|it| it.reason);
            assert_eq!(found, Some(reason), "{words}");
        }
        Ok(())
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_nothing_is_guessed() {
        for line in [
            "V\t270301120000Z\t\t01\tunknown",
            "X\t270301120000Z\t\t01\tunknown\t/CN=x",
            "V\t271301120000Z\t\t01\tunknown\t/CN=x",
            "V\t2703011200Z\t\t01\tunknown\t/CN=x",
            "V\t270301120000Z\t\t-01\tunknown\t/CN=x",
            "V\t270301120000Z\t\t\tunknown\t/CN=x",
            "R\t270301120000Z\t\t01\tunknown\t/CN=x",
            "R\t270301120000Z\t260102030405Z,because\t01\tunknown\t/CN=x",
            "V\t270301120000Z\t\t0102030405060708090a0b0c0d0e0f101112131415\tunknown\t/CN=x",
        ] {
            let text = format!("V\t270301120000Z\t\t01\tunknown\t/CN=good\n{line}\n");
            let refusal = read_index(text.as_bytes()).map_err(|error| error.message().to_owned());
            assert!(
                refusal.is_err_and(|message| message.starts_with("line 2")),
                "{line}"
            );
        }
        assert!(read_index(b"").is_ok_and(|entries| entries.is_empty()));
    }
}
