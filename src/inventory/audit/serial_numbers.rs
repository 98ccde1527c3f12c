//! Revocations of an imported CA whose certificates are not at hand, compared like those of the others.

use std::collections::HashMap;

use rusqlite::Connection;

use super::Findings;
use crate::certificate::DistinguishedName;
use crate::hexadecimal;
use crate::serial::SerialNumber;

/// Time in seconds and reason of a revocation.
type Revocation = (i64, u8);

/// Whose serial number it is, by RFC 4514, and the number in hexadecimal.
type Named = (String, String);

/// What the log tells of serial numbers alone: each entry tells the whole state after the change.
#[derive(Default)]
pub(super) struct SerialNumbers {
    told: HashMap<Named, (i64, Revocation)>,
}

impl SerialNumbers {
    /// Takes in an entry.
    pub(super) fn take(&mut self, named: Named, entry: i64, revocation: Revocation) {
        self.told.insert(named, (entry, revocation));
    }

    /// Compares what was told with the rows; one whose certificate came later is in the row of that.
    pub(super) fn compare(
        &mut self,
        connection: &Connection,
        findings: &mut Findings,
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(
            "SELECT issuer, serial_number, revoked_at, reason_code FROM revoked_serial_number",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let serial_number = SerialNumber::from_octets(&row.get::<_, Vec<u8>>(1)?).to_string();
            let revocation: Revocation = (row.get(2)?, row.get(3)?);
            let named = (name(&row.get::<_, Vec<u8>>(0)?), serial_number);
            let told = self.told.remove(&named);
            let (issuer, serial_number) = named;
            match told {
                Some((_, told)) if told == revocation => {}
                Some((entry, _)) => findings.add(
                    Some(entry),
                    format!("the revocation of the serial number {serial_number} of {issuer} is not what the log tells"),
                ),
                None => findings.add(
                    None,
                    format!("no entry tells that the serial number {serial_number} of {issuer} was revoked"),
                ),
            }
        }
        let left = self.told.drain();
        let mut left: Vec<_> = left.map(|(named, (entry, _))| (entry, named)).collect();
        left.sort();
        for (entry, (issuer, serial_number)) in left {
            if !has_arrived(connection, &issuer, &serial_number)? {
                let message = format!(
                    "the revocation of the serial number {serial_number} of {issuer}, which entry {entry} tells, is gone"
                );
                findings.add(Some(entry), message);
            }
        }
        Ok(())
    }
}

/// Says whether the certificate of a serial number is in the inventory now.
fn has_arrived(
    connection: &Connection,
    issuer: &str,
    serial_number: &str,
) -> rusqlite::Result<bool> {
    let octets = hexadecimal::decode(serial_number).unwrap_or_default();
    let mut statement =
        connection.prepare_cached("SELECT issuer FROM certificate WHERE serial_number = ?1")?;
    let mut rows = statement.query([SerialNumber::from_octets(&octets).octets()])?;
    while let Some(row) = rows.next()? {
        if name(&row.get::<_, Vec<u8>>(0)?) == issuer {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A name by RFC 4514; one that cannot be read is nobody's.
fn name(der: &[u8]) -> String {
    DistinguishedName::from_der(der).map_or_else(
        |_| format!("#{}", hexadecimal::encode(der)),
        |name| name.as_str().to_owned(),
    )
}
