//! What a CRL must list, which number it has, and when it is out of date.

use rusqlite::params;
use time::{Duration, OffsetDateTime};

use super::*;
use crate::certificate::{Certificate, Fingerprint};
use crate::serial::SerialNumber;
use crate::testing::{NOW, TestAuthority};
use crate::validity::{Lifetime, Validity};

/// Issues a client certificate that ends after so many days.
fn issue_for_days(authority: &TestAuthority, name: &str, days: u32) -> Result<Record> {
    let validity = Validity::starting(NOW, Lifetime::days(days))?;
    let certificate = authority.sign(Profile::Client, name, &[], validity)?;
    authority.record(&certificate, name)
}

fn revoke(
    authority: &TestAuthority,
    record: &Record,
    reason: ReasonCode,
    now: OffsetDateTime,
) -> Result<()> {
    let one = std::slice::from_ref(record);
    authority.inventory.revoke(one, reason, now)
}

/// The serial numbers that a CRL must list, in order, and what it states besides.
fn next(
    authority: &TestAuthority,
    issuer: &Certificate,
    now: OffsetDateTime,
) -> Result<(Vec<SerialNumber>, NextCrl)> {
    let mut listed = Vec::new();
    let next = authority
        .inventory
        .next_crl(issuer, now, |number, _| listed.push(number.clone()))?;
    listed.sort();
    Ok((listed, next))
}

/// Records that a CRL of `issuer` was signed at `now`, and returns what it listed.
fn sign(
    authority: &TestAuthority,
    issuer: &Certificate,
    now: OffsetDateTime,
) -> Result<Vec<SerialNumber>> {
    let (listed, next) = next(authority, issuer, now)?;
    let crl = record_of(next, now);
    let fingerprint = Fingerprint([0; 32]);
    let inventory = &authority.inventory;
    assert!(inventory.record_crl(issuer, &crl, &fingerprint, now)?);
    Ok(listed)
}

fn record_of(next: NextCrl, now: OffsetDateTime) -> CrlRecord {
    CrlRecord {
        crl_number: next.crl_number,
        this_update: now,
        next_update: now + Duration::days(8),
        revoked_count: 0,
        as_of: next.as_of,
    }
}

fn sorted<const N: usize>(records: [&Record; N]) -> Vec<SerialNumber> {
    let mut numbers = records.map(|record| record.certificate.serial_number().clone());
    numbers.sort();
    numbers.to_vec()
}

#[test]
fn a_crl_lists_what_counts_as_revoked_by_then_and_lies_beneath_its_issuer() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (issuing, root) = (
        authority.issuing.certificate(),
        authority.root.certificate(),
    );
    let [gone, held, later, good] = ["gone", "held", "later", "good"].map(|n| authority.issue(n));
    let (gone, held, later, _) = (gone?, held?, later?, good?);
    revoke(&authority, &gone, ReasonCode::KeyCompromise, NOW)?;
    revoke(&authority, &held, ReasonCode::CertificateHold, NOW)?;
    let tomorrow = NOW + Duration::DAY;
    revoke(&authority, &later, ReasonCode::Superseded, tomorrow)?;
    assert_eq!(next(&authority, issuing, NOW)?.0, sorted([&gone, &held]));
    assert_eq!(next(&authority, root, NOW)?.0, []);
    let all = sorted([&gone, &held, &later]);
    assert_eq!(next(&authority, issuing, tomorrow)?.0, all);
    authority.inventory.unrevoke(&held, NOW)?;
    assert_eq!(next(&authority, issuing, NOW)?.0, sorted([&gone]));
    Ok(())
}

#[test]
fn a_revoked_issuing_ca_stands_in_the_roots_crl() -> Result<()> {
    let authority = TestAuthority::new()?;
    let root = authority.root.certificate();
    let issuing = authority.find(authority.issuing.certificate())?.unwrap();
    revoke(&authority, &issuing, ReasonCode::CaCompromise, NOW)?;
    assert_eq!(next(&authority, root, NOW)?.0, sorted([&issuing]));
    assert_eq!(
        authority.inventory.crl_due(root, NOW)?,
        Some(CrlDue::Missing)
    );
    Ok(())
}

#[test]
fn an_expired_certificate_leaves_one_crl_after_its_end() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let short = issue_for_days(&authority, "short", 10)?;
    revoke(&authority, &short, ReasonCode::KeyCompromise, NOW)?;
    let day = |number| NOW + Duration::days(number);
    let listed = sorted([&short]);
    assert_eq!(sign(&authority, issuing, day(0))?, listed);
    assert_eq!(sign(&authority, issuing, day(7))?, listed);
    // RFC 5280 §3.3: the first CRL after its end still lists it, the second need not.
    assert_eq!(sign(&authority, issuing, day(14))?, listed);
    assert_eq!(sign(&authority, issuing, day(21))?, []);
    Ok(())
}

#[test]
fn what_is_revoked_after_its_end_is_listed_once() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let short = issue_for_days(&authority, "short", 1)?;
    let day = |number| NOW + Duration::days(number);
    assert_eq!(sign(&authority, issuing, day(2))?, []);
    revoke(&authority, &short, ReasonCode::KeyCompromise, day(3))?;
    let later = day(3) + Duration::SECOND;
    assert_eq!(sign(&authority, issuing, later)?, sorted([&short]));
    assert_eq!(sign(&authority, issuing, day(4))?, []);
    Ok(())
}

#[test]
fn what_is_revoked_after_its_end_in_the_second_of_a_crl_stands_on_the_next() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let short = issue_for_days(&authority, "short", 1)?;
    let day = |number| NOW + Duration::days(number);
    assert_eq!(sign(&authority, issuing, day(2))?, []);
    revoke(&authority, &short, ReasonCode::KeyCompromise, day(2))?;
    assert_eq!(sign(&authority, issuing, day(3))?, sorted([&short]));
    assert_eq!(sign(&authority, issuing, day(4))?, []);
    Ok(())
}

#[test]
fn a_clock_that_was_ahead_removes_nothing_too_early() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let short = issue_for_days(&authority, "short", 10)?;
    revoke(&authority, &short, ReasonCode::KeyCompromise, NOW)?;
    let day = |number| NOW + Duration::days(number);
    sign(&authority, issuing, day(1000))?;
    let due = authority.inventory.crl_due(issuing, day(1))?;
    assert_eq!(due, Some(CrlDue::Ahead));
    assert_eq!(sign(&authority, issuing, day(12))?, sorted([&short]));
    assert_eq!(authority.inventory.crl_due(issuing, day(12))?, None);
    Ok(())
}

#[test]
fn revoked_serial_numbers_without_a_certificate_are_listed_and_none_twice() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let known = authority.issue("known")?;
    revoke(&authority, &known, ReasonCode::Superseded, NOW)?;
    let unknown = SerialNumber::from_octets(&[9]);
    let numbers = [known.certificate.serial_number(), &unknown];
    for number in numbers {
        let inserted = authority.inventory.connection.execute(
            "INSERT INTO revoked_serial_number VALUES (?1, ?2, 'CN=x', ?3, ?4, 0)",
            params![
                issuing.subject().der(),
                number.octets(),
                (NOW + Duration::DAY).unix_timestamp(),
                NOW.unix_timestamp()
            ],
        );
        inserted.map_err(|cause| failure(&cause))?;
    }
    let mut both = numbers.map(Clone::clone);
    both.sort();
    assert_eq!(next(&authority, issuing, NOW)?.0, both);
    Ok(())
}

#[test]
fn a_crl_number_only_grows_and_never_falls_behind_the_time() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let number = |now| next(&authority, issuing, now).map(|(_, next)| next.crl_number);
    let time = NOW.unix_timestamp().unsigned_abs();
    assert_eq!(number(NOW)?, time);
    sign(&authority, issuing, NOW)?;
    sign(&authority, issuing, NOW)?;
    assert_eq!(number(NOW - Duration::DAY)?, time + 2);
    assert_eq!(number(NOW + Duration::HOUR)?, time + 3600);
    Ok(())
}

#[test]
fn of_two_commands_with_one_number_the_second_is_told() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let (_, next) = next(&authority, issuing, NOW)?;
    let (crl, fingerprint) = (record_of(next, NOW), Fingerprint([0; 32]));
    let inventory = &authority.inventory;
    let before = inventory.head()?.id;
    assert!(inventory.record_crl(issuing, &crl, &fingerprint, NOW)?);
    assert!(!inventory.record_crl(issuing, &crl, &fingerprint, NOW)?);
    assert_eq!(inventory.head()?.id, before + 1);
    assert_eq!(inventory.newest_crl(issuing)?, Some(crl));
    Ok(())
}

#[test]
fn ended_crls_are_forgotten_but_for_the_newest() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    for day in [0, 4, 100] {
        sign(&authority, issuing, NOW + Duration::days(day))?;
    }
    let kept: i64 = authority
        .inventory
        .connection
        .query_row("SELECT count(*) FROM crl", [], |row| row.get(0))
        .map_err(|cause| failure(&cause))?;
    assert_eq!(kept, 1);
    Ok(())
}

#[test]
fn a_crl_is_due_when_its_list_changed_or_half_of_its_life_is_over() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (issuing, root) = (
        authority.issuing.certificate(),
        authority.root.certificate(),
    );
    let inventory = &authority.inventory;
    let due = |issuer, now| inventory.crl_due(issuer, now);
    assert_eq!(due(issuing, NOW)?, Some(CrlDue::Missing));
    let alice = authority.issue("alice")?;
    sign(&authority, issuing, NOW)?;
    sign(&authority, root, NOW)?;
    assert_eq!(due(issuing, NOW)?, None);
    let almost_half = NOW + Duration::days(4) - Duration::SECOND;
    assert_eq!(due(issuing, almost_half)?, None);
    assert_eq!(
        due(issuing, NOW + Duration::days(4))?,
        Some(CrlDue::HalfLife)
    );

    revoke(&authority, &alice, ReasonCode::CertificateHold, NOW)?;
    assert_eq!(due(issuing, NOW)?, Some(CrlDue::Revocations));
    // A client's revocation is none of the root's business.
    assert_eq!(due(root, NOW)?, None);
    sign(&authority, issuing, NOW)?;
    assert_eq!(due(issuing, NOW)?, None);
    inventory.unrevoke(&alice, NOW)?;
    assert_eq!(due(issuing, NOW)?, Some(CrlDue::Revocations));
    Ok(())
}

#[test]
fn a_crl_is_due_when_an_overlap_ends_and_not_when_it_begins() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    let old = authority.issue("alice")?;
    sign(&authority, issuing, NOW)?;
    let new = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    let end = NOW + Duration::DAY;
    let holder = Holder {
        supersedes: Some(Superseded {
            record: old.clone(),
            until: Some(end),
        }),
        ..Holder::client(&name("alice")?, None)
    };
    let inventory = &authority.inventory;
    inventory.record(&new, Profile::Client, Some(&holder), NOW)?;
    assert_eq!(inventory.crl_due(issuing, NOW)?, None);
    let due = inventory.crl_due(issuing, end)?;
    assert_eq!(due, Some(CrlDue::Revocations));
    assert_eq!(sign(&authority, issuing, end)?, sorted([&old]));
    assert_eq!(inventory.crl_due(issuing, end)?, None);
    Ok(())
}

#[test]
fn an_import_without_a_certificate_may_concern_every_crl() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = authority.issuing.certificate();
    sign(&authority, issuing, NOW)?;
    let inventory = &authority.inventory;
    let detail = serde_json::json!({"revoked_serial_numbers": 3});
    inventory.note(Action::Import, &detail, NOW)?;
    let due = inventory.crl_due(issuing, NOW)?;
    assert_eq!(due, Some(CrlDue::Revocations));
    sign(&authority, issuing, NOW)?;
    let good = authority.issue("good")?.certificate;
    let detail = serde_json::json!({"fingerprint_sha256": good.fingerprint().to_string()});
    inventory.note(Action::Import, &detail, NOW)?;
    assert_eq!(inventory.crl_due(issuing, NOW)?, None);
    Ok(())
}

#[test]
fn a_crl_ends_soon_when_less_than_a_quarter_of_its_life_is_left() {
    let next = NextCrl {
        crl_number: 1,
        as_of: 0,
    };
    let crl = record_of(next, NOW);
    assert!(!crl.ends_soon(NOW + Duration::days(6)));
    assert!(crl.ends_soon(NOW + Duration::days(6) + Duration::SECOND));
    assert!(crl.ends_soon(NOW + Duration::days(9)));
}
