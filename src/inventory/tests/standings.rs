//! How every serial number stands, in memory, as the inventory itself says it.

use super::super::standings::{MOST, Packed, padded};
use super::*;
use crate::serial::SerialNumber;

/// Says that memory and inventory tell the same of these serial numbers.
#[track_caller]
fn assert_same(authority: &TestAuthority, known: &Standings, numbers: &[&SerialNumber]) {
    let issuer = authority.issuing.certificate().subject();
    for number in numbers {
        let expected = authority.inventory.standing(issuer, number).unwrap();
        assert_eq!(known.get(issuer, number), Some(expected));
    }
}

fn revoke(authority: &TestAuthority, record: &Record, reason: ReasonCode) -> Result<()> {
    let records = std::slice::from_ref(record);
    authority.inventory.revoke(records, reason, NOW).map(drop)
}

#[test]
fn what_is_read_at_once_is_what_the_inventory_tells() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
    let [alice_number, bob_number] = [&alice, &bob].map(|it| it.certificate.serial_number());
    revoke(&authority, &bob, ReasonCode::KeyCompromise)?;
    let issuer = authority.issuing.certificate().subject();
    let (alone, never) = (SerialNumber::from_octets(&[7]), SerialNumber::draw()?);
    // As an import leaves them: one that is in both tables, and one in the second alone.
    for (number, earlier) in [(bob_number, 60), (&alone, 0)] {
        let at = NOW.unix_timestamp() - earlier;
        let imported = "INSERT INTO revoked_serial_number VALUES (?1, ?2, 'CN=x', ?3, ?3, 4)";
        let values = params![issuer.der(), number.octets(), at];
        authority
            .inventory
            .connection
            .execute(imported, values)
            .unwrap();
    }
    let known = authority.inventory.standings()?;
    assert_eq!(*known.head(), authority.inventory.head()?);
    assert_same(&authority, &known, &[alice_number, bob_number, &alone]);
    let revoked = known.get(issuer, bob_number).unwrap().revocation().unwrap();
    assert_eq!(revoked.at, NOW - time::Duration::MINUTE);
    // What may have come since is asked of the inventory, and nobody is known under another issuer.
    assert_eq!(known.get(issuer, &never), None);
    assert_eq!(
        known.get(authority.root.certificate().subject(), alice_number),
        None
    );
    Ok(())
}

#[test]
fn what_came_since_is_taken_in_and_nothing_else_is_read() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
    let mut known = inventory.standings()?;
    revoke(&authority, &bob, ReasonCode::CertificateHold)?;
    let carol = authority.issue("carol")?;
    let news = inventory.standings_since(&known)?.unwrap();
    assert_eq!(news.len(), 2);
    known.take_in(news);
    assert_eq!(*known.head(), inventory.head()?);
    let numbers = [&alice, &bob, &carol].map(|record| record.certificate.serial_number());
    assert_same(&authority, &known, &numbers);

    inventory.unrevoke(&bob, NOW)?;
    let renewed = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let holder = Holder {
        supersedes: Some(Superseded {
            record: alice.clone(),
            until: Some(NOW + time::Duration::DAY),
        }),
        ..Holder::client(&name("alice")?, None)
    };
    inventory.record(&renewed, Profile::Client, Some(&holder), NOW)?;
    known.take_in(inventory.standings_since(&known)?.unwrap());
    let [alice, bob, carol] = numbers;
    let numbers = [alice, bob, carol, renewed.serial_number()];
    assert_same(&authority, &known, &numbers);
    assert_eq!(inventory.standings_since(&known)?.unwrap().len(), 0);
    Ok(())
}

#[test]
fn very_much_is_taken_in_one_part_after_the_other() -> Result<()> {
    let authority = TestAuthority::new()?;
    let mut known = authority.inventory.standings()?;
    let head = *known.head();
    let people = ["alice", "bob", "carol", "dave"].map(|name| authority.issue(name).unwrap());
    assert!(people.len() > MOST);
    let first = authority.inventory.standings_since(&known)?.unwrap();
    assert!(!first.is_all());
    known.take_in(first);
    assert_eq!(*known.head(), head);
    // What becomes of somebody who is taken in already counts all the same.
    let [alice, ..] = &people;
    revoke(&authority, alice, ReasonCode::KeyCompromise)?;
    let second = authority.inventory.standings_since(&known)?.unwrap();
    assert!(second.is_all());
    known.take_in(second);
    assert_eq!(*known.head(), authority.inventory.head()?);
    let numbers = people.each_ref().map(|it| it.certificate.serial_number());
    assert_same(&authority, &known, &numbers);
    Ok(())
}

#[test]
fn another_log_and_what_names_no_certificate_make_all_be_read_anew() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let mut known = inventory.standings()?;
    let change = |detail: serde_json::Value| {
        let entry = inventory.append(&inventory.connection, Action::Import, &detail, NOW);
        entry.map_err(|cause| failure(&cause))
    };
    change(serde_json::json!({"revoked": 1}))?;
    assert!(inventory.standings_since(&known)?.is_none());

    known = inventory.standings()?;
    let very_many = [(); MOST].map(|()| serde_json::json!({"fingerprint_sha256": "00"}));
    very_many.into_iter().try_for_each(change)?;
    assert!(inventory.standings_since(&known)?.is_none());

    known = inventory.standings()?;
    known.head.hash = [1; 32];
    assert!(inventory.standings_since(&known)?.is_none());
    Ok(())
}

#[test]
fn what_does_not_fit_is_left_to_the_inventory() -> Result<()> {
    assert_eq!(Packed::new(-1, 1), Packed::UNCERTAIN);
    assert_eq!(Packed::new(1, 16), Packed::UNCERTAIN);
    assert_eq!(Packed::new(1 << 59, 1), Packed::UNCERTAIN);
    assert_eq!(Packed::UNCERTAIN.standing(), None);
    let revocation = Revocation {
        at: NOW,
        reason: ReasonCode::AaCompromise,
    };
    let standing = Standing::Issued {
        revocation: Some(revocation),
    };
    assert_eq!(Packed::of(Some(revocation)).standing(), Some(standing));
    assert_eq!(padded(&[1; 21]), None);
    Ok(())
}
