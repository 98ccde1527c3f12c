//! A commit that was written and never told: its command was killed before the header of the wal-index.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::*;
use crate::certificate::Certificate;

/// Records alice by a command that is killed between the sync of its commit and telling the others; returns her certificate.
fn untold(authority: &TestAuthority) -> Result<Certificate> {
    let beside = |ending: &str| PathBuf::from(format!("{}{ending}", authority.path().display()));
    let before = fs::read(beside("-shm")).unwrap();
    let alice = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let holder = Holder::client(&name("alice")?, None);
    let dying = Inventory::open(&authority.path())?;
    dying.record(&alice, Profile::Client, Some(&holder), NOW)?;
    // A killed process closes nothing in good order.
    std::mem::forget(dying);
    let index = File::options().write(true).open(beside("-shm")).unwrap();
    index.write_all_at(&before, 0).unwrap();
    assert!(authority.find(&alice)?.is_none(), "she is not told of");
    Ok(alice)
}

/// What somebody finds who opens the database after all who had it open were killed.
fn after_all_are_gone(authority: &TestAuthority, alice: &Certificate) -> Result<bool> {
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("pki.db");
    for ending in ["", "-wal"] {
        let from = format!("{}{ending}", authority.path().display());
        fs::copy(from, format!("{}{ending}", copy.display())).unwrap();
    }
    let found = Inventory::open(&copy)?.find_by_fingerprint(&alice.fingerprint())?;
    Ok(found.is_some())
}

#[test]
fn what_was_committed_and_never_told_comes_back_unless_it_is_settled_that_it_never_was()
-> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = untold(&authority)?;
    assert!(after_all_are_gone(&authority, &alice)?);

    let authority = TestAuthority::new()?;
    let alice = untold(&authority)?;
    authority.inventory.settle()?;
    assert!(!after_all_are_gone(&authority, &alice)?);
    assert!(authority.find(&alice)?.is_none());
    // And the name is free.
    authority.issue("alice")?;
    Ok(())
}

#[test]
fn settling_changes_nothing_that_is_known() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let head = authority.inventory.head()?;
    authority.inventory.settle()?;
    assert!(authority.find(&alice.certificate)?.is_some());
    assert_eq!(authority.inventory.head()?, head);
    Ok(())
}
