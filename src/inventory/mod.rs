//! What was issued, to whom, until when: the only SQL of the program, and the only owner of transactions.

mod audit;
mod changes;
mod copy;
mod crl;
mod find;
mod forward;
mod import;
mod insert;
mod integrity;
mod list;
mod login;
mod migrate;
mod record;
mod reference;
mod revoke;
mod standings;
mod summary;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use time::OffsetDateTime;

pub use audit::{Action, Entries, Entry, Finding, Findings, Head, Verification};
pub use changes::Changes;
pub use copy::{Forgotten, Snapshot};
pub use crl::{CLOCK_LEEWAY, CrlDue, CrlRecord, NextCrl};
pub use forward::BroughtForward;
pub use import::{Arrival, Fate, Imported, IndexEntry, Past};
pub use insert::{Holder, Superseded};
pub use integrity::{Integrity, check_copy, examine};
pub use list::{Filter, Page};
pub use login::{KEPT, Login, PastLogin};
pub use record::{Hold, Record, Revocation, Standing, Status};
pub use reference::Reference;
pub use revoke::ReasonCode;
pub use standings::{News, Standings};
pub use summary::{SubjectAltNameSummary, Summary};

use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;
use crate::file::{self, Access};

/// How long a command waits for another that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

/// How many pages of 4 KiB may stand in the write-ahead log while many certificates are recorded.
const MANY_PAGES: u32 = 16_384;

/// The SQLite database `pki.db`: public facts only.
#[derive(Debug)]
pub struct Inventory {
    connection: Connection,
    /// Who acts, as the audit log tells it.
    actor: String,
    /// The lock on the directory of the database: nobody replaces it while somebody has it open.
    _directory: File,
}

/// What was decided when the CA was made and holds for everything that it issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The organization in every subject.
    Organization,
    /// The URL beneath which CRLs, OCSP and CA certificates are published.
    BaseUrl,
}

impl Inventory {
    /// Makes a new, empty inventory in a file that is not there yet; its audit log begins at `now`.
    ///
    /// # Errors
    /// Says why the file could not be made.
    pub fn create(path: &Path, now: OffsetDateTime) -> Result<Self> {
        file::write_synced(path, path, b"", Access::Private)?;
        let directory = file::share(file::directory_of(path))?;
        Self::connect(path, migrate::Expected::Empty, directory, now)
    }

    /// Opens the inventory and brings an older schema up to date.
    ///
    /// # Errors
    /// Refuses a database that is newer than this program, damaged, or not an inventory; it is left untouched.
    pub fn open(path: &Path) -> Result<Self> {
        let directory = file::share(file::directory_of(path))?;
        Self::open_locked(path, directory)
    }

    /// Opens the inventory of a directory that is locked already, as by somebody who wants it for himself alone.
    ///
    /// # Errors
    /// As [`Inventory::open`].
    pub fn open_locked(path: &Path, directory: File) -> Result<Self> {
        // An older schema is brought up to date now, whatever moment the command speaks of.
        let now = OffsetDateTime::now_utc();
        Self::connect(path, migrate::Expected::Inventory, directory, now).map_err(|cause| {
            // SQLite writes beside what it only reads, and says of a disk where it cannot no more than that it could not.
            match file::hindrance(path) {
                Some((fact, hint)) if cause.kind() == ErrorKind::Inventory => {
                    // Whatever else is wrong with it is told too.
                    let fact = format!("{}, and {fact}", cause.message());
                    Error::new(ErrorKind::Inventory, fact).with_hint(hint)
                }
                _ => cause,
            }
        })
    }

    fn connect(
        path: &Path,
        expected: migrate::Expected,
        directory: File,
        now: OffsetDateTime,
    ) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|cause| failure(&cause))?;
        connection
            .busy_timeout(BUSY_TIMEOUT)
            .map_err(|cause| failure(&cause))?;
        let actor = audit::current_actor();
        let mut inventory = Self {
            connection,
            actor,
            _directory: directory,
        };
        migrate::check(&inventory.connection, expected)?;
        inventory
            .connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = OFF;
                 PRAGMA trusted_schema = OFF;",
            )
            .map_err(|cause| failure(&cause))?;
        migrate::migrate(&mut inventory.connection, &inventory.actor, now)?;
        inventory
            .connection
            .execute_batch("PRAGMA foreign_keys = ON;")
            .map_err(|cause| failure(&cause))?;
        Ok(inventory)
    }

    /// Reads a setting.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn setting(&self, setting: Setting) -> Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT value FROM setting WHERE name = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row(params![setting.as_str()], |row| row.get(0))
                    .optional()
            })
            .map_err(|cause| failure(&cause))
    }

    /// Writes a setting.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn set(&self, setting: Setting, value: &str, now: OffsetDateTime) -> Result<()> {
        let transaction = self.begin()?;
        let written = transaction.execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![setting.as_str(), value],
        );
        let detail = serde_json::json!({"name": setting.as_str(), "value": value});
        written
            .and_then(|_| self.append(&transaction, Action::Set, &detail, now))
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))
    }

    /// Begins a transaction that writes; it waits for other writers first, so that it cannot fail halfway for one.
    fn begin(&self) -> Result<Transaction<'_>> {
        Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
            .map_err(|cause| failure(&cause))
    }

    /// Makes sure that what is not known now never will be.
    ///
    /// SQLite tells other processes of a commit once it is written and synced. Of a command that is killed in between, nobody knows
    /// who has the database open, and everybody who opens it after the last of them was killed too. A commit of our own takes the
    /// place of that one.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn settle(&self) -> Result<()> {
        let transaction = self.begin()?;
        let version: u32 = transaction
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(|cause| failure(&cause))?;
        // The same value as before, written anew.
        transaction
            .pragma_update(None, "user_version", version)
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))
    }

    /// Lets much be written before it is moved into the database file, so that a page which many certificates change is moved once.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn expect_many(&self) -> Result<()> {
        self.connection
            .pragma_update(None, "wal_autocheckpoint", MANY_PAGES)
            .map_err(|cause| failure(&cause))
    }

    /// Moves everything that was committed into the database file itself, so that the file alone is complete.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn checkpoint(&self) -> Result<()> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|cause| failure(&cause))?;
        failpoint::reached("inventory.checkpointed");
        Ok(())
    }
}

/// Makes a transaction last: from here on everybody knows of it, whatever happens to the machine.
fn commit(transaction: Transaction<'_>) -> rusqlite::Result<()> {
    failpoint::reached("inventory.written");
    transaction.commit()?;
    failpoint::reached("inventory.committed");
    Ok(())
}

impl Setting {
    fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::BaseUrl => "base_url",
        }
    }
}

/// Says what the database refused, in words for the operator.
fn failure(cause: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    let refuse = |fact: &str, hint: &str| Error::new(ErrorKind::Inventory, fact).with_hint(hint);
    match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => refuse(
            "the inventory pki.db is damaged or is not a database",
            "Put back the newest copy of pki.db; the certificates that were handed out stay good.",
        ),
        Some(ErrorCode::DiskFull) => refuse(
            "the inventory could not be written: the disk is full",
            "Make room on the disk and run the command again.",
        ),
        Some(ErrorCode::CannotOpen) => refuse(
            "the inventory pki.db cannot be opened",
            "Check that the directory is the CA's and that you may read and write it.",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => refuse(
            "the inventory pki.db cannot be written",
            "Run as the user who owns it, on a disk that can be written.",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => refuse(
            "the inventory is in use by another command that does not finish",
            "Look for a pki process that hangs, then run the command again.",
        ),
        Some(ErrorCode::SystemIoFailure) => refuse(
            &format!("the inventory could not be read or written: {cause}"),
            "Check the disk, then run the command again.",
        ),
        _ => refuse(
            &format!("the inventory refused: {cause}"),
            "Nothing was changed; pki.db may have been altered by another program.",
        ),
    }
}
