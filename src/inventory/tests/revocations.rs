//! What happens between the look at a certificate and the change, and by clocks that differ.

use super::super::*;
use crate::error::{ErrorKind, Result};
use crate::name::Name;
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority, years};

/// A renewal of a certificate that ends it at a moment.
fn renewal(old: &Record, until: OffsetDateTime) -> Result<Holder> {
    let name = Name::parse(&old.reference())?;
    Ok(Holder {
        supersedes: Some(Superseded {
            record: old.clone(),
            until: Some(until),
        }),
        ..Holder::client(&name, None)
    })
}

#[test]
fn a_hold_is_not_lifted_where_another_certificate_has_taken_its_place() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let first = authority.issue("alice")?;
    let one = std::slice::from_ref(&first);
    inventory.revoke(one, ReasonCode::CertificateHold, NOW)?;
    let second = authority.issue("alice")?;
    let refused = inventory
        .unrevoke(&first, NOW)
        .map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::AlreadyExists));
    inventory.revoke(&[second], ReasonCode::Superseded, NOW)?;
    inventory.unrevoke(&first, NOW)
}

#[test]
fn what_was_revoked_meanwhile_is_not_renewed() -> Result<()> {
    // Making the key takes a while: the clock of who revokes is looked at later than that of who renews.
    let meanwhile = NOW + time::Duration::SECOND;
    for (at, reason) in [
        (NOW, ReasonCode::KeyCompromise),
        (meanwhile, ReasonCode::KeyCompromise),
        (meanwhile, ReasonCode::CertificateHold),
    ] {
        let authority = TestAuthority::new()?;
        let inventory = &authority.inventory;
        let first = authority.issue("alice")?;
        let second = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
        let holder = renewal(&first, NOW + time::Duration::DAY)?;
        inventory.revoke(&[first], reason, at)?;
        let refused = inventory.record(&second, Profile::Client, Some(&holder), NOW);
        let refused = refused.map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::NotPermitted), "{at} {reason}");
        assert!(authority.find(&second)?.is_none());
    }
    Ok(())
}

#[test]
fn a_renewed_certificate_may_be_renewed_again_and_revoked_before_its_overlap_ends() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let first = authority.issue("alice")?;
    let until = NOW + time::Duration::DAY;
    let second = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let holder = renewal(&first, until)?;
    inventory.record(&second, Profile::Client, Some(&holder), NOW)?;
    let second = authority.find(&second)?.unwrap();
    inventory.revoke(std::slice::from_ref(&first), ReasonCode::KeyCompromise, NOW)?;
    let stands = authority.find(&first.certificate)?.unwrap().revocation;
    let revocation = Revocation {
        at: NOW,
        reason: ReasonCode::KeyCompromise,
    };
    assert_eq!(stands, Some(revocation));
    let third = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let holder = renewal(&second, until)?;
    inventory.record(&third, Profile::Client, Some(&holder), NOW)
}

#[test]
fn a_revocation_by_a_command_that_looked_at_the_clock_later_stays_as_it_is() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let alice = authority.issue("alice")?;
    let one = std::slice::from_ref(&alice);
    let later = NOW + time::Duration::SECOND;
    inventory.revoke(one, ReasonCode::KeyCompromise, later)?;
    for reason in [ReasonCode::CertificateHold, ReasonCode::Superseded] {
        let refused = inventory.revoke(one, reason, NOW);
        let refused = refused.map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::AlreadyExists));
    }
    assert!(inventory.unrevoke(&alice, later).is_err());
    Ok(())
}

#[test]
fn a_hold_that_a_clock_ahead_put_and_lifted_or_put_again_is_brought_forward_once() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
    let hold = |record: &Record, now| {
        inventory.revoke(
            std::slice::from_ref(record),
            ReasonCode::CertificateHold,
            now,
        )
    };
    let day = |number| NOW + time::Duration::days(number);
    hold(&alice, day(60))?;
    inventory.unrevoke(&alice, day(61))?;
    hold(&bob, day(1))?;
    inventory.unrevoke(&bob, day(60))?;
    hold(&bob, day(61))?;
    let mut brought = Vec::new();
    while let Some(more) = Some(inventory.bring_forward(|| day(2))?).filter(|it| !it.is_empty()) {
        brought.extend(more.iter().map(BroughtForward::sentence));
        assert!(brought.len() < 9, "{brought:?}");
    }
    assert_eq!(brought.len(), 3, "{brought:?}");
    let status = |record: &Record, now| -> Result<_> {
        let record = authority.find(&record.certificate)?;
        Ok(record.map(|record| record.status(now)))
    };
    assert_eq!(status(&alice, day(3))?, Some(Status::Valid));
    assert_eq!(status(&bob, day(3))?, Some(Status::Revoked));
    assert!(inventory.verify_audit()?.is_sound());
    inventory.unrevoke(&authority.find(&bob.certificate)?.unwrap(), day(3))?;
    assert_eq!(status(&bob, day(3))?, Some(Status::Valid));
    assert!(inventory.verify_audit()?.is_sound());
    Ok(())
}

#[test]
fn a_hold_that_a_clock_ahead_lifted_counts_as_lifted_once_it_is_brought_forward() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let alice = authority.issue("alice")?;
    let one = std::slice::from_ref(&alice);
    let hour = |number| NOW + time::Duration::hours(number);
    inventory.revoke(one, ReasonCode::CertificateHold, hour(1))?;
    inventory.unrevoke(&alice, hour(9000))?;
    let status = |now| -> Result<_> {
        let record = authority.find(&alice.certificate)?;
        Ok(record.map(|record| record.status(now)))
    };
    assert_eq!(status(hour(3))?, Some(Status::Revoked));
    let brought = inventory.bring_forward(|| hour(2))?;
    let brought: Vec<_> = brought.iter().map(BroughtForward::sentence).collect();
    assert_eq!(brought.len(), 1, "{brought:?}");
    assert!(
        brought.iter().all(|it| it.contains("hold of alice")),
        "{brought:?}"
    );
    assert_eq!(status(hour(3))?, Some(Status::Valid));
    // That it was held until now is still known.
    assert!(
        authority
            .find(&alice.certificate)?
            .unwrap()
            .held_at(hour(1))
            .is_some()
    );
    assert!(inventory.bring_forward(|| hour(2))?.is_empty());
    assert!(inventory.verify_audit()?.is_sound());
    Ok(())
}

#[test]
fn a_revocation_by_a_clock_that_stood_ahead_is_brought_forward_and_a_planned_one_is_not()
-> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
    let ahead = NOW + time::Duration::days(30);
    let one = std::slice::from_ref(&alice);
    inventory.revoke(one, ReasonCode::Superseded, ahead)?;
    let renewed = authority.sign(Profile::Client, "bob", &[], years(1)?)?;
    let holder = renewal(&bob, ahead)?;
    inventory.record(&renewed, Profile::Client, Some(&holder), NOW)?;
    // Without an overlap, what was renewed was revoked.
    let carol = authority.issue("carol")?;
    let renewed = authority.sign(Profile::Client, "carol", &[], years(1)?)?;
    let holder = renewal(&carol, ahead)?;
    inventory.record(&renewed, Profile::Client, Some(&holder), ahead)?;
    let brought = inventory.bring_forward(|| NOW)?;
    let mut brought: Vec<_> = brought.iter().map(|it| it.record.reference()).collect();
    brought.sort_unstable();
    assert_eq!(brought, ["alice", "carol"]);
    let status = |certificate| -> Result<_> {
        let record = authority.find(certificate)?;
        Ok(record.map(|record| record.status(NOW)))
    };
    assert_eq!(status(&alice.certificate)?, Some(Status::Revoked));
    assert_eq!(status(&bob.certificate)?, Some(Status::Valid));
    assert_eq!(status(&carol.certificate)?, Some(Status::Revoked));
    assert!(inventory.bring_forward(|| NOW)?.is_empty());
    assert!(inventory.verify_audit()?.is_sound());
    Ok(())
}

#[test]
fn a_revocation_that_somebody_elses_trigger_undoes_is_no_success() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let alice = authority.issue("alice")?;
    let made = inventory.connection.execute_batch(
        "CREATE TRIGGER undo AFTER UPDATE OF revoked_at ON certificate WHEN new.revoked_at IS NOT NULL
         BEGIN
             UPDATE certificate SET revoked_at = NULL, reason_code = NULL WHERE id = new.id;
         END",
    );
    made.map_err(|cause| failure(&cause))?;
    let refused = inventory.revoke(&[alice], ReasonCode::KeyCompromise, NOW);
    let refused = refused.map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::Inventory));
    Ok(())
}

#[test]
fn columns_that_are_not_the_ders_are_found() -> Result<()> {
    for change in [
        "serial_number = x'01020304'",
        "issuer = x'3000'",
        "not_after = not_after + 1",
        "subject = 'CN=mallory'",
    ] {
        let authority = TestAuthority::new()?;
        authority.issue("bob")?;
        let inventory = &authority.inventory;
        let sql = format!("UPDATE certificate SET {change} WHERE name = 'bob'");
        let changed = inventory.connection.execute_batch(&sql);
        changed.map_err(|cause| failure(&cause))?;
        assert_eq!(inventory.verify_audit()?.certificates.count, 1, "{change}");
    }
    Ok(())
}
