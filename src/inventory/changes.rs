//! What became of certificates since a moment, for those who keep in memory what they looked up.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::find::AUTHORITIES;
use super::{Head, Inventory, Record, failure};
use crate::certificate::Fingerprint;
use crate::error::Result;
use crate::hexadecimal;

/// In KiB, where it is negative.
const CACHE: &str = "PRAGMA cache_size = -8192;";
/// How many changes are told one by one.
const MOST: usize = 1000;
/// Whose status changed behind an entry. A certificate that is only issued changes no other one's: where it renews one, that
/// has an entry of its own. The condition is that of the index `audit_revocation`.
pub(super) const CHANGED: &str = "SELECT json_extract(detail, '$.fingerprint_sha256') FROM audit
     WHERE id > ?1 AND action IN ('revoke', 'unrevoke', 'import') LIMIT ?2";

/// Whose status may be another one than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// That of these certificates, and of none besides.
    Of(Vec<Fingerprint>),
    /// That of any.
    Everything,
}

impl Inventory {
    /// Makes every look-up fail at once that would have to wait for another process, and quick where it does not: the upper levels of
    /// the indexes stay in memory, also those of a million certificates.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn be_impatient(&self) -> Result<()> {
        let set = self.connection.busy_timeout(Duration::ZERO);
        let set = set.and_then(|()| self.connection.execute_batch(CACHE));
        set.map_err(|cause| failure(&cause))
    }

    /// A number that is another one whenever somebody else has changed anything since; less than a question to the tables costs.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn version(&self) -> Result<i64> {
        self.connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(|cause| failure(&cause))
    }

    /// What changed since the audit log ended with `head` and the CA had these certificates, given newest first.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn changes_since(&self, head: &Head, authorities: &[Record]) -> Result<Changes> {
        let changes = || -> rusqlite::Result<Changes> {
            let hash: Option<[u8; 32]> = self
                .connection
                .prepare_cached("SELECT hash FROM audit WHERE id = ?1")?
                .query_row([head.id], |row| row.get(0))
                .optional()?;
            let newest: Option<i64> = self
                .connection
                .prepare_cached(&format!(
                    "SELECT max(id) FROM certificate WHERE profile IN {AUTHORITIES}"
                ))?
                .query_row([], |row| row.get(0))?;
            // Another log, as of a database that was put back, or another CA.
            if hash != Some(head.hash) || newest != authorities.first().map(|record| record.id) {
                return Ok(Changes::Everything);
            }
            let mut statement = self.connection.prepare_cached(CHANGED)?;
            let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
            let changed = statement.query_map(params![head.id, most], |row| row.get(0))?;
            let changed = changed.collect::<rusqlite::Result<Vec<Option<String>>>>()?;
            if changed.len() > MOST {
                return Ok(Changes::Everything);
            }
            // An entry that names none tells of a whole import or of what is no certificate here.
            let changed = changed.into_iter().flatten();
            let changed =
                changed.map(|text| Some(Fingerprint(hexadecimal::decode(&text)?.try_into().ok()?)));
            let changed: Option<Vec<Fingerprint>> = changed.collect();
            let own = authorities.iter().map(|it| it.certificate.fingerprint());
            let of_own = |changed: &[Fingerprint]| own.clone().any(|it| changed.contains(&it));
            Ok(match changed {
                Some(changed) if !of_own(&changed) => Changes::Of(changed),
                _ => Changes::Everything,
            })
        };
        changes().map_err(|cause| failure(&cause))
    }
}
