//! The schema, one migration after the other, counted in `PRAGMA user_version`.

use rusqlite::{Connection, TransactionBehavior};

use super::failure;
use crate::error::{Error, ErrorKind, Result};

/// Append only: a migration that was released is never changed.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001_inventory.sql")];

/// Refuses a database that a newer program has written, before anything in it is touched.
pub(super) fn refuse_newer(connection: &Connection) -> Result<()> {
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
    Ok(())
}

/// Applies what is missing, all of it or nothing.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
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
    }
    transaction
        .pragma_update(None, "user_version", newest())
        .and_then(|()| transaction.commit())
        .map_err(|cause| failure(&cause))
}

fn user_version(connection: &Connection) -> Result<u32> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|cause| failure(&cause))
}

fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}
