//! Reading the log: a page of entries, or the history of one certificate.

use rusqlite::{Row, params};
use serde_json::Value;
use time::OffsetDateTime;

use super::super::{Inventory, Record, failure};
use super::{link, moment};
use crate::error::{Error, ErrorKind, Result};

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number, without a gap from 1 on.
    pub id: i64,
    /// When it was done.
    pub at: OffsetDateTime,
    /// By whom.
    pub actor: String,
    /// What was done, as [`Action`](super::Action) names it.
    pub action: String,
    /// With what.
    pub detail: Value,
    /// What binds it to everything before it.
    pub hash: [u8; 32],
}

/// One page of the log.
#[derive(Debug)]
pub struct Entries {
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// What `after` must be for the next page; nothing where this one is the last.
    pub next_cursor: Option<String>,
}

/// An entry as the table holds it, which is what its hash covers.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) at: i64,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) detail: String,
    pub(super) hash: [u8; 32],
}

/// The columns of [`Stored::from_row`], in its order.
pub(super) const COLUMNS: &str = "id, at, actor, action, detail, hash";

/// The entries of one certificate, in the words of the index `audit_certificate`: SQLite does not use it for others.
pub(in crate::inventory) const HISTORY: &str = "WHERE action IN ('issue', 'import', 'revoke', 'unrevoke')
     AND substr(iif(json_valid(detail), json_extract(detail, '$.fingerprint_sha256'), NULL), 1, 16) = ?1
     ORDER BY id";

impl Inventory {
    /// Reads a page of the log, newest first; `since` leaves out what stands before the last entry that is older.
    ///
    /// # Errors
    /// Refuses a cursor that no page gave.
    pub fn entries(
        &self,
        since: Option<OffsetDateTime>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Entries> {
        let before = match after {
            None => i64::MAX,
            Some(cursor) => cursor.parse().map_err(|_| {
                Error::new(
                    ErrorKind::InvalidInput,
                    "the cursor is not one that a page gave",
                )
                .with_hint("Give next_cursor of the page before to --after.")
            })?,
        };
        let since = since.map(OffsetDateTime::unix_timestamp);
        let limit = limit.max(1);
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut entries = self.stored(
            "WHERE id < ?1
               AND id > iif(?2 IS NULL, 0, coalesce((SELECT id FROM audit WHERE at < ?2 ORDER BY id DESC LIMIT 1), 0))
             ORDER BY id DESC LIMIT ?3",
            params![before, since, most],
        )?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next_cursor = entries
            .last()
            .filter(|_| more)
            .map(|entry| entry.id.to_string());
        Ok(Entries {
            entries: entries.into_iter().map(Entry::from).collect(),
            next_cursor,
        })
    }

    /// What the log tells of one certificate, oldest first; nothing of what was done before the log began.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn history(&self, record: &Record) -> Result<Vec<Entry>> {
        let fingerprint = record.certificate.fingerprint().to_string();
        let beginning: String = fingerprint.chars().take(16).collect();
        let found = self.stored(HISTORY, [beginning])?;
        let of_this = |entry: &Entry| {
            let told = entry.detail.get("fingerprint_sha256");
            told.is_some_and(|told| *told == *fingerprint)
        };
        Ok(found.into_iter().map(Entry::from).filter(of_this).collect())
    }

    fn stored(&self, rest: &str, parameters: impl rusqlite::Params) -> Result<Vec<Stored>> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM audit {rest}"))
            .and_then(|mut statement| statement.query_map(parameters, Stored::from_row)?.collect())
            .map_err(|cause| failure(&cause))
    }
}

impl Stored {
    /// A text that is not UTF-8 was put there by somebody else; it is read all the same, so that the hash can tell.
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let text = |column: usize| -> rusqlite::Result<String> {
            Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes()?).into_owned())
        };
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            actor: text(2)?,
            action: text(3)?,
            detail: text(4)?,
            hash: row.get(5)?,
        })
    }

    /// Says whether the entry's hash is the one that it has under this number and behind this hash.
    pub(super) fn follows(&self, before: &[u8; 32], id: i64) -> bool {
        self.link_as(before, id) == self.hash
    }

    /// The hash that the entry should have behind this one.
    pub(super) fn link(&self, before: &[u8; 32]) -> [u8; 32] {
        self.link_as(before, self.id)
    }

    fn link_as(&self, before: &[u8; 32], id: i64) -> [u8; 32] {
        link(
            before,
            id,
            self.at,
            [&self.actor, &self.action, &self.detail],
        )
    }
}

impl From<Stored> for Entry {
    fn from(stored: Stored) -> Self {
        let Stored {
            id,
            at,
            actor,
            action,
            detail,
            hash,
        } = stored;
        Self {
            id,
            at: moment(at),
            actor,
            action,
            detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
            hash,
        }
    }
}
