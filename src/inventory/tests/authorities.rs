//! Which CA issues, and what stands above it.

use crate::error::Result;
use crate::inventory::Inventory;
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority};

#[test]
fn the_newest_issuing_ca_issues_and_the_root_stands_above_it() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (root, issuing) = (
        authority.root.certificate(),
        authority.issuing.certificate(),
    );
    let found = authority.inventory.issuing_authority()?;
    assert_eq!(
        found.map(|record| record.certificate).as_ref(),
        Some(issuing)
    );
    let alice = authority.issue("alice")?.certificate;
    assert_eq!(
        authority.inventory.chain_above(&alice)?,
        [issuing.clone(), root.clone()]
    );
    assert!(authority.inventory.chain_above(root)?.is_empty());
    Ok(())
}

#[test]
fn a_root_without_an_issuing_ca_beneath_it_issues_itself() -> Result<()> {
    let elsewhere = TestAuthority::new()?;
    let directory = tempfile::tempdir().unwrap();
    let inventory = Inventory::create(&directory.path().join("pki.db"), NOW)?;
    assert!(inventory.issuing_authority()?.is_none());
    let root = elsewhere.root.certificate();
    inventory.record(root, Profile::Root, None, NOW)?;
    let found = inventory.issuing_authority()?;
    assert_eq!(found.map(|record| record.certificate).as_ref(), Some(root));
    let issuing = elsewhere.issuing.certificate();
    assert_eq!(inventory.chain_above(issuing)?, std::slice::from_ref(root));
    Ok(())
}

#[test]
fn a_ca_of_the_same_name_with_another_key_stands_above_nothing() -> Result<()> {
    let (ours, theirs) = (TestAuthority::new()?, TestAuthority::new()?);
    let alice = theirs.issue("alice")?.certificate;
    assert!(ours.inventory.chain_above(&alice)?.is_empty());
    Ok(())
}
