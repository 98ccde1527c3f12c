//! What the index or the last CRL of a CA says was revoked, with or without the certificate at hand.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;
use time::OffsetDateTime;

use super::{IndexEntry, knows};
use crate::certificate::{Certificate, DistinguishedName};
use crate::error::Result;
use crate::inventory::record::instant;
use crate::inventory::{Action, Inventory, ReasonCode, Revocation, failure};
use crate::serial::SerialNumber;
use crate::validity::format_instant;

/// The revocations of one CA's index and last CRL.
pub(super) struct Revocations<'a> {
    issuer: &'a DistinguishedName,
    by_serial_number: HashMap<&'a SerialNumber, Revocation>,
}

impl<'a> Revocations<'a> {
    pub(super) fn of(
        issuer: &'a DistinguishedName,
        index: &'a [IndexEntry],
        now: OffsetDateTime,
    ) -> Self {
        let revoked = index.iter().filter_map(|entry| {
            let revocation = entry.revocation?;
            Some((&entry.serial_number, revocation.by(now)))
        });
        Self {
            issuer,
            by_serial_number: revoked.collect(),
        }
    }

    pub(super) fn find(&self, certificate: &Certificate) -> Option<Revocation> {
        (certificate.issuer() == self.issuer)
            .then(|| self.by_serial_number.get(certificate.serial_number()))
            .flatten()
            .copied()
    }
}

impl Inventory {
    /// Revokes a certificate that has just arrived, by what is at hand or by what came before it.
    pub(super) fn revoke_on_arrival(
        &self,
        connection: &Connection,
        certificate: &Certificate,
        revocation: Option<Revocation>,
        now: OffsetDateTime,
    ) -> Result<usize> {
        let (issuer, serial_number) = (certificate.issuer(), certificate.serial_number());
        // From now on its own row says it; a serial number must not stand in a CRL twice.
        let earlier = connection
            .prepare_cached(
                "DELETE FROM revoked_serial_number WHERE issuer = ?1 AND serial_number = ?2
                 RETURNING revoked_at, reason_code",
            )
            .and_then(|mut statement| {
                statement
                    .query_row(params![issuer.der(), serial_number.octets()], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, u8>(1)?))
                    })
                    .optional()
            })
            .map_err(|cause| failure(&cause))?;
        let earlier = match earlier {
            Some((at, code)) => Some(Revocation {
                at: instant(at)?,
                reason: ReasonCode::from_code(code)?,
            }),
            None => None,
        };
        match revocation.or(earlier) {
            Some(revocation) => {
                self.revoke_known(connection, issuer, serial_number, revocation, now)
            }
            None => Ok(0),
        }
    }

    /// Records what was said, on the certificate where it is known, else on the serial number alone.
    pub(super) fn revoke_entry(
        &self,
        connection: &Connection,
        issuer: &DistinguishedName,
        entry: &IndexEntry,
        revocation: Revocation,
        now: OffsetDateTime,
    ) -> Result<usize> {
        let revocation = revocation.by(now);
        if knows(connection, issuer, &entry.serial_number).map_err(|cause| failure(&cause))? {
            return self.revoke_known(connection, issuer, &entry.serial_number, revocation, now);
        }
        // Neither time nor reason may change, except that a hold may become final (RFC 5280 §5.3.1).
        let written = connection
            .prepare_cached(
                "INSERT INTO revoked_serial_number (issuer, serial_number, subject, not_after, revoked_at, reason_code)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (issuer, serial_number) DO UPDATE SET reason_code = excluded.reason_code
                 WHERE reason_code = 6 AND excluded.reason_code <> 6
                 RETURNING revoked_at",
            )
            .and_then(|mut statement| {
                let parameters = params![
                    issuer.der(),
                    entry.serial_number.octets(),
                    entry.subject,
                    entry.not_after.unix_timestamp(),
                    revocation.at.unix_timestamp(),
                    revocation.reason.code(),
                ];
                statement
                    .query_row(parameters, |row| row.get(0))
                    .optional()
            })
            .map_err(|cause| failure(&cause))?;
        let Some(revoked_at) = written else {
            return Ok(0);
        };
        // As it stands now: a hold that became final keeps its time.
        let detail = json!({
            "issuer": issuer.as_str(),
            "serial_number": entry.serial_number.to_string(),
            "subject": entry.subject,
            "revoked_at": format_instant(instant(revoked_at)?),
            "reason_code": revocation.reason.as_str(),
        });
        self.append(connection, Action::Import, &detail, now)
            .map_err(|cause| failure(&cause))?;
        Ok(1)
    }

    fn revoke_known(
        &self,
        connection: &Connection,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
        revocation: Revocation,
        now: OffsetDateTime,
    ) -> Result<usize> {
        let changed = connection
            .prepare_cached(
                "UPDATE certificate SET revoked_at = min(coalesce(revoked_at, ?3), ?3), reason_code = ?4
                 WHERE issuer = ?1 AND serial_number = ?2
                   AND (revoked_at IS NULL OR (revoked_at > ?5 AND revoked_at IS superseded_at) OR (reason_code = 6 AND ?4 <> 6))
                 RETURNING der",
            )
            .and_then(|mut statement| {
                statement
                    .query_row(
                        params![
                            issuer.der(),
                            serial_number.octets(),
                            revocation.at.unix_timestamp(),
                            revocation.reason.code(),
                            now.unix_timestamp(),
                        ],
                        |row| row.get::<_, Vec<u8>>(0),
                    )
                    .optional()
            })
            .map_err(|cause| failure(&cause))?;
        let Some(der) = changed else {
            return Ok(0);
        };
        self.append_revocation(connection, &Certificate::from_der(der)?, now)
            .map_err(|cause| failure(&cause))?;
        Ok(1)
    }
}
