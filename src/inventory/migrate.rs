//! The schema, one migration after the other, counted in `PRAGMA user_version`.

use rusqlite::{Connection, TransactionBehavior};
use time::OffsetDateTime;

use super::{audit, commit, failure};
use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;

/// Append only: a migration that was released is never changed.
const MIGRATIONS: [&str; 8] = [
    include_str!("../../migrations/0001_inventory.sql"),
    include_str!("../../migrations/0002_certificate.sql"),
    include_str!("../../migrations/0003_audit.sql"),
    include_str!("../../migrations/0004_crl.sql"),
    include_str!("../../migrations/0005_login.sql"),
    include_str!("../../migrations/0006_search.sql"),
    include_str!("../../migrations/0007_probe.sql"),
    include_str!("../../migrations/0008_crl_index.sql"),
];
/// The first schema with an audit log.
const AUDITED: u32 = 3;

/// What a file is taken for before it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A file that was just made.
    Empty,
    /// An inventory of this or an earlier schema.
    Inventory,
}

/// Refuses, before anything in it is touched, a database that a newer program has written and one that is no inventory.
pub(super) fn check(connection: &Connection, expected: Expected) -> Result<()> {
    let version = user_version(connection)?;
    if version > newest() {
        return Err(Error::new(
            ErrorKind::Inventory,
            format!(
                "the inventory has schema {version} and this program knows {} at most",
                newest()
            ),
        )
        .with_hint("Use the newer pki that wrote it; nothing was changed."));
    }
    // An emptied file is a database without tables to SQLite: to go on with it would be to forget what was issued.
    if version == 0 && expected == Expected::Inventory {
        return Err(Error::new(
            ErrorKind::Inventory,
            "pki.db is empty or is not an inventory",
        )
        .with_hint("Put back the newest copy of pki.db; nothing was changed."));
    }
    Ok(())
}

/// Applies what is missing, all of it or nothing.
///
/// Foreign keys must not be enforced meanwhile: a table that is made anew is dropped under the name that others refer to.
/// They are checked before the commit.
pub(super) fn migrate(connection: &mut Connection, actor: &str, now: OffsetDateTime) -> Result<()> {
    if user_version(connection)? == newest() {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|cause| failure(&cause))?;
    // Asked again under the lock: another command may have migrated meanwhile.
    let version = user_version(&transaction)?;
    for migration in MIGRATIONS.iter().skip(version as usize) {
        transaction
            .execute_batch(migration)
            .map_err(|cause| failure(&cause))?;
        failpoint::reached("inventory.migrated");
    }
    let dangling = transaction
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut check| check.exists([]))
        .map_err(|cause| failure(&cause))?;
    if dangling {
        return Err(Error::new(
            ErrorKind::Inventory,
            "the inventory refers to rows that it does not hold",
        )
        .with_hint("Put back the newest copy of pki.db; nothing was changed."));
    }
    if version < AUDITED {
        audit::begin(&transaction, actor, version, now).map_err(|cause| failure(&cause))?;
    }
    transaction
        .pragma_update(None, "user_version", newest())
        .and_then(|()| commit(transaction))
        .map_err(|cause| failure(&cause))
}

/// Says whether a database has exactly the tables, indexes and triggers of the schema that it claims.
pub(super) fn has_our_schema(connection: &Connection) -> Result<bool> {
    let version = user_version(connection)?;
    let ours = || {
        let fresh = Connection::open_in_memory()?;
        for migration in MIGRATIONS.iter().take(version as usize) {
            fresh.execute_batch(migration)?;
        }
        Ok(definitions(&fresh)? == definitions(connection)?)
    };
    ours().map_err(|cause: rusqlite::Error| failure(&cause))
}

fn definitions(connection: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    connection
        // ANALYZE makes these two tables; whatever else bears such a name is not SQLite's.
        .prepare(
            "SELECT type, name, sql FROM sqlite_schema
             WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4')) ORDER BY type, name",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

fn user_version(connection: &Connection) -> Result<u32> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|cause| failure(&cause))
}

fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}
