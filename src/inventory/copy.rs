//! Copies of the whole inventory: taken while it is in use, checked before it is believed, compared with another.

use std::fs::File;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::{CrlRecord, Inventory, Record, check_copy, failure};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;
use crate::file::{self, Access};

/// The inventory as it stood when this was taken, whatever is committed since; what the inventory reads meanwhile is of
/// the same moment.
pub struct Snapshot<'a> {
    connection: &'a Connection,
    _transaction: Transaction<'a>,
}

/// What one inventory knows and another does not.
#[derive(Debug, Default)]
pub struct Forgotten {
    /// Certificates that the other one never heard of.
    pub certificates: Vec<Record>,
    /// Certificates that both know and that only this one knows to be revoked, or for which reason.
    pub revocations: Vec<Record>,
    /// How many serial numbers of an imported CA are revoked here alone.
    pub serial_numbers: i64,
    /// The newest CRL of each CA here: what follows in the other inventory must have a greater number.
    pub crls: Vec<(Certificate, CrlRecord)>,
}

impl Forgotten {
    /// Says whether the other inventory knows everything that this one does.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.revocations.is_empty() && self.serial_numbers == 0
    }
}

impl Inventory {
    /// Keeps the present moment in view.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn snapshot(&self) -> Result<Snapshot<'_>> {
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)
                .map_err(|cause| failure(&cause))?;
        // A deferred transaction begins with its first look.
        transaction
            .query_row("SELECT count(*) FROM setting", [], |_| Ok(()))
            .map_err(|cause| failure(&cause))?;
        Ok(Snapshot {
            connection: &self.connection,
            _transaction: transaction,
        })
    }

    /// What this inventory knows and the one in the file `other` does not.
    ///
    /// # Errors
    /// Fails when either database does.
    pub fn forgotten_by(&self, other: &Path) -> Result<Forgotten> {
        let path = other.to_str().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not UTF-8", other.display()),
            )
        })?;
        self.connection
            .execute("ATTACH DATABASE ?1 AS other", params![path])
            .map_err(|cause| failure(&cause))?;
        let forgotten = self.forgotten_by_attached();
        self.connection
            .execute("DETACH DATABASE other", [])
            .map_err(|cause| failure(&cause))?;
        forgotten
    }

    fn forgotten_by_attached(&self) -> Result<Forgotten> {
        let serial_numbers = self
            .connection
            .query_row(
                "SELECT count(*) FROM revoked_serial_number AS r WHERE NOT EXISTS (
                     SELECT 1 FROM other.revoked_serial_number AS o
                     WHERE o.issuer = r.issuer AND o.serial_number = r.serial_number)",
                [],
                |row| row.get(0),
            )
            .map_err(|cause| failure(&cause))?;
        let mut crls = Vec::new();
        for record in self.authorities()? {
            let newest = self.newest_crl(&record.certificate)?;
            crls.extend(newest.map(|crl| (record.certificate, crl)));
        }
        Ok(Forgotten {
            crls,
            certificates: self.select(
                // A responder's certificate lives for days and is never revoked (RFC 6960 §4.2.2.2.1): nobody misses it.
                "WHERE c.profile <> 'ocsp-responder' AND NOT EXISTS (
                     SELECT 1 FROM other.certificate AS o WHERE o.fingerprint_sha256 = c.fingerprint_sha256)
                 ORDER BY c.id DESC",
                [],
            )?,
            revocations: self.select(
                "JOIN other.certificate AS o ON o.fingerprint_sha256 = c.fingerprint_sha256
                 WHERE c.revoked_at IS NOT NULL
                   AND (o.revoked_at IS NULL OR o.revoked_at > c.revoked_at OR o.reason_code <> c.reason_code)
                 ORDER BY c.id DESC",
                [],
            )?,
            serial_numbers,
        })
    }
}

impl Snapshot<'_> {
    /// Writes the snapshot into a new file that is complete by itself, and checks what was written.
    ///
    /// # Errors
    /// Says why the file could not be made, or that what was read is damaged.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::write_synced(path, path, b"", Access::Private)?;
        let copied = self.copy(path);
        copied.map_err(|cause| failure(&cause))?;
        failpoint::reached("inventory.copied");
        check_copy(path)?;
        File::open(path)
            .and_then(|opened| opened.sync_all())
            .map_err(|cause| file::failure("sync", path, &cause))
    }

    fn copy(&self, path: &Path) -> rusqlite::Result<()> {
        let mut copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let backup = Backup::new(self.connection, &mut copy)?;
        // All pages in one step: what this connection reads is of one moment, and nobody waits for it.
        while backup.step(-1)? != StepResult::Done {}
        drop(backup);
        // A file that is one of three would have to be kept together with the others.
        copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
    }
}
