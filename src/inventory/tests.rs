//! What the inventory refuses, finds and lists.

use rusqlite::Connection;

use super::*;
use crate::name::{Device, Name, SubjectAltName};
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority, years};

fn name(text: &str) -> Result<Name> {
    Name::parse(text)
}

fn listed(authority: &TestAuthority, filter: &Filter) -> Result<Vec<String>> {
    let page = authority.inventory.list(filter, NOW)?;
    Ok(page.records.iter().map(Record::reference).collect())
}

fn filter() -> Filter {
    Filter {
        limit: 100,
        profile: Some(Profile::Client),
        ..Filter::default()
    }
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
    assert!(authority.inventory.unrevoke(&record).is_err());
    authority
        .inventory
        .revoke(one, ReasonCode::CertificateHold, NOW)?;
    authority.inventory.unrevoke(&record)?;
    let lifted = authority.find(&record.certificate)?;
    assert!(lifted.is_some_and(|record| record.revocation.is_none()));
    authority
        .inventory
        .revoke(one, ReasonCode::KeyCompromise, NOW)?;
    assert!(authority.inventory.unrevoke(&record).is_err());
    Ok(())
}

#[test]
fn a_revocation_that_lies_ahead_can_be_brought_forward() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("alice")?;
    let one = std::slice::from_ref(&record);
    let later = NOW + time::Duration::DAY;
    authority
        .inventory
        .revoke(one, ReasonCode::Superseded, later)?;
    authority
        .inventory
        .revoke(one, ReasonCode::KeyCompromise, NOW)?;
    let revocation = authority
        .find(&record.certificate)?
        .and_then(|record| record.revocation);
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
fn a_reference_is_a_name_a_device_a_serial_number_or_a_fingerprint() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let serial_number = alice.certificate.serial_number().to_string();
    let fingerprint = alice.certificate.fingerprint().to_string();
    let colons = fingerprint
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned());
    let colons = colons.collect::<Vec<_>>().join(":").to_uppercase();
    let texts = [
        "alice",
        "ALICE",
        "alice/",
        &serial_number,
        &serial_number[..8],
        &serial_number[..9],
        &fingerprint,
        &colons,
    ];
    for text in texts {
        let found = authority.inventory.resolve(&Reference::parse(text)?, NOW)?;
        assert_eq!(found.certificate, alice.certificate, "{text}");
    }
    for text in ["bob", "alice/phone", "00000000", "root/"] {
        let missing = authority.inventory.resolve(&Reference::parse(text)?, NOW);
        assert_eq!(
            missing.map(drop).map_err(|error| error.kind()),
            Err(ErrorKind::NotFound),
            "{text}"
        );
    }
    let root = authority
        .inventory
        .resolve(&Reference::parse("root")?, NOW)?;
    assert_eq!(root.profile, Profile::Root);
    Ok(())
}

#[test]
fn a_name_with_several_devices_must_be_narrowed() -> Result<()> {
    let authority = TestAuthority::new()?;
    for device in ["laptop", "phone"] {
        let certificate = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
        let holder = Holder::client(&name("alice")?, Some(&Device::parse(device)?));
        authority
            .inventory
            .record(&certificate, Profile::Client, Some(&holder), NOW)?;
    }
    let refused = authority
        .inventory
        .resolve(&Reference::parse("alice")?, NOW)
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Ambiguous);
    assert!(refused.hint().unwrap().contains("alice/laptop"));
    let phone = authority
        .inventory
        .resolve(&Reference::parse("alice/Phone")?, NOW)?;
    assert_eq!(phone.reference(), "alice/phone");
    assert_eq!(
        authority
            .inventory
            .valid_of_name(&name("alice")?, None, NOW)?
            .len(),
        2
    );
    Ok(())
}

#[test]
fn the_pages_of_a_list_join_without_a_gap() -> Result<()> {
    let authority = TestAuthority::new()?;
    for number in 0..7 {
        authority.issue(&format!("user-{number}"))?;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = authority.inventory.list(
            &Filter {
                limit: 3,
                after,
                ..filter()
            },
            NOW,
        )?;
        seen.extend(page.records.iter().map(Record::reference));
        after = page.next_cursor;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        [
            "user-6", "user-5", "user-4", "user-3", "user-2", "user-1", "user-0"
        ]
    );
    assert!(
        authority
            .inventory
            .list(
                &Filter {
                    after: Some("x".to_owned()),
                    ..filter()
                },
                NOW
            )
            .is_err()
    );
    Ok(())
}

#[test]
fn a_pattern_is_the_beginning_of_a_name_an_address_or_a_serial_number() -> Result<()> {
    let authority = TestAuthority::new()?;
    let email = SubjectAltName::parse_email("wonderland@example.org")?;
    let alice = authority.sign(Profile::Client, "alice", &[email], years(1)?)?;
    let alice = authority.record(&alice, "alice")?;
    authority.issue("bob")?;
    let serial_number = alice.certificate.serial_number().to_string();
    let fingerprint = alice.certificate.fingerprint().to_string();
    for pattern in [
        "alice",
        "AL",
        "Wonder",
        &serial_number[..8],
        &serial_number[..7],
        &fingerprint[..12],
    ] {
        let found = listed(
            &authority,
            &Filter {
                pattern: Some(pattern.to_owned()),
                ..filter()
            },
        )?;
        assert_eq!(found, ["alice"], "{pattern}");
    }
    for pattern in ["lice", "carol", "%", "_"] {
        let found = listed(
            &authority,
            &Filter {
                pattern: Some(pattern.to_owned()),
                ..filter()
            },
        )?;
        assert!(found.is_empty(), "{pattern}");
    }
    Ok(())
}

#[test]
fn a_list_filters_by_status_and_by_who_could_log_in_then() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    authority.issue("bob")?;
    let tomorrow = NOW + time::Duration::DAY;
    authority.inventory.revoke(
        std::slice::from_ref(&alice),
        ReasonCode::Unspecified,
        tomorrow,
    )?;
    let at = |moment| Filter {
        valid_at: Some(moment),
        ..filter()
    };
    assert_eq!(listed(&authority, &at(NOW))?, ["bob", "alice"]);
    assert_eq!(listed(&authority, &at(tomorrow))?, ["bob"]);
    assert!(listed(&authority, &at(NOW - time::Duration::DAY))?.is_empty());
    let status = |status| Filter {
        status: Some(status),
        ..filter()
    };
    assert_eq!(
        listed(&authority, &status(Status::Valid))?,
        ["bob", "alice"]
    );
    assert!(listed(&authority, &status(Status::Expired))?.is_empty());
    let soon = |days| Filter {
        expires_before: Some(NOW + time::Duration::days(days)),
        ..filter()
    };
    assert!(listed(&authority, &soon(30))?.is_empty());
    assert_eq!(listed(&authority, &soon(400))?, ["bob", "alice"]);
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
    drop(Inventory::create(&path)?);
    Connection::open(&path)?.pragma_update(None, "user_version", 1_000)?;
    let before = std::fs::read(&path)?;
    let refused = Inventory::open(&path)
        .map(drop)
        .map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::Inventory));
    assert_eq!(std::fs::read(&path)?, before);
    Ok(())
}
