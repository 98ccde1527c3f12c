//! Every check of an examination, and the reason that it shares with the judgement of a login.

use super::*;

fn examined(
    authority: &TestAuthority,
    certificate: &Certificate,
    at: OffsetDateTime,
) -> Result<(Option<Reason>, Vec<Check>)> {
    Ok(examine(
        &[certificate.der()],
        &authority.inventory.authorities()?,
        authority.find(certificate)?.as_ref(),
        at,
    ))
}

fn failed(checks: &[Check]) -> Vec<&str> {
    let failed = checks.iter().filter(|check| check.ok == Some(false));
    failed.map(|check| check.name).collect()
}

#[test]
fn an_examination_names_every_check_and_gives_the_reason_of_the_first_that_fails() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let (reason, checks) = examined(&authority, &alice.certificate, NOW)?;
    assert_eq!(reason, None);
    assert!(checks.iter().all(|check| check.ok == Some(true)));
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    assert_eq!(names, Reason::ALL.map(Reason::check));
    authority
        .inventory
        .revoke(std::slice::from_ref(&alice), ReasonCode::KeyCompromise, NOW)?;
    let later = NOW + time::Duration::days(1000);
    let (reason, checks) = examined(&authority, &alice.certificate, later)?;
    assert_eq!(reason, Some(Reason::Revoked));
    assert_eq!(failed(&checks), ["revocation", "not-after"]);
    assert_eq!(
        judged(&authority, &[&alice.certificate], later)?.reason(),
        reason
    );
    Ok(())
}

#[test]
fn only_of_clients_an_examination_asks_what_a_login_needs() -> Result<()> {
    let authority = TestAuthority::new()?;
    let host = SubjectAltName::parse_host("localhost")?;
    let server = authority.sign(Profile::Server, "localhost", &[host], years(1)?)?;
    authority
        .inventory
        .record(&server, Profile::Server, None, NOW)?;
    let ours = [
        &server,
        authority.issuing.certificate(),
        authority.root.certificate(),
    ];
    for certificate in ours {
        let (reason, checks) = examined(&authority, certificate, NOW)?;
        assert_eq!(reason, None, "{checks:#?}");
        assert!(
            checks
                .iter()
                .any(|check| check.name == "extended-key-usage" && check.ok.is_none())
        );
        assert!(refused(&authority, &[certificate])?.is_some());
    }
    Ok(())
}

#[test]
fn what_was_on_hold_at_a_moment_is_refused_for_that_moment_alone() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?;
    let hour = time::Duration::HOUR;
    authority.inventory.revoke(
        std::slice::from_ref(&alice),
        ReasonCode::CertificateHold,
        NOW + hour,
    )?;
    authority.inventory.unrevoke(&alice, NOW + hour * 3)?;
    for (hours, reason) in [(0, None), (1, Some(Reason::Revoked)), (3, None)] {
        let (found, checks) = examined(&authority, &alice.certificate, NOW + hour * hours)?;
        assert_eq!(found, reason, "{checks:#?}");
    }
    Ok(())
}

#[test]
fn of_a_foreign_certificate_an_examination_tells_what_can_be_told() -> Result<()> {
    let (ours, theirs) = (
        TestAuthority::new()?,
        TestAuthority::named("other", NameConstraints::default())?,
    );
    let foreign = theirs.issue("alice")?.certificate;
    let (reason, checks) = examined(&ours, &foreign, NOW)?;
    assert_eq!(reason, Some(Reason::UnknownIssuer));
    assert_eq!(failed(&checks), ["issuer", "inventory"]);
    let unknown = checks.iter().filter(|check| check.ok.is_none());
    assert_eq!(unknown.count(), 6);
    let (reason, checks) = examine(&[b"hello"], &[], None, NOW);
    assert_eq!(reason, Some(Reason::Malformed));
    assert_eq!(failed(&checks), ["readable"]);
    assert_eq!(checks.len(), Reason::ALL.len());
    Ok(())
}

#[test]
fn what_an_ended_authority_signed_has_ended() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (long, _) = authority.forge(|parameters| {
        parameters.not_after = NOW + time::Duration::days(36_500);
    })?;
    let record = authority.record(&long, "alice")?;
    let end = authority.issuing.certificate().validity().not_after;
    for (at, reason) in [
        (end, None),
        (end + time::Duration::SECOND, Some(Reason::Expired)),
    ] {
        assert_eq!(
            judged(&authority, &[&record.certificate], at)?.reason(),
            reason
        );
    }
    Ok(())
}
