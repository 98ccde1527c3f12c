//! Whose status changed since a moment.

use super::*;
use crate::certificate::Fingerprint;

#[test]
fn only_those_are_told_whose_status_may_be_another() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let authorities = inventory.authorities()?;
    let (alice, bob) = (authority.issue("alice")?, authority.issue("bob")?);
    let fingerprint = |record: &Record| record.certificate.fingerprint();
    let since = |head: &Head| inventory.changes_since(head, &authorities);

    let head = inventory.head()?;
    assert_eq!(since(&head)?, Changes::Of(Vec::new()));
    authority.issue("carol")?;
    inventory.set(Setting::BaseUrl, "http://localhost", NOW)?;
    assert_eq!(since(&head)?, Changes::Of(Vec::new()));
    inventory.revoke(
        std::slice::from_ref(&alice),
        ReasonCode::CertificateHold,
        NOW,
    )?;
    assert_eq!(since(&head)?, Changes::Of(vec![fingerprint(&alice)]));
    inventory.unrevoke(&alice, NOW)?;
    let twice = vec![fingerprint(&alice), fingerprint(&alice)];
    assert_eq!(since(&head)?, Changes::Of(twice));

    // Whoever renews ends what is renewed.
    let head = inventory.head()?;
    let renewed = authority.sign(Profile::Client, "bob", &[], years(1)?)?;
    let holder = Holder {
        supersedes: Some(Superseded {
            record: bob.clone(),
            until: Some(NOW + time::Duration::DAY),
        }),
        ..Holder::client(&name("bob")?, None)
    };
    inventory.record(&renewed, Profile::Client, Some(&holder), NOW)?;
    assert_eq!(since(&head)?, Changes::Of(vec![fingerprint(&bob)]));
    Ok(())
}

#[test]
fn a_ca_that_came_or_went_another_log_and_very_many_changes_are_everything() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let authorities = inventory.authorities()?;
    let head = inventory.head()?;
    let other = Head {
        hash: [1; 32],
        ..head
    };
    let beyond = Head {
        id: head.id + 1,
        ..head
    };
    for head in [other, beyond] {
        let changes = inventory.changes_since(&head, &authorities)?;
        assert_eq!(changes, Changes::Everything);
    }
    for known in [&authorities[1..], &[]] {
        let changes = inventory.changes_since(&head, known)?;
        assert_eq!(changes, Changes::Everything);
    }
    let alice = authority.issue("alice")?;
    for _ in 0..1001 {
        inventory
            .append_revocation(&inventory.connection, &alice.certificate, NOW)
            .map_err(|cause| failure(&cause))?;
    }
    let fingerprint: Fingerprint = alice.certificate.fingerprint();
    let last = Head {
        id: head.id + 2,
        hash: inventory
            .connection
            .query_row(
                "SELECT hash FROM audit WHERE id = ?1",
                [head.id + 2],
                |row| row.get(0),
            )
            .map_err(|cause| failure(&cause))?,
        ..head
    };
    let changes = inventory.changes_since(&last, &authorities)?;
    assert_eq!(changes, Changes::Of(vec![fingerprint; 1000]));
    let changes = inventory.changes_since(&head, &authorities)?;
    assert_eq!(changes, Changes::Everything);

    let head = inventory.head()?;
    let issuing = authorities.first().cloned().into_iter().collect::<Vec<_>>();
    inventory.revoke(&issuing, ReasonCode::CaCompromise, NOW)?;
    let changes = inventory.changes_since(&head, &authorities)?;
    assert_eq!(changes, Changes::Everything);
    Ok(())
}
