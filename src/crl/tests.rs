//! What is signed, and that nothing else is taken for it.

use time::macros::datetime;

use super::*;
use crate::certificate::ListEntry;
use crate::inventory::{ReasonCode, Revocation};
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::testing::{NOW, TestAuthority, years};

const WEEK: time::Duration = time::Duration::WEEK;

fn new(crl_number: u64) -> NewCrl {
    NewCrl {
        crl_number,
        this_update: NOW,
        next_update: NOW + WEEK,
    }
}

fn revoked(at: OffsetDateTime, reason: ReasonCode) -> Revocation {
    Revocation { at, reason }
}

/// The CRL's entries as they are read back.
fn entries_of(list: &CertificateList) -> Result<Vec<ListEntry>> {
    let mut found = Vec::new();
    list.visit(|entry| found.push(entry.clone()))?;
    Ok(found)
}

#[test]
fn a_crl_lists_what_went_in_with_time_and_reason() -> Result<()> {
    let authority = TestAuthority::new()?;
    let mut entries = Entries::default();
    let wanted = [
        (
            &[0x80, 1][..],
            datetime!(2026-02-28 1:02:03 UTC),
            ReasonCode::KeyCompromise,
            Some(1),
        ),
        (&[0x01][..], NOW, ReasonCode::CertificateHold, Some(6)),
        (
            &[0x7f; 20][..],
            datetime!(2050-01-01 0:00 UTC),
            ReasonCode::AaCompromise,
            Some(10),
        ),
        // RFC 5280 §5.3.1: unspecified is said by saying nothing.
        (
            &[0x02][..],
            datetime!(2049-12-31 23:59:59 UTC),
            ReasonCode::Unspecified,
            None,
        ),
    ];
    for (serial_number, at, reason, _) in wanted {
        entries.push(
            &SerialNumber::from_octets(serial_number),
            revoked(at, reason),
        );
    }
    let list = sign(&authority.issuing, &new(7), entries)?;
    let found = entries_of(&list)?;
    let expected = wanted.map(|(serial_number, at, _, code)| ListEntry {
        serial_number: SerialNumber::from_octets(serial_number),
        revocation_date: at,
        reason_code: code,
    });
    assert_eq!(found, expected);
    assert_eq!(list.facts().crl_number, 7);
    assert_eq!(
        (list.facts().this_update, list.facts().next_update),
        (NOW, NOW + WEEK)
    );
    Ok(())
}

#[test]
fn the_issuer_stands_in_it_octet_for_octet_and_so_does_its_key_identifier() -> Result<()> {
    let authority = TestAuthority::new()?;
    for issuer in [&authority.root, &authority.issuing] {
        let list = sign(issuer, &new(1), Entries::default())?;
        let certificate = issuer.certificate();
        assert_eq!(list.facts().issuer.der(), certificate.subject().der());
        assert_eq!(
            list.facts().authority_key_identifier,
            certificate.extensions().subject_key_identifier
        );
        assert!(list.is_signed_by(certificate));
    }
    Ok(())
}

#[test]
fn a_crl_of_another_key_is_not_taken_for_ours() -> Result<()> {
    let (ours, other) = (TestAuthority::new()?, TestAuthority::new()?);
    let list = sign(&ours.issuing, &new(1), Entries::default())?;
    assert!(!list.is_signed_by(other.issuing.certificate()));
    assert!(!list.is_signed_by(ours.root.certificate()));
    Ok(())
}

#[test]
fn every_key_algorithm_signs_crls() -> Result<()> {
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(algorithm)?;
        let subject = crate::certificate::Subject {
            common_name: algorithm.to_string(),
            organization: None,
        };
        let request = Profile::Root.request(subject, Vec::new(), years(1)?, key.public_key())?;
        let root = Issuer::self_signed(&request, SerialNumber::draw()?, key)?;
        let mut entries = Entries::default();
        entries.push(&SerialNumber::draw()?, revoked(NOW, ReasonCode::Superseded));
        let list = sign(&root, &new(1), entries)?;
        assert!(list.is_signed_by(root.certificate()), "{algorithm}");
    }
    Ok(())
}

#[test]
fn an_empty_list_is_absent() -> Result<()> {
    let authority = TestAuthority::new()?;
    let list = sign(&authority.issuing, &new(1), Entries::default())?;
    assert_eq!(entries_of(&list)?, []);
    // Behind nextUpdate, a UTCTime, crlExtensions follow at once.
    let next_update = b"260308120000Z\xa0";
    let found = list.der().windows(next_update.len());
    assert_eq!(found.filter(|octets| *octets == next_update).count(), 1);
    Ok(())
}

#[test]
fn nothing_in_a_crl_is_critical() -> Result<()> {
    let authority = TestAuthority::new()?;
    let list = sign(&authority.issuing, &new(1), Entries::default())?;
    let criticality = &list.facts().criticality;
    let wanted = [oid::CRL_NUMBER, oid::AUTHORITY_KEY_IDENTIFIER];
    assert!(criticality.keys().eq(wanted.iter()));
    assert!(criticality.values().all(|critical| !critical));
    Ok(())
}

/// Entries with one certificate.
fn one(serial_number: &SerialNumber, revocation: Revocation) -> Entries {
    let mut entries = Entries::default();
    entries.push(serial_number, revocation);
    entries
}

#[test]
fn a_long_crl_is_one_block_of_pem_too() -> Result<()> {
    let authority = TestAuthority::new()?;
    let mut entries = Entries::default();
    for number in 0..2_000_u16 {
        let number = SerialNumber::from_octets(&[&[1; 18][..], &number.to_be_bytes()].concat());
        entries.push(&number, revoked(NOW, ReasonCode::Superseded));
    }
    let list = sign(&authority.issuing, &new(1), entries)?;
    assert!(list.pem_pieces().count() > 4);
    let form = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    let block = pem::Pem::new("X509 CRL", list.der());
    assert_eq!(list.pem(), pem::encode_config(&block, form));
    Ok(())
}

#[test]
fn what_differs_from_what_was_wanted_does_not_leave() -> Result<()> {
    let authority = TestAuthority::new()?;
    let certificate = authority.issuing.certificate();
    let (number, held) = (
        SerialNumber::draw()?,
        revoked(NOW, ReasonCode::CertificateHold),
    );
    let list = sign(&authority.issuing, &new(1), one(&number, held))?;
    let checked = |new: &NewCrl, entries: Entries| {
        check(
            &list,
            &facts(certificate, new),
            &entries.into_parts().1,
            certificate,
        )
    };
    assert!(checked(&new(1), one(&number, held)).is_ok());
    assert!(checked(&new(2), one(&number, held)).is_err());
    for (other, what) in [
        (Entries::default(), "none"),
        (one(&SerialNumber::draw()?, held), "another number"),
        (
            one(&number, revoked(NOW, ReasonCode::KeyCompromise)),
            "another reason",
        ),
        (
            one(&number, revoked(NOW, ReasonCode::Unspecified)),
            "no reason",
        ),
        (
            one(
                &number,
                revoked(NOW + time::Duration::SECOND, ReasonCode::CertificateHold),
            ),
            "another time",
        ),
    ] {
        assert!(checked(&new(1), other).is_err(), "{what}");
    }
    let mut twice = one(&number, held);
    twice.push(&number, held);
    assert!(checked(&new(1), twice).is_err());
    Ok(())
}

#[test]
fn a_crl_of_which_any_octet_has_changed_does_not_leave() -> Result<()> {
    let authority = TestAuthority::new()?;
    let certificate = authority.issuing.certificate();
    let (number, held) = (
        SerialNumber::draw()?,
        revoked(NOW, ReasonCode::CertificateHold),
    );
    let list = sign(&authority.issuing, &new(1), one(&number, held))?;
    let (_, tally) = one(&number, held).into_parts();
    let wanted = facts(certificate, &new(1));
    let checked = |der: &[u8]| {
        let list = CertificateList::unread(der)?;
        check(&list, &wanted, &tally, certificate)
    };
    assert!(checked(list.der()).is_ok());
    for place in 0..list.der().len() {
        let mut damaged = list.der().to_vec();
        *damaged.get_mut(place).unwrap() ^= 1;
        assert!(checked(&damaged).is_err(), "{place}");
    }
    Ok(())
}

#[test]
fn what_is_done_beside_the_check_fails_with_it_and_it_with_that() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuing = &authority.issuing;
    let shown = |der: &[u8]| Ok(der.to_vec());
    let (list, seen) = sign_beside(issuing, &new(1), Entries::default(), shown)?;
    assert_eq!(list.der(), seen);
    let failing = |_: &[u8]| -> Result<()> { Err(Error::new(ErrorKind::File, "a full disk")) };
    let failed = sign_beside(issuing, &new(1), Entries::default(), failing);
    assert_eq!(failed.unwrap_err().message(), "a full disk");
    Ok(())
}
