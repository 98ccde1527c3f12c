//! Revocations of an imported CA whose certificates are not at hand, compared like those of the others.

use std::collections::HashMap;

use rusqlite::Connection;

use super::super::ReasonCode;
use super::Findings;
use crate::hexadecimal;
use crate::serial::SerialNumber;

/// Time in seconds and reason of a revocation.
type Revocation = (i64, u8);

/// What the log tells of serial numbers alone.
///
/// An entry does not say whose serial number it is, and two imported CAs may both have given out the same: each revocation
/// that was told of one may be the row's.
#[derive(Default)]
pub(super) struct SerialNumbers {
    told: HashMap<String, (i64, Vec<Revocation>)>,
}

impl SerialNumbers {
    /// Takes in an entry.
    pub(super) fn take(&mut self, serial_number: String, entry: i64, (at, reason): Revocation) {
        let hold = ReasonCode::CertificateHold.code();
        let (_, told) = self
            .told
            .entry(serial_number)
            .or_insert((entry, Vec::new()));
        // A hold that becomes final keeps its time.
        let held = told.iter().filter(|(_, held)| *held == hold);
        let become_final: Vec<_> = held.map(|(at, _)| (*at, reason)).collect();
        told.extend(become_final);
        told.push((at, reason));
    }

    /// Compares what was told with the rows; one whose certificate came later is in the row of that.
    pub(super) fn compare(
        &mut self,
        connection: &Connection,
        findings: &mut Findings,
    ) -> rusqlite::Result<()> {
        let mut statement = connection
            .prepare("SELECT serial_number, revoked_at, reason_code FROM revoked_serial_number")?;
        let mut rows = statement.query([])?;
        let mut seen = Vec::new();
        while let Some(row) = rows.next()? {
            let serial_number = SerialNumber::from_octets(&row.get::<_, Vec<u8>>(0)?).to_string();
            let revocation: Revocation = (row.get(1)?, row.get(2)?);
            match self.told.get(&serial_number) {
                Some((_, told)) if told.contains(&revocation) => {}
                Some((entry, _)) => findings.add(
                    Some(*entry),
                    format!("the revocation of the serial number {serial_number} is not what the log tells"),
                ),
                None => findings.add(
                    None,
                    format!("no entry tells that the serial number {serial_number} was revoked"),
                ),
            }
            seen.push(serial_number);
        }
        for serial_number in seen {
            self.told.remove(&serial_number);
        }
        let mut arrived =
            connection.prepare("SELECT 1 FROM certificate WHERE serial_number = ?1")?;
        let mut left: Vec<_> = self
            .told
            .drain()
            .map(|(it, (entry, _))| (entry, it))
            .collect();
        left.sort();
        for (entry, serial_number) in left {
            let octets = hexadecimal::decode(&serial_number).unwrap_or_default();
            if !arrived.exists([SerialNumber::from_octets(&octets).octets()])? {
                let message = format!(
                    "the revocation of the serial number {serial_number}, which entry {entry} tells, is gone"
                );
                findings.add(Some(entry), message);
            }
        }
        Ok(())
    }
}
