//! The log tells of every change, and what was changed past it is found.

use super::super::*;
use super::name;
use crate::hexadecimal;
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority, years};

/// An inventory in which everything happened once: issued, held, lifted, renewed, revoked.
fn eventful() -> Result<TestAuthority> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let (hour, day) = (time::Duration::HOUR, time::Duration::DAY);
    inventory.set(Setting::Organization, "Test Ltd", NOW)?;
    let alice = authority.issue("alice")?;
    let alice = std::slice::from_ref(&alice);
    inventory.revoke(alice, ReasonCode::CertificateHold, NOW)?;
    inventory.unrevoke(&alice[0], NOW + hour)?;
    inventory.revoke(alice, ReasonCode::CertificateHold, NOW + day)?;
    inventory.revoke(alice, ReasonCode::KeyCompromise, NOW + day + hour)?;
    // Held while the overlap runs, lifted before it ends.
    let bob = authority.issue("bob")?;
    renew(&authority, &bob, NOW + day)?;
    let bob = std::slice::from_ref(&bob);
    inventory.revoke(bob, ReasonCode::CertificateHold, NOW + hour)?;
    inventory.unrevoke(&bob[0], NOW + hour * 2)?;
    // Held, lifted, and renewed.
    let carol = authority.issue("carol")?;
    let one = std::slice::from_ref(&carol);
    inventory.revoke(one, ReasonCode::CertificateHold, NOW)?;
    inventory.unrevoke(&carol, NOW)?;
    renew(&authority, &carol, NOW + day)?;
    Ok(authority)
}

fn renew(authority: &TestAuthority, old: &Record, until: OffsetDateTime) -> Result<()> {
    let holder_name = old.name.clone().unwrap();
    let new = authority.sign(Profile::Client, holder_name.as_str(), &[], years(1)?)?;
    let holder = Holder {
        supersedes: Some(Superseded {
            record: old.clone(),
            until: Some(until),
        }),
        ..Holder::client(&holder_name, None)
    };
    authority
        .inventory
        .record(&new, Profile::Client, Some(&holder), NOW)
}

/// The sentences that a verification finds after a change past the log, by kind.
fn found_after(change: &str) -> Result<[Vec<String>; 3]> {
    let authority = eventful()?;
    let connection = &authority.inventory.connection;
    let free = "PRAGMA foreign_keys = OFF; DROP TRIGGER audit_update; DROP TRIGGER audit_delete;";
    connection
        .execute_batch(&format!("{free}{change}"))
        .map_err(|cause| failure(&cause))?;
    let Verification {
        chain,
        certificates,
        revocations,
        ..
    } = authority.inventory.verify_audit()?;
    let sentences = |findings: Findings| {
        let told = findings.told.into_iter();
        told.map(|finding| finding.message).collect::<Vec<_>>()
    };
    Ok([chain, certificates, revocations].map(sentences))
}

#[test]
fn an_inventory_that_only_this_program_wrote_is_what_its_log_tells() -> Result<()> {
    let verification = eventful()?.inventory.verify_audit()?;
    assert!(verification.is_sound(), "{verification:?}");
    assert_eq!(verification.head.id.unsigned_abs(), verification.entries);
    Ok(())
}

#[test]
fn a_change_past_the_log_is_found_and_told_of_whom() -> Result<()> {
    let alice = "(SELECT min(id) FROM certificate WHERE name = 'alice')";
    let changes = [
        (
            1,
            format!("DELETE FROM certificate WHERE id = {alice}"),
            "is not in the inventory",
        ),
        (
            1,
            format!("UPDATE certificate SET name = 'mallory' WHERE id = {alice}"),
            "client mallory",
        ),
        (
            1,
            format!("UPDATE certificate SET profile = 'other' WHERE id = {alice}"),
            "other alice",
        ),
        (
            1,
            format!("UPDATE certificate SET der = x'00' WHERE id = {alice}"),
            "is not its DER",
        ),
        (
            1,
            format!(
                "UPDATE certificate SET fingerprint_sha256 = randomblob(32) WHERE id = {alice}"
            ),
            "no entry tells",
        ),
        (
            2,
            format!(
                "UPDATE certificate SET revoked_at = NULL, reason_code = NULL WHERE id = {alice}"
            ),
            "the inventory that it is not revoked",
        ),
        (
            2,
            format!("UPDATE certificate SET revoked_at = revoked_at + 1 WHERE id = {alice}"),
            "client alice",
        ),
        (
            2,
            format!("UPDATE certificate SET reason_code = 5 WHERE id = {alice}"),
            "cessationOfOperation",
        ),
    ];
    for (kind, change, word) in changes {
        let found = found_after(&change)?;
        assert!(found[0].is_empty(), "{change}: {found:?}");
        assert!(
            found[kind].iter().any(|it| it.contains(word)),
            "{change}: {found:?}"
        );
    }
    Ok(())
}

#[test]
fn a_hold_that_was_forgotten_or_made_up_is_found() -> Result<()> {
    for change in [
        "DELETE FROM hold",
        "UPDATE hold SET lifted_at = lifted_at + 60",
        "INSERT INTO hold SELECT id, 0, 1 FROM certificate WHERE name = 'bob'",
        "UPDATE certificate SET superseded_at = superseded_at + 1",
    ] {
        let [chain, certificates, revocations] = found_after(change)?;
        assert!(chain.is_empty() && certificates.is_empty(), "{change}");
        assert!(!revocations.is_empty(), "{change}");
    }
    Ok(())
}

#[test]
fn a_changed_entry_is_found_in_the_chain_and_in_what_it_tells() -> Result<()> {
    let change = "UPDATE audit SET detail = replace(detail, 'keyCompromise', 'superseded')";
    let [chain, certificates, revocations] = found_after(change)?;
    assert_eq!(chain.len(), 1, "{chain:?}");
    assert!(certificates.is_empty());
    assert_eq!(revocations.len(), 1, "{revocations:?}");
    for unreadable in [
        "UPDATE audit SET detail = '{' WHERE action = 'issue'",
        "UPDATE audit SET detail = CAST(x'ff' AS TEXT) WHERE action = 'issue'",
        "UPDATE audit SET at = 9223372036854775807",
        "DELETE FROM audit",
    ] {
        let [chain, ..] = found_after(unreadable)?;
        assert!(!chain.is_empty(), "{unreadable}");
    }
    Ok(())
}

/// What is wrong with the certificates of an inventory whose log began after two of them, and a change.
fn found_in_older(change: &str) -> Result<u64> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let alice = authority.issue("alice")?;
    authority.issue("bob")?;
    let sql = |text: &str| {
        let done = inventory.connection.execute_batch(text);
        done.map_err(|cause| failure(&cause))
    };
    sql("DROP TRIGGER audit_delete; DELETE FROM audit; PRAGMA foreign_keys = OFF;")?;
    super::super::audit::begin(&inventory.connection, "test", 1, NOW)
        .map_err(|cause| failure(&cause))?;
    inventory.revoke(&[alice], ReasonCode::KeyCompromise, NOW)?;
    authority.issue("carol")?;
    sql(change)?;
    Ok(inventory.verify_audit()?.certificates.count)
}

#[test]
fn the_log_of_an_older_inventory_knows_what_it_began_with() -> Result<()> {
    assert_eq!(found_in_older("")?, 0);
    let of_bob = "WHERE name = 'bob'";
    let removed = found_in_older(&format!("DELETE FROM certificate {of_bob}"))?;
    assert_eq!(removed, 1);
    let other = "UPDATE certificate SET fingerprint_sha256 = randomblob(32)";
    let replaced = found_in_older(&format!("{other} {of_bob}"))?;
    // It is not its DER, and not one of those with which the log began.
    assert_eq!(replaced, 2);
    Ok(())
}

#[test]
fn entries_are_read_newest_first_and_their_pages_join_without_a_gap() -> Result<()> {
    let authority = eventful()?;
    let inventory = &authority.inventory;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = inventory.entries(None, after.as_deref(), 4)?;
        seen.extend(page.entries.iter().map(|entry| entry.id));
        after = page.next_cursor;
        if after.is_none() {
            break;
        }
    }
    let newest = inventory.head()?.id;
    assert_eq!(seen, (1..=newest).rev().collect::<Vec<_>>());
    assert!(inventory.entries(None, Some("x"), 4).is_err());
    Ok(())
}

#[test]
fn since_leaves_out_what_is_older() -> Result<()> {
    let authority = eventful()?;
    let since = |moment| -> Result<usize> {
        let entries = authority.inventory.entries(Some(moment), None, 100)?;
        Ok(entries.entries.len())
    };
    let all = since(OffsetDateTime::UNIX_EPOCH)?;
    assert_eq!(all.try_into().ok(), Some(authority.inventory.head()?.id));
    assert_eq!(since(NOW + time::Duration::days(30_000))?, 0);
    Ok(())
}

#[test]
fn the_history_of_a_certificate_is_its_own() -> Result<()> {
    let authority = eventful()?;
    let inventory = &authority.inventory;
    let alice = inventory.resolve(&Reference::parse("alice")?, NOW)?;
    let history = inventory.history(&alice)?;
    let words: Vec<_> = history.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(words, ["issue", "revoke", "unrevoke", "revoke", "revoke"]);
    assert!(
        history
            .iter()
            .all(|entry| entry.detail["name"] == name("alice").unwrap().as_str())
    );
    Ok(())
}

#[test]
fn a_certificate_was_on_hold_when_it_was() -> Result<()> {
    let authority = eventful()?;
    let alice = Reference::parse("alice")?;
    let alice = authority.inventory.resolve(&alice, NOW)?;
    let (hour, second) = (time::Duration::HOUR, time::Duration::SECOND);
    let status = |moment| alice.status(moment);
    assert_eq!(status(NOW - second), Status::Valid);
    assert_eq!(status(NOW), Status::Revoked);
    assert_eq!(status(NOW + hour - second), Status::Revoked);
    assert_eq!(status(NOW + hour), Status::Valid);
    assert_eq!(status(NOW + time::Duration::DAY), Status::Revoked);
    Ok(())
}

#[test]
fn a_revoked_serial_number_without_a_certificate_is_compared_too() -> Result<()> {
    // CN=theirs
    const ISSUER: &[u8] = b"\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x0c\x06theirs";
    let detail = |issuer: &str, reason: ReasonCode| {
        serde_json::json!({
            "issuer": issuer,
            "serial_number": "0a0b",
            "subject": "CN=gone",
            "revoked_at": crate::validity::format_instant(NOW),
            "reason_code": reason.as_str(),
        })
    };
    let row = |reason: ReasonCode| {
        format!(
            "INSERT INTO revoked_serial_number VALUES (x'{}', x'0a0b', 'CN=gone', 0, {}, {})",
            hexadecimal::encode(ISSUER),
            NOW.unix_timestamp(),
            reason.code()
        )
    };
    let (held, lost) = (ReasonCode::CertificateHold, ReasonCode::KeyCompromise);
    let theirs = |reason| ("CN=theirs", reason);
    let others = |reason| ("CN=others", reason);
    // What the log tells, in turn; the row; how many things are wrong.
    let cases = [
        (vec![theirs(held)], Some(held), 0),
        (vec![theirs(held), theirs(lost)], Some(lost), 0),
        (vec![theirs(held), theirs(lost)], Some(held), 1),
        (vec![theirs(lost)], None, 1),
        (vec![], Some(lost), 1),
        // The same number of another CA is another certificate's.
        (vec![others(lost)], Some(lost), 2),
        (vec![theirs(lost), others(held)], Some(lost), 1),
    ];
    for (told, in_row, wrong) in cases {
        let authority = TestAuthority::new()?;
        let inventory = &authority.inventory;
        for (issuer, reason) in &told {
            inventory.note(Action::Import, &detail(issuer, *reason), NOW)?;
        }
        if let Some(reason) = in_row {
            let written = inventory.connection.execute_batch(&row(reason));
            written.map_err(|cause| failure(&cause))?;
        }
        let verification = inventory.verify_audit()?;
        assert_eq!(verification.revocations.count, wrong, "{told:?} {in_row:?}");
    }
    Ok(())
}
