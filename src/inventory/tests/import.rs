//! What an imported CA had issued, and that none of it is forgotten.

use time::{Duration, OffsetDateTime};

use super::name;
use crate::certificate::Certificate;
use crate::error::Result;
use crate::inventory::{
    Arrival, CrlDue, CrlRecord, Fate, Imported, IndexEntry, Past, ReasonCode, Record, Revocation,
    Standing, Status,
};
use crate::name::Device;
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::testing::{NOW, TestAuthority, years};
use crate::validity::Validity;

/// The CA has been at work for a while.
const TODAY: OffsetDateTime = NOW.saturating_add(Duration::days(1000));

fn arrival(authority: &TestAuthority, who: &str, begins: OffsetDateTime) -> Result<Arrival> {
    let validity = Validity {
        not_before: begins,
        not_after: begins + Duration::days(365),
    };
    Ok(Arrival {
        certificate: authority.sign(Profile::Client, who, &[], validity)?,
        profile: Profile::Client,
        name: name(who)?,
    })
}

fn entry(certificate: &Certificate, revocation: Option<Revocation>) -> IndexEntry {
    IndexEntry {
        serial_number: certificate.serial_number().clone(),
        subject: "/CN=somebody".to_owned(),
        not_after: certificate.validity().not_after,
        revocation,
    }
}

fn revoked(days_ago: i64, reason: ReasonCode) -> Option<Revocation> {
    Some(Revocation {
        at: TODAY - Duration::days(days_ago),
        reason,
    })
}

fn import(
    authority: &TestAuthority,
    arrivals: &[Arrival],
    index: &[IndexEntry],
) -> Result<Imported> {
    let past = Past {
        issuer: authority.issuing.certificate().clone(),
        entries: index.to_vec(),
        crl: None,
    };
    authority.inventory.import(arrivals, &past, TODAY)
}

/// Imports what the last CRL says: its number, and that one certificate is revoked which nobody has.
fn import_crl(authority: &TestAuthority, crl_number: u64) -> Result<Imported> {
    let hold = revoked(9, ReasonCode::CertificateHold);
    let entry = IndexEntry {
        serial_number: SerialNumber::from_octets(&[9]),
        subject: String::new(),
        not_after: TODAY + Duration::days(1000),
        revocation: hold,
    };
    let past = Past {
        issuer: authority.issuing.certificate().clone(),
        entries: vec![entry],
        crl: Some(CrlRecord {
            crl_number,
            this_update: TODAY - Duration::days(9),
            next_update: TODAY - Duration::days(1),
            revoked_count: 1,
            as_of: 0,
        }),
    };
    authority.inventory.import(&[], &past, TODAY)
}

fn issue(authority: &TestAuthority, who: &str) -> Result<Certificate> {
    let certificate = authority.sign(Profile::Client, who, &[], years(5)?)?;
    Ok(authority.record(&certificate, who)?.certificate)
}

fn found(authority: &TestAuthority, certificate: &Certificate) -> Result<Record> {
    Ok(authority.find(certificate)?.unwrap())
}

#[test]
fn an_arrival_is_recorded_as_issued_when_it_began_and_twice_does_no_harm() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = arrival(&authority, "alice", TODAY - Duration::days(100))?;
    let once = import(&authority, std::slice::from_ref(&alice), &[])?;
    let fate = Fate::Recorded {
        name: name("alice")?,
        device: None,
    };
    assert_eq!(once.fates, [fate]);
    let record = found(&authority, &alice.certificate)?;
    assert_eq!(record.issued_at, alice.certificate.validity().not_before);
    let head = authority.inventory.head()?;
    let again = import(&authority, std::slice::from_ref(&alice), &[])?;
    assert_eq!(again.fates, [Fate::Known]);
    assert_eq!(authority.inventory.head()?, head);
    Ok(())
}

#[test]
fn of_several_valid_certificates_of_a_name_the_newest_keeps_it_and_the_others_get_devices()
-> Result<()> {
    let authority = TestAuthority::new()?;
    let days = |days| TODAY - Duration::days(days);
    let newest = arrival(&authority, "alice", days(10))?;
    let older = arrival(&authority, "alice", days(100))?;
    let spelled = arrival(&authority, "Alice", days(50))?;
    let ended = arrival(&authority, "alice", days(900))?;
    let arrivals = [&newest, &older, &spelled, &ended].map(Clone::clone);
    import(&authority, &arrivals, &[])?;
    let held = |arrival: &Arrival| -> Result<(String, bool)> {
        let record = found(&authority, &arrival.certificate)?;
        Ok((record.name.unwrap().to_string(), record.device.is_some()))
    };
    let alice = |apart| ("alice".to_owned(), apart);
    assert_eq!(held(&newest)?, alice(false));
    assert_eq!(held(&older)?, alice(true));
    // What has ended stands in nobody's way.
    assert_eq!(held(&ended)?, alice(false));
    // The inventory knows a name in one spelling; the certificate keeps its own.
    assert_eq!(held(&spelled)?, alice(true));
    assert_eq!(spelled.certificate.subject().as_str(), "CN=Alice");
    Ok(())
}

#[test]
fn a_name_that_is_held_here_already_is_kept_by_its_holder() -> Result<()> {
    let authority = TestAuthority::new()?;
    issue(&authority, "alice")?;
    let arrival = arrival(&authority, "alice", TODAY - Duration::days(1))?;
    import(&authority, std::slice::from_ref(&arrival), &[])?;
    let record = found(&authority, &arrival.certificate)?;
    let digits = record.certificate.serial_number().to_string();
    let device = Device::parse(&format!("imported-{}", digits.get(..8).unwrap()))?;
    assert_eq!(record.device, Some(device));
    Ok(())
}

#[test]
fn the_index_revokes_what_arrives_what_is_known_and_what_is_not_at_hand() -> Result<()> {
    let authority = TestAuthority::new()?;
    let arrives = arrival(&authority, "alice", TODAY - Duration::days(9))?;
    let known = issue(&authority, "bob")?;
    let elsewhere = authority.sign(Profile::Client, "carol", &[], years(5)?)?;
    let hold = revoked(2, ReasonCode::CertificateHold);
    let index = [
        entry(&arrives.certificate, revoked(3, ReasonCode::KeyCompromise)),
        entry(&known, hold),
        entry(&elsewhere, revoked(1, ReasonCode::Superseded)),
    ];
    let imported = import(&authority, std::slice::from_ref(&arrives), &index)?;
    assert_eq!((imported.revoked, imported.missing.len()), (3, 0));
    let record = found(&authority, &arrives.certificate)?;
    assert_eq!(record.revocation, revoked(3, ReasonCode::KeyCompromise));
    assert_eq!(found(&authority, &known)?.revocation, hold);
    let listed = |authority: &TestAuthority| -> i64 {
        let count = "SELECT count(*) FROM revoked_serial_number";
        let connection = &authority.inventory.connection;
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(listed(&authority), 1);
    assert_eq!(import(&authority, &[], &index)?.revoked, 0);

    // When its certificate turns up, the revocation is the certificate's, also without the index.
    let late = Arrival {
        certificate: elsewhere.clone(),
        profile: Profile::Client,
        name: name("carol")?,
    };
    let imported = import(&authority, &[late], &[])?;
    assert_eq!((imported.revoked, listed(&authority)), (1, 0));
    let record = found(&authority, &elsewhere)?;
    assert_eq!(record.revocation, revoked(1, ReasonCode::Superseded));
    assert_eq!(record.status(TODAY), Status::Revoked);
    Ok(())
}

#[test]
fn what_a_clock_elsewhere_revoked_ahead_of_ours_counts_at_once() -> Result<()> {
    let authority = TestAuthority::new()?;
    let elsewhere = authority.sign(Profile::Client, "carol", &[], years(5)?)?;
    let known = issue(&authority, "bob")?;
    let arrives = arrival(&authority, "alice", TODAY - Duration::days(9))?;
    let tomorrow = revoked(-1, ReasonCode::KeyCompromise);
    let index = [&elsewhere, &known, &arrives.certificate].map(|it| entry(it, tomorrow));
    let imported = import(&authority, std::slice::from_ref(&arrives), &index)?;
    assert_eq!(imported.revoked, 3);
    let now = revoked(0, ReasonCode::KeyCompromise);
    assert_eq!(found(&authority, &known)?.revocation, now);
    assert_eq!(found(&authority, &arrives.certificate)?.revocation, now);
    let issuer = elsewhere.issuer();
    let standing = (authority.inventory).standing(issuer, elsewhere.serial_number())?;
    assert_eq!(standing, Standing::Issued { revocation: now });
    Ok(())
}

#[test]
fn a_later_index_makes_a_hold_final_and_changes_no_other_revocation() -> Result<()> {
    let authority = TestAuthority::new()?;
    let elsewhere = authority.sign(Profile::Client, "carol", &[], years(5)?)?;
    let known = issue(&authority, "bob")?;
    let reasons = |reason| [&elsewhere, &known].map(|it| entry(it, revoked(2, reason)));
    import(&authority, &[], &reasons(ReasonCode::CertificateHold))?;
    let changed = |reason| import(&authority, &[], &reasons(reason)).map(|it| it.revoked);
    assert_eq!(changed(ReasonCode::KeyCompromise)?, 2);
    assert_eq!(changed(ReasonCode::Superseded)?, 0);
    let record = found(&authority, &known)?;
    assert_eq!(record.revocation, revoked(2, ReasonCode::KeyCompromise));
    Ok(())
}

#[test]
fn what_the_index_calls_valid_and_nobody_has_is_missing_until_it_has_ended() -> Result<()> {
    let authority = TestAuthority::new()?;
    let valid = authority.sign(Profile::Client, "carol", &[], years(5)?)?;
    let ended = IndexEntry {
        serial_number: SerialNumber::draw()?,
        not_after: TODAY - Duration::days(1),
        ..entry(&valid, None)
    };
    let index = [entry(&valid, None), ended];
    let missing = import(&authority, &[], &index)?.missing;
    assert_eq!(missing, [entry(&valid, None)]);
    let arrival = Arrival {
        certificate: valid,
        profile: Profile::Client,
        name: name("carol")?,
    };
    assert!(import(&authority, &[arrival], &index)?.missing.is_empty());
    Ok(())
}

#[test]
fn two_certificates_of_one_serial_number_cannot_both_be_kept() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = arrival(&authority, "alice", TODAY - Duration::days(9))?;
    let number = alice.certificate.serial_number().octets().to_vec();
    let (twin, _) = authority.forge(|parameters| {
        parameters.serial_number = Some(number.into());
        parameters.not_before = TODAY;
        parameters.not_after = TODAY + Duration::DAY;
    })?;
    let twin = Arrival {
        certificate: twin,
        ..alice.clone()
    };
    let imported = import(&authority, &[alice, twin], &[])?;
    assert_eq!(imported.fates.last(), Some(&Fate::SerialNumberTaken));
    Ok(())
}

#[test]
fn a_ca_that_was_made_here_has_no_index_elsewhere() -> Result<()> {
    let authority = TestAuthority::new()?;
    assert!(authority.inventory.imported_authority()?.is_none());
    let theirs = TestAuthority::named("theirs", crate::name::NameConstraints::default())?;
    let root = theirs.root.certificate();
    authority
        .inventory
        .import_authority(root, Profile::Root, TODAY)?;
    let found = authority.inventory.imported_authority()?;
    assert_eq!(found.unwrap().certificate, *root);
    Ok(())
}

#[test]
fn the_next_crl_stands_above_the_last_one_from_elsewhere_and_is_due_at_once() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (inventory, issuing) = (&authority.inventory, authority.issuing.certificate());
    let dated = 2_026_112_501;
    let imported = import_crl(&authority, dated)?;
    assert!(imported.continued && imported.revoked == 1);
    assert_eq!(inventory.newest_crl(issuing)?.unwrap().crl_number, dated);
    assert_eq!(
        inventory.crl_due(issuing, TODAY)?,
        Some(CrlDue::Revocations)
    );
    let mut listed = Vec::new();
    let next = inventory.next_crl(issuing, TODAY, |number, _| listed.push(number.clone()))?;
    assert_eq!(next.crl_number, dated + 1);
    assert_eq!(listed, [SerialNumber::from_octets(&[9])]);

    // Ours is as good as theirs from then on; an earlier one changes nothing, and nothing again.
    for earlier in [dated, 1] {
        let head = inventory.head()?;
        let imported = import_crl(&authority, earlier)?;
        assert!(!imported.continued && imported.revoked == 0);
        assert_eq!(inventory.head()?, head);
    }
    // Below the time, the time is the number.
    let other = TestAuthority::new()?;
    import_crl(&other, 1)?;
    let issuing = other.issuing.certificate();
    let next = other.inventory.next_crl(issuing, TODAY, |_, _| {})?;
    assert_eq!(next.crl_number, TODAY.unix_timestamp().unsigned_abs());
    Ok(())
}

#[test]
fn the_log_agrees_with_what_was_imported_and_notices_what_was_changed() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    import_crl(&authority, 7)?;
    // The hold becomes final, and keeps its time.
    let entry = IndexEntry {
        serial_number: SerialNumber::from_octets(&[9]),
        subject: "/CN=lost".to_owned(),
        not_after: TODAY + Duration::DAY,
        revocation: revoked(1, ReasonCode::Superseded),
    };
    assert_eq!(import(&authority, &[], &[entry])?.revoked, 1);
    let verification = inventory.verify_audit()?;
    assert!(verification.is_sound(), "{verification:?}");
    for change in ["issuer = x'3000'", "revoked_at = revoked_at + 1"] {
        let changed = format!("UPDATE revoked_serial_number SET {change}");
        inventory.connection.execute_batch(&changed).unwrap();
        assert!(!inventory.verify_audit()?.is_sound(), "{change}");
    }
    Ok(())
}
