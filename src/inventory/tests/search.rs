//! What the inventory finds, and how it lists.

use super::name;
use crate::error::{ErrorKind, Result};
use crate::inventory::{Filter, Holder, ReasonCode, Record, Reference, Status};
use crate::name::{Device, SubjectAltName};
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority, years};

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
    for text in ["bob", "alice/phone", "00000000"] {
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
fn who_could_log_in_then_is_who_was_not_on_hold_under_a_ca_that_counted() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let alice = authority.issue("alice")?;
    authority.issue("bob")?;
    let (hour, day) = (time::Duration::HOUR, time::Duration::DAY);
    let at = |moment, profile| {
        listed(
            &authority,
            &Filter {
                valid_at: Some(moment),
                profile: Some(profile),
                ..filter()
            },
        )
        .map(|found| found.len())
    };
    inventory.revoke(
        std::slice::from_ref(&alice),
        ReasonCode::CertificateHold,
        NOW + hour,
    )?;
    inventory.unrevoke(&alice, NOW + hour * 3)?;
    let counts = [(0, 2), (1, 1), (2, 1), (3, 2)];
    for (hours, count) in counts {
        assert_eq!(at(NOW + hour * hours, Profile::Client)?, count, "{hours}");
    }
    // The issuing CA's own hold lets nobody in beneath it, as a login is judged.
    let issuing = inventory.current_authority(Profile::Issuing)?.unwrap();
    inventory.revoke(
        std::slice::from_ref(&issuing),
        ReasonCode::CertificateHold,
        NOW + day,
    )?;
    inventory.unrevoke(&issuing, NOW + day * 2)?;
    for (hours, count) in [(23, 2), (24, 0), (47, 0), (48, 2)] {
        assert_eq!(at(NOW + hour * hours, Profile::Client)?, count, "{hours}");
    }
    let issuing_valid = |moment| at(moment, Profile::Issuing);
    assert_eq!((issuing_valid(NOW)?, issuing_valid(NOW + day)?), (1, 0));
    assert_eq!(at(NOW + day, Profile::Root)?, 1);
    Ok(())
}
