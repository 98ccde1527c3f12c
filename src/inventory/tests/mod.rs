//! What the inventory records and what it refuses.

#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod audit;
mod authorities;
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod changes;
mod copies;
mod crl;
mod import;
mod logins;
mod migrations;
mod plans;
mod revocations;
mod search;
mod settled;
mod standing;
mod standings;

use rusqlite::Connection;

use super::*;
use crate::name::{Device, Name};
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority, years};

fn name(text: &str) -> Result<Name> {
    Name::parse(text)
}

#[test]
fn a_second_valid_certificate_of_a_name_needs_another_device() -> Result<()> {
    let authority = TestAuthority::new()?;
    authority.issue("alice")?;
    let again = authority
        .issue("alice")
        .map(drop)
        .map_err(|error| error.kind());
    assert_eq!(again, Err(ErrorKind::AlreadyExists));
    let phone = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let holder = Holder::client(&name("alice")?, Some(&Device::parse("phone")?));
    authority
        .inventory
        .record(&phone, Profile::Client, Some(&holder), NOW)?;
    Ok(())
}

#[test]
fn a_renewal_may_stand_beside_the_certificate_that_it_renews_and_says_so() -> Result<()> {
    let authority = TestAuthority::new()?;
    let first = authority.issue("alice")?;
    let second = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let holder = Holder {
        supersedes: Some(Superseded {
            record: first.clone(),
            until: Some(NOW + time::Duration::DAY),
        }),
        ..Holder::client(&name("alice")?, None)
    };
    authority
        .inventory
        .record(&second, Profile::Client, Some(&holder), NOW)?;
    let (first, second) = (
        authority.find(&first.certificate)?,
        authority.find(&second)?,
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(
        second.supersedes.as_ref(),
        Some(first.certificate.serial_number())
    );
    assert_eq!(
        first.superseded_by.as_ref(),
        Some(second.certificate.serial_number())
    );
    assert_eq!(first.status(NOW), Status::Valid);
    assert_eq!(first.status(NOW + time::Duration::DAY), Status::Revoked);
    Ok(())
}

#[test]
fn after_a_revocation_the_name_is_free_again() -> Result<()> {
    let authority = TestAuthority::new()?;
    let first = authority.issue("alice")?;
    authority
        .inventory
        .revoke(std::slice::from_ref(&first), ReasonCode::Superseded, NOW)?;
    authority.issue("alice")?;
    Ok(())
}

#[test]
fn a_name_that_differs_by_case_alone_is_refused() -> Result<()> {
    let authority = TestAuthority::new()?;
    authority.issue("Straße")?;
    let refused = authority.issue("STRASSE").map_err(|error| error.kind());
    assert_eq!(refused.map(drop), Err(ErrorKind::AlreadyExists));
    Ok(())
}

#[test]
fn one_serial_number_of_an_issuer_is_recorded_once() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("alice")?;
    let again = authority
        .record(&record.certificate, "bob")
        .map_err(|error| error.kind());
    assert_eq!(again.map(drop), Err(ErrorKind::Inventory));
    Ok(())
}

#[test]
fn a_revocation_stays_as_it_is_but_a_hold_may_become_final() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("alice")?;
    let one = std::slice::from_ref(&record);
    let later = NOW + time::Duration::HOUR;
    authority
        .inventory
        .revoke(one, ReasonCode::CertificateHold, NOW)?;
    authority
        .inventory
        .revoke(one, ReasonCode::KeyCompromise, later)?;
    let refused = authority
        .inventory
        .revoke(one, ReasonCode::Superseded, later);
    assert_eq!(
        refused.map_err(|error| error.kind()),
        Err(ErrorKind::AlreadyExists)
    );
    let revocation = authority
        .find(&record.certificate)?
        .and_then(|record| record.revocation);
    // RFC 5280 §5.3.1 has no other date for it: nobody could log in from the hold on.
    assert_eq!(
        revocation,
        Some(Revocation {
            at: NOW,
            reason: ReasonCode::KeyCompromise
        })
    );
    Ok(())
}

#[test]
fn a_hold_can_be_lifted_and_nothing_else_can() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("alice")?;
    let one = std::slice::from_ref(&record);
    assert!(authority.inventory.unrevoke(&record, NOW).is_err());
    authority
        .inventory
        .revoke(one, ReasonCode::CertificateHold, NOW)?;
    authority.inventory.unrevoke(&record, NOW)?;
    let lifted = authority.find(&record.certificate)?;
    assert!(lifted.is_some_and(|record| record.revocation.is_none()));
    authority
        .inventory
        .revoke(one, ReasonCode::KeyCompromise, NOW)?;
    assert!(authority.inventory.unrevoke(&record, NOW).is_err());
    Ok(())
}

#[test]
fn revoking_several_is_all_or_nothing() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
    authority
        .inventory
        .revoke(std::slice::from_ref(&bob), ReasonCode::Unspecified, NOW)?;
    assert!(
        authority
            .inventory
            .revoke(&[alice.clone(), bob], ReasonCode::Unspecified, NOW)
            .is_err()
    );
    let alice = authority.find(&alice.certificate)?;
    assert!(alice.is_some_and(|alice| alice.revocation.is_none()));
    Ok(())
}

#[test]
fn an_emptied_and_a_foreign_database_are_refused_and_untouched()
-> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let (emptied, foreign) = (
        directory.path().join("emptied"),
        directory.path().join("foreign"),
    );
    std::fs::write(&emptied, b"")?;
    Connection::open(&foreign)?.execute_batch("CREATE TABLE t (x)")?;
    for path in [emptied, foreign] {
        let before = std::fs::read(&path)?;
        let refused = Inventory::open(&path)
            .map(drop)
            .map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::Inventory));
        assert_eq!(std::fs::read(&path)?, before);
    }
    Ok(())
}

#[test]
fn a_newer_database_is_refused_and_untouched() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("pki.db");
    drop(Inventory::create(&path, NOW)?);
    Connection::open(&path)?.pragma_update(None, "user_version", 1_000)?;
    let before = std::fs::read(&path)?;
    let refused = Inventory::open(&path)
        .map(drop)
        .map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::Inventory));
    assert_eq!(std::fs::read(&path)?, before);
    Ok(())
}

#[test]
fn a_lifted_hold_does_not_forget_the_end_of_an_overlap() -> Result<()> {
    let authority = TestAuthority::new()?;
    let first = authority.issue("alice")?;
    let second = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let ends = NOW + time::Duration::DAY;
    let holder = Holder {
        supersedes: Some(Superseded {
            record: first.clone(),
            until: Some(ends),
        }),
        ..Holder::client(&name("alice")?, None)
    };
    let inventory = &authority.inventory;
    inventory.record(&second, Profile::Client, Some(&holder), NOW)?;
    let one = std::slice::from_ref(&first);
    inventory.revoke(one, ReasonCode::CertificateHold, NOW)?;
    inventory.unrevoke(&first, NOW + time::Duration::HOUR)?;
    let revocation = authority
        .find(&first.certificate)?
        .and_then(|record| record.revocation);
    assert_eq!(
        revocation,
        Some(Revocation {
            at: ends,
            reason: ReasonCode::Superseded
        })
    );
    Ok(())
}

#[test]
fn each_change_appends_its_entry_and_a_refused_one_none() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let before = inventory.head()?.id;
    let record = authority.issue("alice")?;
    let one = std::slice::from_ref(&record);
    inventory.revoke(one, ReasonCode::CertificateHold, NOW)?;
    assert!(
        inventory
            .revoke(one, ReasonCode::CertificateHold, NOW)
            .is_err()
    );
    inventory.unrevoke(&record, NOW)?;
    assert!(inventory.unrevoke(&record, NOW).is_err());
    assert_eq!(inventory.head()?.id, before + 3);
    Ok(())
}
