//! What the next CRL of an issuer must list, which CRLs were signed, and whether the newest is out of date.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::audit::head;
use super::record::instant;
use super::{Action, Inventory, ReasonCode, Revocation, commit, failure};
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;
use crate::serial::SerialNumber;
use crate::validity::{format_instant, to_the_second};

/// How far thisUpdate may lie ahead of a command's time without a clock being wrong: the command looked at it before it opened a key and
/// waited for the database.
pub const CLOCK_LEEWAY: Duration = Duration::MINUTE;

/// A CRL that was signed, here or before the CA came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrlRecord {
    /// Its cRLNumber.
    pub crl_number: u64,
    /// The moment for which it speaks.
    pub this_update: OffsetDateTime,
    /// When the next one must be there.
    pub next_update: OffsetDateTime,
    /// How many certificates it lists.
    pub revoked_count: u64,
    /// The last entry of the audit log that it took into account.
    pub as_of: i64,
}

/// What the next CRL of an issuer must state, as the inventory stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextCrl {
    /// Its cRLNumber: that of the last one and one more, or the Unix time where that is greater.
    pub crl_number: u64,
    /// The last entry of the audit log.
    pub as_of: i64,
}

/// Why a new CRL is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrlDue {
    /// There is none, or its file is not in its place.
    Missing,
    /// What it must list has changed since.
    Revocations,
    /// A backup was put in place since: a later one, with a greater number, may have been published before.
    Restored,
    /// Half of its life is over.
    HalfLife,
    /// It speaks for a moment that lies ahead: the clock was wrong then, or is now.
    Ahead,
}

impl CrlRecord {
    /// Says whether less than a quarter of its life is left, or none.
    pub fn ends_soon(&self, now: OffsetDateTime) -> bool {
        self.next_update - now < (self.next_update - self.this_update) / 4
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Result<Self>> {
        let (number, this_update, next_update): (i64, i64, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let (revoked_count, as_of): (i64, i64) = (row.get(3)?, row.get(4)?);
        let read = || {
            Ok(Self {
                crl_number: number.unsigned_abs(),
                this_update: instant(this_update)?,
                next_update: instant(next_update)?,
                revoked_count: revoked_count.unsigned_abs(),
                as_of,
            })
        };
        Ok(read())
    }
}

impl Inventory {
    /// Shows what a CRL of `issuer` must list at `now`, one revoked certificate after the other.
    ///
    /// That is what counts as revoked at `now`. An expired certificate stays until one CRL was signed after its end
    /// (RFC 5280 §3.3).
    ///
    /// # Errors
    /// Fails when the database or `visit` does.
    pub fn next_crl(
        &self,
        issuer: &Certificate,
        now: OffsetDateTime,
        mut visit: impl FnMut(&SerialNumber, Revocation),
    ) -> Result<NextCrl> {
        let now = now.unix_timestamp();
        let failed = |cause: rusqlite::Error| failure(&cause);
        // One view of the database for the entries and for the number of the audit entry that they go up to.
        let transaction = self.connection.unchecked_transaction().map_err(failed)?;
        let id = issuer_id(&transaction, issuer)?;
        let last = newest(&transaction, id)?.map_or(0, |crl| crl.crl_number);
        // A CRL that was signed with a clock ahead of this one says nothing about what has expired by now.
        let before: Option<i64> = transaction
            .prepare_cached(
                "SELECT max(this_update) FROM crl WHERE issuer_id = ?1 AND this_update <= ?2",
            )
            .and_then(|mut statement| statement.query_row([id, now], |row| row.get(0)))
            .map_err(failed)?;
        let mut statement = transaction.prepare_cached(LISTED).map_err(failed)?;
        let mut rows = statement
            .query(params![
                issuer.subject().der(),
                now,
                before.unwrap_or(i64::MIN),
                id
            ])
            .map_err(failed)?;
        let mut serial_number = SerialNumber::from_octets(&[]);
        while let Some(row) = rows.next().map_err(failed)? {
            let (octets, at, reason) = listed(row).map_err(failed)?;
            let revocation = Revocation {
                at: instant(at)?,
                reason: ReasonCode::from_code(reason)?,
            };
            serial_number.replace(octets);
            visit(&serial_number, revocation);
        }
        Ok(NextCrl {
            crl_number: (last + 1).max(now.unsigned_abs()),
            as_of: head(&transaction).map_err(failed)?.id,
        })
    }

    /// Records a CRL that was signed; says no where another one took its number or a later one meanwhile.
    ///
    /// What has ended is forgotten, but for the newest; the audit log remembers all.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn record_crl(
        &self,
        issuer: &Certificate,
        crl: &CrlRecord,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let transaction = self.begin()?;
        let id = issuer_id(&transaction, issuer)?;
        if newest(&transaction, id)?.is_some_and(|newest| newest.crl_number >= crl.crl_number) {
            return Ok(false);
        }
        let number = insert(&transaction, id, crl)?;
        let detail = detail(issuer, crl, Some(fingerprint));
        let forgotten =
            "DELETE FROM crl WHERE issuer_id = ?1 AND crl_number < ?2 AND next_update < ?3";
        transaction
            .execute(forgotten, params![id, number, now.unix_timestamp()])
            .and_then(|_| self.append(&transaction, Action::Crl, &detail, now))
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))?;
        Ok(true)
    }

    /// Goes on above the numbers of CRLs that were published before a backup was put in place.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn continue_numbers(
        &self,
        published: &[(Certificate, CrlRecord)],
        now: OffsetDateTime,
    ) -> Result<()> {
        let known: Vec<_> = self.authorities()?;
        let transaction = self.begin()?;
        for (issuer, crl) in published {
            if known.iter().any(|record| record.certificate == *issuer) {
                let later = CrlRecord { as_of: 0, ..*crl };
                self.import_crl(&transaction, issuer, &later, now)?;
            }
        }
        commit(transaction).map_err(|cause| failure(&cause))
    }

    /// Records the last CRL that a CA had signed elsewhere, so that the next one gets a greater number; says no where one
    /// with this number or a later one is known.
    pub(super) fn import_crl(
        &self,
        connection: &Connection,
        issuer: &Certificate,
        crl: &CrlRecord,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let id = issuer_id(connection, issuer)?;
        if newest(connection, id)?.is_some_and(|newest| newest.crl_number >= crl.crl_number) {
            return Ok(false);
        }
        insert(connection, id, crl)?;
        self.append(connection, Action::Import, &detail(issuer, crl, None), now)
            .map_err(|cause| failure(&cause))?;
        Ok(true)
    }

    /// The newest CRL of an issuer.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn newest_crl(&self, issuer: &Certificate) -> Result<Option<CrlRecord>> {
        newest(&self.connection, issuer_id(&self.connection, issuer)?)
    }

    /// Says whether a CRL of an issuer was signed here: its key was here then.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn has_signed_a_crl(&self, issuer: &Certificate) -> Result<bool> {
        let id = issuer_id(&self.connection, issuer)?;
        // Those that were signed elsewhere took no entry of this log into account.
        self.connection
            .prepare_cached("SELECT 1 FROM crl WHERE issuer_id = ?1 AND as_of > 0")
            .and_then(|mut statement| statement.exists([id]))
            .map_err(|cause| failure(&cause))
    }

    /// Says whether the newest CRL of an issuer should be followed by another one, and why.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn crl_due(&self, issuer: &Certificate, now: OffsetDateTime) -> Result<Option<CrlDue>> {
        let now = to_the_second(now);
        let Some(newest) = self.newest_crl(issuer)? else {
            return Ok(Some(CrlDue::Missing));
        };
        let changed: bool = self
            .connection
            .prepare_cached(CHANGED)
            .and_then(|mut statement| {
                let (this_update, now) =
                    (newest.this_update.unix_timestamp(), now.unix_timestamp());
                let parameters = params![issuer.subject().der(), newest.as_of, this_update, now];
                statement.query_row(parameters, |row| row.get(0))
            })
            .map_err(|cause| failure(&cause))?;
        let half = newest.this_update + (newest.next_update - newest.this_update) / 2;
        let restored: bool = self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM audit WHERE action = 'restore' AND id > ?1)",
            )
            .and_then(|mut statement| statement.query_row([newest.as_of], |row| row.get(0)))
            .map_err(|cause| failure(&cause))?;
        Ok(if changed {
            Some(CrlDue::Revocations)
        } else if restored {
            Some(CrlDue::Restored)
        } else if newest.this_update > now + CLOCK_LEEWAY {
            Some(CrlDue::Ahead)
        } else {
            (now >= half).then_some(CrlDue::HalfLife)
        })
    }
}

/// What counts as revoked under an issuer (?1, without its own certificate, ?4) at a moment (?2), but for what had
/// expired and was listed when the CRL before was signed (?3). What was revoked in that very second may have come after it.
pub(super) const LISTED: &str = "
    SELECT c.serial_number, c.revoked_at, c.reason_code FROM certificate AS c
    WHERE c.issuer = ?1 AND c.revoked_at <= ?2 AND NOT (c.not_after < ?3 AND c.revoked_at < ?3) AND c.id <> ?4
    UNION ALL
    SELECT r.serial_number, r.revoked_at, r.reason_code FROM revoked_serial_number AS r
    WHERE r.issuer = ?1 AND r.revoked_at <= ?2 AND NOT (r.not_after < ?3 AND r.revoked_at < ?3)
      AND NOT EXISTS (SELECT 1 FROM certificate AS c
                      WHERE c.issuer = ?1 AND c.serial_number = r.serial_number AND c.revoked_at <= ?2)";

/// Whether what a CRL of an issuer (?1) must list at a moment (?4) has changed since an entry of the audit log (?2) and
/// a thisUpdate (?3): by what was recorded since, or because the end of an overlap has come.
///
/// An entry that names no certificate of the inventory, as that of an imported index, may concern every issuer; that of a
/// CRL's number concerns none.
const CHANGED: &str = "
    SELECT EXISTS (
        SELECT 1 FROM audit AS a
        LEFT JOIN certificate AS c ON c.fingerprint_sha256 =
            unhex(iif(json_valid(a.detail), a.detail ->> 'fingerprint_sha256', NULL))
        WHERE a.action IN ('revoke', 'unrevoke', 'import') AND a.id > ?2
          AND iif(json_valid(a.detail), a.detail ->> 'crl_number', NULL) IS NULL
          AND (c.id IS NULL OR (c.issuer = ?1 AND (a.action = 'unrevoke' OR c.revoked_at <= ?4)))
    ) OR EXISTS (
        SELECT 1 FROM certificate WHERE issuer = ?1 AND revoked_at > ?3 AND revoked_at <= ?4
    )";

/// Inserts the row of a CRL, and returns its number as the database has it.
fn insert(connection: &Connection, issuer_id: i64, crl: &CrlRecord) -> Result<i64> {
    let too_large = |_| Error::new(ErrorKind::Internal, "a number of the CRL is out of range");
    let number = i64::try_from(crl.crl_number).map_err(too_large)?;
    let revoked_count = i64::try_from(crl.revoked_count).map_err(too_large)?;
    connection
        .execute(
            "INSERT INTO crl (issuer_id, crl_number, this_update, next_update, as_of, revoked_count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                issuer_id,
                number,
                crl.this_update.unix_timestamp(),
                crl.next_update.unix_timestamp(),
                crl.as_of,
                revoked_count,
            ],
        )
        .map_err(|cause| failure(&cause))?;
    Ok(number)
}

/// What the audit log tells of a CRL; in an entry of an import, a fingerprint would be that of a certificate.
fn detail(issuer: &Certificate, crl: &CrlRecord, fingerprint: Option<&Fingerprint>) -> Value {
    let identifier = issuer.extensions().subject_key_identifier.as_deref();
    json!({
        "issuer": issuer.subject().as_str(),
        "issuer_key_identifier": hexadecimal::encode(identifier.unwrap_or_default()),
        "crl_number": crl.crl_number,
        "this_update": format_instant(crl.this_update),
        "next_update": format_instant(crl.next_update),
        "revoked_count": crl.revoked_count,
        "fingerprint_sha256": fingerprint.map(Fingerprint::to_string),
    })
}

fn listed<'a>(row: &'a Row<'_>) -> rusqlite::Result<(&'a [u8], i64, u8)> {
    let serial_number = row.get_ref(0)?.as_blob()?;
    Ok((serial_number, row.get(1)?, row.get(2)?))
}

fn newest(connection: &Connection, issuer_id: i64) -> Result<Option<CrlRecord>> {
    connection
        .prepare_cached(
            "SELECT crl_number, this_update, next_update, revoked_count, as_of FROM crl
             WHERE issuer_id = ?1 ORDER BY crl_number DESC LIMIT 1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([issuer_id], CrlRecord::from_row)
                .optional()
        })
        .map_err(|cause| failure(&cause))?
        .transpose()
}

fn issuer_id(connection: &Connection, issuer: &Certificate) -> Result<i64> {
    connection
        .prepare_cached("SELECT id FROM certificate WHERE fingerprint_sha256 = ?1")
        .and_then(|mut statement| {
            statement
                .query_row(params![issuer.fingerprint().0], |row| row.get(0))
                .optional()
        })
        .map_err(|cause| failure(&cause))?
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Inventory,
                format!("{} is not in the inventory", issuer.subject()),
            )
        })
}
