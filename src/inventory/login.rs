//! Logins written down: when, which certificate, what was decided, from where. They are kept within a bound.
//!
//! They say who was where and when, which is personal data: the newest [`KEPT`] rows are kept and one row a certificate
//! of its last accepted login. They are no part of what the CA did, so that the audit log knows nothing of them.

use std::net::IpAddr;

use rusqlite::{OptionalExtension, Row, params};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::record::instant;
use super::{Inventory, Record, commit, failure};
use crate::certificate::Fingerprint;
use crate::error::Result;
use crate::validity::format_instant;

/// How many logins are kept; with each one more, the oldest goes.
pub const KEPT: i64 = 100_000;
/// How much is kept of what an unknown certificate says of itself, in characters.
const MAX_SUBJECT: usize = 256;

/// What stands in an address's place where there is none.
const NO_ADDRESS: &str = "unix";

/// One login that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// When, to the second.
    pub at: OffsetDateTime,
    /// From where; nothing for what a proxy asks through a Unix socket, which tells no address.
    pub peer: Option<IpAddr>,
    /// `accepted`, `no-certificate` or `refused`.
    pub verdict: &'static str,
    /// Why it was refused; nothing for the other verdicts.
    pub reason: Option<&'static str>,
    /// Which certificate was presented, where it could be told.
    pub certificate: Option<Fingerprint>,
    /// The certificate's subject; kept for one that the inventory does not know.
    pub subject: Option<String>,
}

/// One login of a known certificate, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastLogin {
    /// When; RFC 3339 in `--json` output.
    #[serde(serialize_with = "as_instant")]
    pub at: OffsetDateTime,
    /// From which address; `unix` for what a proxy asked through a Unix socket.
    pub peer: String,
    /// `accepted` or `refused`.
    pub verdict: String,
    /// Why it was refused.
    pub reason: Option<String>,
}

impl Inventory {
    /// Writes logins down, all of them or none, and removes the oldest beyond the bound.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn record_logins(&self, logins: &[Login], now: OffsetDateTime) -> Result<()> {
        self.record_logins_within(logins, KEPT, now)
    }

    pub(super) fn record_logins_within(
        &self,
        logins: &[Login],
        kept: i64,
        now: OffsetDateTime,
    ) -> Result<()> {
        let transaction = self.begin()?;
        let written = || -> rusqlite::Result<()> {
            // A certificate is found by its fingerprint, not by a row's number: the inventory may be another one by now,
            // put back from a backup.
            let mut insert = transaction.prepare_cached(
                "INSERT INTO login (at, peer, verdict, reason, certificate_id, subject)
                 SELECT ?1, ?2, ?3, ?4, known.id, iif(known.id IS NULL, ?6, NULL)
                 FROM (SELECT (SELECT id FROM certificate WHERE fingerprint_sha256 = ?5) AS id) AS known",
            )?;
            let mut last = transaction.prepare_cached(
                "INSERT INTO last_login (certificate_id, at, peer)
                 SELECT id, ?2, ?3 FROM certificate WHERE fingerprint_sha256 = ?1
                 ON CONFLICT (certificate_id) DO UPDATE SET at = excluded.at, peer = excluded.peer
                 WHERE excluded.at >= last_login.at OR last_login.at > ?4",
            )?;
            for login in logins {
                let at = login.at.unix_timestamp();
                let peer = match login.peer {
                    Some(address) => address.to_canonical().to_string(),
                    None => NO_ADDRESS.to_owned(),
                };
                let fingerprint = login.certificate.map(|fingerprint| fingerprint.0);
                let subject = login.subject.as_deref().map(shortened);
                let (verdict, reason) = (login.verdict, login.reason);
                insert.execute(params![at, peer, verdict, reason, fingerprint, subject])?;
                if verdict == "accepted" {
                    last.execute(params![fingerprint, at, peer, now.unix_timestamp()])?;
                }
            }
            // Numbers are given in order and only the lowest are ever removed, so that none is missing between them.
            transaction
                .prepare_cached("DELETE FROM login WHERE id <= (SELECT max(id) FROM login) - ?1")?
                .execute([kept])
                .map(drop)
        };
        written()
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))
    }

    /// When and from where a certificate was last let in.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn last_login(&self, record: &Record) -> Result<Option<PastLogin>> {
        let query = "SELECT at, peer, 'accepted', NULL FROM last_login WHERE certificate_id = ?1";
        self.connection
            .prepare_cached(query)
            .and_then(|mut statement| {
                statement
                    .query_row([record.id], PastLogin::from_row)
                    .optional()
            })
            .map_err(|cause| failure(&cause))?
            .transpose()
    }

    /// The newest logins of a certificate that are kept, the newest first, refused ones too.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn logins_of(&self, record: &Record, limit: u32) -> Result<Vec<PastLogin>> {
        let query = "SELECT at, peer, verdict, reason FROM login WHERE certificate_id = ?1 ORDER BY id DESC LIMIT ?2";
        let rows: Vec<_> = self
            .connection
            .prepare_cached(query)
            .and_then(|mut statement| {
                statement
                    .query_map(params![record.id, limit], PastLogin::from_row)?
                    .collect()
            })
            .map_err(|cause| failure(&cause))?;
        rows.into_iter().collect()
    }
}

impl PastLogin {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Result<Self>> {
        let (at, peer, verdict, reason) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(instant(at).map(|at| Self {
            at,
            peer,
            verdict,
            reason,
        }))
    }
}

fn as_instant<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_instant(*at))
}

/// A subject may hold thousands of characters; it is a stranger who chose them.
fn shortened(subject: &str) -> String {
    match subject.char_indices().nth(MAX_SUBJECT) {
        Some((end, _)) => format!("{}…", subject.get(..end).unwrap_or_default()),
        None => subject.to_owned(),
    }
}
