//! Copies of the inventory: of one moment, whole, and compared with what came after.

use rusqlite::Connection;

use super::super::*;
use crate::error::Result;
use crate::testing::{NOW, TestAuthority};

#[test]
fn a_snapshot_knows_what_was_there_when_it_was_taken_and_nothing_later() -> Result<()> {
    let directory = tempfile::tempdir().unwrap();
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let other = Inventory::open(&authority.path())?;
    let snapshot = other.snapshot()?;
    authority.issue("bob")?;
    let revoked = std::slice::from_ref(&alice);
    let inventory = &authority.inventory;
    inventory.revoke(revoked, ReasonCode::KeyCompromise, NOW)?;
    let path = directory.path().join("copy.db");
    snapshot.write(&path)?;
    drop(snapshot);
    let forgotten = inventory.forgotten_by(&path)?;
    let names = |records: &[Record]| records.iter().map(Record::reference).collect::<Vec<_>>();
    assert_eq!(names(&forgotten.certificates), ["bob"]);
    assert_eq!(names(&forgotten.revocations), ["alice"]);
    // The other way round nothing is missing.
    let copy = Inventory::open(&path)?;
    assert!(copy.forgotten_by(&authority.path())?.is_empty());
    Ok(())
}

#[test]
fn a_final_revocation_is_not_replaced_by_a_hold_unnoticed() -> Result<()> {
    let directory = tempfile::tempdir().unwrap();
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let alice = authority.issue("alice")?;
    let alice = std::slice::from_ref(&alice);
    inventory.revoke(alice, ReasonCode::CertificateHold, NOW)?;
    let path = directory.path().join("copy.db");
    inventory.snapshot()?.write(&path)?;
    assert!(inventory.forgotten_by(&path)?.is_empty());
    inventory.revoke(alice, ReasonCode::KeyCompromise, NOW)?;
    assert_eq!(inventory.forgotten_by(&path)?.revocations.len(), 1);
    Ok(())
}

#[test]
fn a_copy_with_another_schema_or_damage_is_refused() -> Result<()> {
    let directory = tempfile::tempdir().unwrap();
    let authority = TestAuthority::new()?;
    let path = directory.path().join("copy.db");
    for change in [
        "DROP TRIGGER audit_update",
        "CREATE TABLE other (x)",
        "CREATE TRIGGER mine AFTER INSERT ON certificate BEGIN DELETE FROM hold; END",
        "PRAGMA foreign_keys = OFF; INSERT INTO hold VALUES (99, 1, 2)",
        "PRAGMA user_version = 4",
        "PRAGMA user_version = 99",
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'certificate_name'",
    ] {
        authority.inventory.snapshot()?.write(&path)?;
        check_copy(&path)?;
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(change).unwrap();
        drop(connection);
        assert!(check_copy(&path).is_err(), "{change}");
        std::fs::remove_file(&path).unwrap();
    }
    Ok(())
}

#[test]
fn nobody_has_a_directory_alone_while_its_inventory_is_open() -> Result<()> {
    let authority = TestAuthority::new()?;
    let path = authority.path();
    let directory = file::directory_of(&path).to_path_buf();
    assert!(file::lock(&directory, file::Wait::No)?.is_none());
    let second = Inventory::open(&path)?;
    drop(second);
    assert!(file::lock(&directory, file::Wait::No)?.is_none());
    Ok(())
}
