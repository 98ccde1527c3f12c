//! The audit log: what was done, when and by whom, each entry bound to the one before by a hash.
//!
//! What changes the inventory appends its entry in the same transaction, so that neither is there without the other. The
//! detail of each entry about a certificate holds its whole state after the change: whoever reads the log from its
//! beginning knows how every certificate must stand. docs/audit.md says what that proves.

mod actor;
mod chain;
mod entry;
mod replay;
mod serial_numbers;
mod verify;

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub(super) use actor::current as current_actor;
#[cfg(test)]
pub(super) use entry::HISTORY;
pub use entry::{Entries, Entry};
pub(super) use verify::MAX_TOLD;
pub use verify::{Finding, Findings, Verification};

use super::record::instant;
use super::{Inventory, ReasonCode, commit, failure};
use crate::certificate::{Certificate, Fingerprint};
use crate::error::Result;
use crate::serial::SerialNumber;
use crate::validity::format_instant;

/// What an entry of the audit log tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The log began, in a new inventory or in one that was older than the log.
    Begin,
    /// A certificate was recorded.
    Issue,
    /// A certificate of an imported CA was recorded.
    Import,
    /// A certificate counts as revoked from a moment on.
    Revoke,
    /// A hold was lifted.
    Unrevoke,
    /// A CRL was signed.
    Crl,
    /// A setting was written.
    Set,
    /// The CA's keys were encrypted anew.
    Passphrase,
    /// The root's key was taken off this machine.
    DetachRoot,
    /// The root's key was put back.
    AttachRoot,
    /// A backup was written.
    Backup,
    /// A backup was restored.
    Restore,
    /// The copy of a bundle was removed from `clients/`.
    Forget,
}

/// The last entry of the log: its number, its time and its hash, which covers everything before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The entry's number; 0 before the first.
    pub id: i64,
    /// The entry's time; the beginning of 1970 before the first.
    pub at: OffsetDateTime,
    /// The entry's hash; zeros before the first.
    pub hash: [u8; 32],
}

impl Action {
    /// Every action with its word.
    const TABLE: [(Self, &'static str); 13] = [
        (Self::Begin, "begin"),
        (Self::Issue, "issue"),
        (Self::Import, "import"),
        (Self::Revoke, "revoke"),
        (Self::Unrevoke, "unrevoke"),
        (Self::Crl, "crl"),
        (Self::Set, "set"),
        (Self::Passphrase, "passphrase"),
        (Self::DetachRoot, "detach-root"),
        (Self::AttachRoot, "attach-root"),
        (Self::Backup, "backup"),
        (Self::Restore, "restore"),
        (Self::Forget, "forget"),
    ];

    /// The action's word in the log.
    pub fn as_str(self) -> &'static str {
        let found = Self::TABLE.iter().find(|(action, _)| *action == self);
        found.map_or("", |(_, word)| word)
    }

    /// The action of a word, where it is one that tells of certificates.
    fn of_certificates(word: &str) -> Option<Self> {
        let of_certificates = [
            Self::Begin,
            Self::Issue,
            Self::Import,
            Self::Revoke,
            Self::Unrevoke,
        ];
        let mut actions = of_certificates.into_iter();
        actions.find(|action| action.as_str() == word)
    }
}

/// The last entry that tells where the key of a CA (?1) lies.
const LAST_OF_KEY: &str = "
    SELECT action FROM audit
    WHERE action IN ('issue', 'import', 'detach-root', 'attach-root')
      AND iif(json_valid(detail), detail ->> 'fingerprint_sha256', NULL) = ?1
    ORDER BY id DESC LIMIT 1";

impl Head {
    const NONE: Self = Self {
        id: 0,
        at: OffsetDateTime::UNIX_EPOCH,
        hash: [0; 32],
    };
}

impl Inventory {
    /// Notes something that was done and changed nothing in the inventory.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn note(&self, action: Action, detail: &Value, now: OffsetDateTime) -> Result<()> {
        let transaction = self.begin()?;
        self.append(&transaction, action, detail, now)
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))
    }

    /// Notes something that was done, unless an entry of this action stands behind the entry `after` already: whoever
    /// finishes the work of a killed command cannot know whether that still wrote it.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn note_once(
        &self,
        action: Action,
        detail: &Value,
        after: i64,
        now: OffsetDateTime,
    ) -> Result<()> {
        let transaction = self.begin()?;
        let noted = transaction
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM audit WHERE id > ?1 AND action = ?2)")
            .and_then(|mut statement| {
                statement.query_row(params![after, action.as_str()], |row| row.get(0))
            })
            .map_err(|cause| failure(&cause))?;
        if noted {
            return Ok(());
        }
        self.append(&transaction, action, detail, now)
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))
    }

    /// The last entry of the log.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn head(&self) -> Result<Head> {
        head(&self.connection).map_err(|cause| failure(&cause))
    }

    /// Whether the key of a CA lay here and was not taken away: it was made here, put back or signed a CRL, and was
    /// not detached since. Of a CA that is older than the log nothing is known.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn key_was_left_here(&self, authority: &Certificate) -> Result<bool> {
        let last: Option<String> = self
            .connection
            .prepare(LAST_OF_KEY)
            .and_then(|mut statement| {
                let fingerprint = authority.fingerprint().to_string();
                statement
                    .query_row([fingerprint], |row| row.get(0))
                    .optional()
            })
            .map_err(|cause| failure(&cause))?;
        let is = |action: Action| last.as_deref() == Some(action.as_str());
        if is(Action::Import) {
            return self.has_signed_a_crl(authority);
        }
        Ok(is(Action::Issue) || is(Action::AttachRoot))
    }

    /// Appends an entry, in the transaction of what it tells of.
    pub(super) fn append(
        &self,
        connection: &Connection,
        action: Action,
        detail: &Value,
        now: OffsetDateTime,
    ) -> rusqlite::Result<()> {
        append(connection, &self.actor, action, detail, now)
    }
}

/// Begins the log of an inventory that has none: with how many certificates and which, then how each that is revoked stands.
pub(super) fn begin(
    connection: &Connection,
    actor: &str,
    earlier_schema: u32,
    now: OffsetDateTime,
) -> rusqlite::Result<()> {
    let fingerprints = |condition: &str| -> rusqlite::Result<Vec<Fingerprint>> {
        connection
            .prepare(&format!(
                "SELECT fingerprint_sha256 FROM certificate WHERE {condition} ORDER BY id"
            ))?
            .query_map([], |row| row.get(0).map(Fingerprint))?
            .collect()
    };
    let certificates = fingerprints("TRUE")?;
    let detail = json!({
        "earlier_schema": earlier_schema,
        "certificates": certificates.len(),
        "certificates_sha256": replay::digest_of(certificates),
    });
    append(connection, actor, Action::Begin, &detail, now)?;
    for fingerprint in fingerprints("revoked_at IS NOT NULL OR superseded_at IS NOT NULL")? {
        let detail = state(connection, &fingerprint)?;
        append(connection, actor, Action::Revoke, &detail, now)?;
    }
    Ok(())
}

/// How a certificate stands now, as the detail of the entry that tells of the change.
pub(super) fn state(connection: &Connection, fingerprint: &Fingerprint) -> rusqlite::Result<Value> {
    let moment = |seconds: Option<i64>| seconds.and_then(|it| instant(it).ok()).map(format_instant);
    connection
        .prepare_cached(
            "SELECT serial_number, name, device, revoked_at, reason_code, superseded_at
             FROM certificate WHERE fingerprint_sha256 = ?1",
        )?
        .query_row([fingerprint.0], |row| {
            let serial_number = SerialNumber::from_octets(&row.get::<_, Vec<u8>>(0)?);
            let reason = row.get::<_, Option<u8>>(4)?.map(ReasonCode::from_code);
            Ok(json!({
                "serial_number": serial_number.to_string(),
                "fingerprint_sha256": fingerprint.to_string(),
                "name": row.get::<_, Option<String>>(1)?,
                "device": row.get::<_, Option<String>>(2)?,
                "revoked_at": moment(row.get(3)?),
                "reason_code": reason.and_then(Result::ok).map(ReasonCode::as_str),
                "superseded_at": moment(row.get(5)?),
            }))
        })
}

fn append(
    connection: &Connection,
    actor: &str,
    action: Action,
    detail: &Value,
    now: OffsetDateTime,
) -> rusqlite::Result<()> {
    let before = head(connection)?;
    // A number that leaves none behind it was forged by somebody.
    let next = before.id.checked_add(1).ok_or_else(|| {
        let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        rusqlite::Error::SqliteFailure(corrupt, None)
    })?;
    let (id, at, action, detail) = (
        next,
        now.unix_timestamp(),
        action.as_str(),
        detail.to_string(),
    );
    let hash = link(&before.hash, id, at, [actor, action, &detail]);
    connection
        .prepare_cached(
            "INSERT INTO audit (id, at, actor, action, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id, at, actor, action, detail, hash])
        .map(drop)
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let found = connection
        .prepare_cached("SELECT id, at, hash FROM audit ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| {
            Ok(Head {
                id: row.get(0)?,
                at: moment(row.get(1)?),
                hash: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or(Head::NONE))
}

/// An entry's time. One that is out of range was changed by somebody, and the verification says so.
fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The hash of an entry: SHA-256 over the hash before it (32 octets), the number and the time (8 octets each, big-endian),
/// then actor, action and detail, each behind its length in octets (4 octets, big-endian).
fn link(before: &[u8; 32], id: i64, at: i64, texts: [&str; 3]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(before);
    context.update(&id.to_be_bytes());
    context.update(&at.to_be_bytes());
    for text in texts {
        // SQLite keeps no text of 4 GiB.
        context.update(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        context.update(text.as_bytes());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
