//! What is known of a serial number, and what the CA issued to its own services.

use super::*;
use crate::certificate::DistinguishedName;
use crate::serial::SerialNumber;

fn issuer(authority: &TestAuthority) -> DistinguishedName {
    authority.issuing.certificate().subject().clone()
}

#[test]
fn a_serial_number_is_known_under_its_issuer_only() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("alice")?;
    let number = record.certificate.serial_number();
    let known = authority.inventory.standing(&issuer(&authority), number)?;
    assert_eq!(known, Standing::Issued { revocation: None });
    let root = authority.root.certificate().subject();
    let elsewhere = authority.inventory.standing(root, number)?;
    assert_eq!(elsewhere, Standing::Unknown);
    let never = SerialNumber::draw()?;
    let never = authority.inventory.standing(&issuer(&authority), &never)?;
    assert_eq!(never, Standing::Unknown);
    Ok(())
}

#[test]
fn a_revocation_is_known_with_time_and_reason_and_a_lifted_hold_no_more() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("alice")?;
    let standing = || {
        let number = record.certificate.serial_number();
        authority.inventory.standing(&issuer(&authority), number)
    };
    let one = std::slice::from_ref(&record);
    authority
        .inventory
        .revoke(one, ReasonCode::CertificateHold, NOW)?;
    let revocation = Revocation {
        at: NOW,
        reason: ReasonCode::CertificateHold,
    };
    assert_eq!(standing()?.revocation(), Some(revocation));
    authority.inventory.unrevoke(&record, NOW)?;
    assert_eq!(standing()?, Standing::Issued { revocation: None });
    Ok(())
}

#[test]
fn a_revoked_serial_number_without_a_certificate_is_known_as_revoked() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("alice")?;
    let (with, without) = (
        record.certificate.serial_number().clone(),
        SerialNumber::draw()?,
    );
    for (number, at) in [(&with, NOW), (&without, NOW)] {
        let imported = "INSERT INTO revoked_serial_number VALUES (?1, ?2, 'CN=x', ?3, ?3, 1)";
        authority
            .inventory
            .connection
            .execute(
                imported,
                params![
                    issuer(&authority).der(),
                    number.octets(),
                    at.unix_timestamp()
                ],
            )
            .map_err(|cause| failure(&cause))?;
    }
    let expected = Revocation {
        at: NOW,
        reason: ReasonCode::KeyCompromise,
    };
    for number in [with, without] {
        let standing = authority.inventory.standing(&issuer(&authority), &number)?;
        assert_eq!(standing.revocation(), Some(expected));
    }
    Ok(())
}

#[test]
fn certificates_of_services_are_recorded_together_and_found_until_they_end() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let sign = |days| {
        let validity =
            crate::validity::Validity::starting(NOW, crate::validity::Lifetime::days(days))?;
        authority.sign(Profile::OcspResponder, "responder", &[], validity)
    };
    let (short, long) = (sign(1)?, sign(7)?);
    let both = [short.clone(), long.clone()];
    let before = inventory.head()?.id;
    inventory.record_all(&both, Profile::OcspResponder, NOW)?;
    assert_eq!(inventory.head()?.id, before + 2);
    let found = |now| -> Result<Vec<_>> {
        let records = inventory.services(Profile::OcspResponder, now)?;
        Ok(records
            .into_iter()
            .map(|record| record.certificate)
            .collect())
    };
    assert_eq!(found(NOW)?, [long.clone(), short.clone()]);
    assert_eq!(
        found(NOW + time::Duration::DAY)?,
        std::slice::from_ref(&long)
    );
    assert!(inventory.services(Profile::Audit, NOW)?.is_empty());

    // One that is known already keeps the others out.
    let next = sign(7)?;
    let refused = inventory.record_all(&[next.clone(), long], Profile::OcspResponder, NOW);
    assert!(refused.is_err());
    assert!(authority.find(&next)?.is_none());
    Ok(())
}

#[test]
fn certificates_of_services_are_listed_only_when_asked_for() -> Result<()> {
    let authority = TestAuthority::new()?;
    let certificate = authority.sign(Profile::OcspResponder, "responder", &[], years(1)?)?;
    let inventory = &authority.inventory;
    inventory.record_all(&[certificate], Profile::OcspResponder, NOW)?;
    let listed = |profile| {
        let filter = Filter {
            profile,
            limit: 100,
            ..Filter::default()
        };
        inventory.list(&filter, NOW).map(|page| page.records.len())
    };
    assert_eq!(listed(None)?, 2);
    assert_eq!(listed(Some(Profile::OcspResponder))?, 1);
    Ok(())
}

#[test]
fn neither_look_up_reads_a_whole_table() -> Result<()> {
    let authority = TestAuthority::new()?;
    let plan = |query: &str| -> rusqlite::Result<Vec<String>> {
        let connection = &authority.inventory.connection;
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
        let unbound =
            rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
        statement.query_map(unbound, |row| row.get(3))?.collect()
    };
    for query in [
        find::STANDING.to_owned(),
        format!("SELECT id FROM certificate AS c {}", find::services()),
    ] {
        let steps = plan(&query).map_err(|cause| failure(&cause))?;
        let scans: Vec<_> = steps
            .iter()
            .filter(|step| step.starts_with("SCAN"))
            .collect();
        assert!(scans.is_empty(), "{query}: {scans:?}");
        assert!(steps.iter().any(|step| step.contains("INDEX")), "{steps:?}");
    }
    Ok(())
}
