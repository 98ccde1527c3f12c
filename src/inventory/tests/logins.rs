//! Logins written down, within their bound.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::Result;
use crate::inventory::{Filter, Login, ReasonCode, Record};
use crate::testing::{NOW, TestAuthority};

/// When logins are written down, where that does not matter.
const LATER: time::OffsetDateTime = NOW.saturating_add(time::Duration::DAY);
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

fn accepted(record: &Record, hours: i64) -> Login {
    Login {
        at: NOW + time::Duration::hours(hours),
        peer: Some(PEER),
        verdict: "accepted",
        reason: None,
        certificate: Some(record.certificate.fingerprint()),
        subject: Some(record.certificate.subject().to_string()),
    }
}

fn refused(record: &Record, hours: i64) -> Login {
    Login {
        verdict: "refused",
        reason: Some("revoked"),
        ..accepted(record, hours)
    }
}

fn stranger(subject: &str) -> Login {
    Login {
        at: NOW,
        peer: Some(PEER),
        verdict: "refused",
        reason: Some("unknown-issuer"),
        certificate: None,
        subject: Some(subject.to_owned()),
    }
}

fn texts(authority: &TestAuthority, query: &str) -> Result<Vec<Option<String>>> {
    let rows = authority
        .inventory
        .connection
        .prepare(query)
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
    Ok(rows.unwrap())
}

#[test]
fn a_certificates_logins_are_told_and_only_an_accepted_one_is_its_last() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
    let inventory = &authority.inventory;
    inventory.record_logins(
        &[accepted(&alice, 1), accepted(&bob, 2), refused(&alice, 3)],
        LATER,
    )?;
    let last = inventory.last_login(&alice)?.unwrap();
    assert_eq!(
        (last.at, last.peer.as_str()),
        (NOW + time::Duration::HOUR, "192.0.2.7")
    );
    let told = inventory.logins_of(&alice, 10)?;
    let told: Vec<_> = told
        .iter()
        .map(|login| (login.verdict.as_str(), login.reason.as_deref()))
        .collect();
    assert_eq!(told, [("refused", Some("revoked")), ("accepted", None)]);
    assert_eq!(inventory.logins_of(&alice, 1)?.len(), 1);
    let alice = authority.find(&alice.certificate)?.unwrap();
    assert_eq!(alice.last_login_at, Some(NOW + time::Duration::HOUR));
    let carol = authority.issue("carol")?;
    assert_eq!(carol.last_login_at, None);
    assert_eq!(inventory.last_login(&carol)?, None);
    Ok(())
}

#[test]
fn a_login_that_is_written_late_does_not_hide_a_later_one() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let inventory = &authority.inventory;
    inventory.record_logins(&[accepted(&alice, 2)], LATER)?;
    inventory.record_logins(&[accepted(&alice, 1)], LATER)?;
    let last = inventory.last_login(&alice)?.unwrap();
    assert_eq!(last.at, NOW + time::Duration::hours(2));
    Ok(())
}

#[test]
fn a_login_by_a_clock_that_stood_ahead_hides_none() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let inventory = &authority.inventory;
    inventory.record_logins(&[accepted(&alice, 9000)], LATER)?;
    inventory.record_logins(&[accepted(&alice, 1)], LATER)?;
    let last = inventory.last_login(&alice)?.unwrap();
    assert_eq!(last.at, NOW + time::Duration::HOUR);
    Ok(())
}

#[test]
fn the_oldest_logins_go_and_the_last_one_of_each_certificate_stays() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let inventory = &authority.inventory;
    inventory.record_logins_within(&[accepted(&alice, 1)], 3, LATER)?;
    for number in 0..5 {
        inventory.record_logins_within(&[stranger(&format!("CN={number}"))], 3, LATER)?;
    }
    let kept = texts(&authority, "SELECT subject FROM login ORDER BY id")?;
    assert_eq!(kept, ["CN=2", "CN=3", "CN=4"].map(|it| Some(it.to_owned())));
    assert!(inventory.logins_of(&alice, 10)?.is_empty());
    assert!(inventory.last_login(&alice)?.is_some());
    // One batch larger than the bound is cut to it as well.
    inventory.record_logins_within(&vec![accepted(&alice, 2); 10], 3, LATER)?;
    assert_eq!(inventory.logins_of(&alice, 10)?.len(), 3);
    Ok(())
}

#[test]
fn a_strangers_subject_is_kept_short_and_a_known_one_is_not_kept() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let long = format!("CN={}", "é".repeat(5_000));
    let mapped = Login {
        peer: Some(IpAddr::V6(Ipv4Addr::new(192, 0, 2, 7).to_ipv6_mapped())),
        ..stranger(&long)
    };
    let v6 = Login {
        peer: Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ..accepted(&alice, 1)
    };
    authority.inventory.record_logins(&[mapped, v6], LATER)?;
    let subjects = texts(&authority, "SELECT subject FROM login ORDER BY id")?;
    let lengths: Vec<_> = (subjects.iter().map(Option::as_ref))
        .map(|subject| subject.map(|text| text.chars().count()))
        .collect();
    assert_eq!(lengths, [Some(257), None]);
    let peers = texts(&authority, "SELECT peer FROM login ORDER BY id")?;
    assert_eq!(peers, ["192.0.2.7", "::1"].map(|it| Some(it.to_owned())));
    Ok(())
}

#[test]
fn unused_is_a_valid_client_that_was_issued_long_ago_and_not_seen_since() -> Result<()> {
    let authority = TestAuthority::new()?;
    let [alice, bob, carol, dave] =
        ["alice", "bob", "carol", "dave"].map(|name| authority.issue(name).unwrap());
    let inventory = &authority.inventory;
    inventory.revoke(&[dave], ReasonCode::Unspecified, NOW)?;
    // Alice was here lately, bob long ago, carol only in vain.
    let logins = [
        accepted(&alice, 99 * 24),
        accepted(&bob, 1),
        refused(&carol, 99 * 24),
    ];
    let now = NOW + time::Duration::days(100);
    inventory.record_logins(&logins, now)?;
    let unused = |days, limit, after| {
        let filter = Filter {
            unused_since: Some(now - time::Duration::days(days)),
            limit,
            after,
            ..Filter::default()
        };
        inventory.list(&filter, now)
    };
    let names = |page: crate::inventory::Page| -> Vec<String> {
        page.records.iter().map(Record::reference).collect()
    };
    assert_eq!(names(unused(90, 10, None)?), ["carol", "bob"]);
    assert_eq!(names(unused(1, 10, None)?), ["carol", "bob"]);
    assert_eq!(names(unused(0, 10, None)?), ["carol", "bob", "alice"]);
    // Nobody has had so long yet.
    assert!(names(unused(101, 10, None)?).is_empty());
    let first = unused(90, 1, None)?;
    let after = first.next_cursor.clone();
    assert_eq!(names(first), ["carol"]);
    assert_eq!(names(unused(90, 1, after)?), ["bob"]);
    Ok(())
}
