//! Inventories of every earlier schema, as the versions that wrote them left them, are brought up to date.

use rusqlite::Connection;
use tempfile::TempDir;

use super::super::*;
use crate::error::Result;
use crate::testing::NOW;

const SCHEMA_1: &str = include_str!("../../../tests/fixtures/schema-1.sql");

fn opened(schema: &str) -> Result<(TempDir, Inventory)> {
    let failed = |cause: &dyn std::fmt::Display| Error::new(ErrorKind::File, cause.to_string());
    let directory = tempfile::tempdir().map_err(|cause| failed(&cause))?;
    let path = directory.path().join("pki.db");
    Connection::open(&path)
        .and_then(|connection| connection.execute_batch(schema))
        .map_err(|cause| failed(&cause))?;
    let inventory = Inventory::open(&path)?;
    Ok((directory, inventory))
}

#[test]
fn nothing_that_schema_1_knew_is_forgotten() -> Result<()> {
    let (_directory, inventory) = opened(SCHEMA_1)?;
    let filter = Filter {
        limit: 100,
        ..Filter::default()
    };
    let later = NOW + time::Duration::days(300);
    let records = inventory.list(&filter, later)?.records;
    let stands = records
        .iter()
        .map(|record| {
            let reason = record.revocation.map(|it| it.reason.as_str());
            (record.reference(), record.status(later), reason)
        })
        .collect::<Vec<_>>();
    let clients = stands
        .iter()
        .map(|(reference, status, reason)| (reference.as_str(), *status, *reason));
    assert_eq!(
        clients.take(7).collect::<Vec<_>>(),
        [
            ("dora", Status::Valid, None),
            ("www.example.org", Status::Valid, None),
            ("alice/phone", Status::Valid, None),
            ("dora", Status::Revoked, Some("superseded")),
            ("carol", Status::Revoked, Some("certificateHold")),
            ("bob", Status::Revoked, Some("keyCompromise")),
            ("alice", Status::Valid, None),
        ]
    );
    assert_eq!(records.len(), 9);
    assert_eq!(
        inventory.setting(Setting::Organization)?.as_deref(),
        Some("Fixture Ltd")
    );
    Ok(())
}

#[test]
fn an_inventory_older_than_the_audit_log_begins_one() -> Result<()> {
    let (_directory, inventory) = opened(SCHEMA_1)?;
    let entries = inventory.entries(None, None, 100)?.entries;
    let words = entries.iter().map(|entry| {
        let name = entry.detail.get("name").and_then(|name| name.as_str());
        (entry.action.as_str(), name)
    });
    // What was revoked before stands in the log from its beginning.
    assert_eq!(
        words.collect::<Vec<_>>(),
        [
            ("revoke", Some("dora")),
            ("revoke", Some("carol")),
            ("revoke", Some("bob")),
            ("begin", None),
        ]
    );
    let verification = inventory.verify_audit()?;
    assert_eq!(verification.entries, 4);
    assert!(verification.is_sound(), "{verification:?}");
    Ok(())
}

#[test]
fn a_hold_from_before_the_migration_can_be_lifted() -> Result<()> {
    let (_directory, inventory) = opened(SCHEMA_1)?;
    let carol = inventory.resolve(&Reference::parse("carol")?, NOW)?;
    inventory.unrevoke(&carol, NOW + time::Duration::days(300))?;
    let carol = inventory.resolve(&Reference::parse("carol")?, NOW)?;
    assert_eq!(carol.revocation, None);
    Ok(())
}

#[test]
fn an_inventory_that_refers_to_rows_it_lost_is_refused() -> Result<()> {
    let lost = format!(
        "{SCHEMA_1}\nPRAGMA foreign_keys = OFF;\nDELETE FROM certificate WHERE profile = 'server';"
    );
    let refused = opened(&lost).map(drop).map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::Inventory));
    Ok(())
}
