//! Whose CRL is taken, and how it adds to the index.

use super::*;
use crate::crl::{Entries, NewCrl, sign};
use crate::issuer::Issuer;
use crate::name::NameConstraints;
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::testing::{NOW, TestAuthority};

fn number(octet: u8) -> SerialNumber {
    SerialNumber::from_octets(&[octet])
}

fn revoked(days_ago: i64, reason: ReasonCode) -> Revocation {
    Revocation {
        at: NOW - Duration::days(days_ago),
        reason,
    }
}

/// A CRL with this number that lists these.
fn list(
    issuer: &Issuer,
    crl_number: u64,
    listed: &[(SerialNumber, Revocation)],
) -> Result<ForeignList> {
    list_of(issuer, crl_number, NOW, NOW + Duration::DAY, listed)
}

fn list_of(
    issuer: &Issuer,
    crl_number: u64,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
    listed: &[(SerialNumber, Revocation)],
) -> Result<ForeignList> {
    let mut entries = Entries::default();
    for (serial_number, revocation) in listed {
        entries.push(serial_number, *revocation);
    }
    let new = NewCrl {
        crl_number,
        this_update,
        next_update,
    };
    ForeignList::from_file(sign(issuer, &new, entries)?.pem().as_bytes())
}

fn entry(octet: u8, revocation: Option<Revocation>) -> IndexEntry {
    IndexEntry {
        serial_number: number(octet),
        subject: "/CN=somebody".to_owned(),
        not_after: NOW + Duration::DAY,
        revocation,
    }
}

fn refusal<T>(result: Result<T>) -> (ErrorKind, String) {
    let error = result.map(drop).unwrap_err();
    (error.kind(), error.message().to_owned())
}

#[test]
fn a_crl_adds_what_the_index_lacks_and_changes_nothing_else() -> Result<()> {
    use ReasonCode::{CertificateHold, KeyCompromise, Superseded, Unspecified};
    let authority = TestAuthority::new()?;
    let issuing = &authority.issuing;
    // By the index, by the CRL, together.
    let cases = [
        (None, Some((2, KeyCompromise)), Some((2, KeyCompromise))),
        (Some((2, KeyCompromise)), None, Some((2, KeyCompromise))),
        (None, None, None),
        (
            Some((1, Unspecified)),
            Some((2, Superseded)),
            Some((2, Superseded)),
        ),
        (
            Some((3, Superseded)),
            Some((2, Unspecified)),
            Some((3, Superseded)),
        ),
        (
            Some((3, Superseded)),
            Some((2, KeyCompromise)),
            Some((3, Superseded)),
        ),
        (
            Some((3, CertificateHold)),
            Some((2, Unspecified)),
            Some((3, Unspecified)),
        ),
        (
            Some((1, KeyCompromise)),
            Some((2, CertificateHold)),
            Some((2, KeyCompromise)),
        ),
        (
            Some((1, CertificateHold)),
            Some((2, CertificateHold)),
            Some((2, CertificateHold)),
        ),
    ];
    let (mut index, mut listed, mut together) = (Vec::new(), Vec::new(), Vec::new());
    let told = |told: Option<(i64, ReasonCode)>| told.map(|(days, reason)| revoked(days, reason));
    for (octet, (by_index, by_crl, wanted)) in (1..).zip(cases) {
        index.push(entry(octet, told(by_index)));
        listed.extend(told(by_crl).map(|it| (number(octet), it)));
        together.push(entry(octet, told(wanted)));
    }
    // Nobody knows whose it is nor when it ends.
    listed.push((number(99), revoked(4, Superseded)));
    together.push(IndexEntry {
        serial_number: number(99),
        subject: String::new(),
        not_after: issuing.certificate().validity().not_after,
        revocation: Some(revoked(4, Superseded)),
    });
    let list = list(issuing, 7, &listed)?;
    let past = past(issuing.certificate(), [], index, Some(&list))?;
    assert_eq!(past.entries, together);
    assert_eq!(past.revoked(), 9);
    let crl = past.crl.unwrap();
    assert_eq!((crl.crl_number, crl.as_of, crl.revoked_count), (7, 0, 8));
    Ok(())
}

#[test]
fn a_crl_of_another_ca_is_refused_also_where_it_has_the_same_name() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (root, issuing) = (&authority.root, &authority.issuing);
    let both = || [root.certificate(), issuing.certificate()];
    let own = list(issuing, 7, &[])?;
    assert_eq!(signer(&own, both())?, issuing.certificate());
    let namesake = TestAuthority::new()?;
    let stranger = TestAuthority::named("stranger", NameConstraints::default())?;
    for (theirs, reason) in [
        (&stranger.issuing, "which is not this CA"),
        (&namesake.issuing, "is not signed with its key"),
    ] {
        let (kind, message) = refusal(signer(&list(theirs, 7, &[])?, both()));
        assert_eq!(kind, ErrorKind::NotPermitted);
        assert!(message.contains(reason), "{message}");
    }
    // The root's is not that of the CA that is imported.
    let above = list(root, 7, &[])?;
    refusal(past(
        issuing.certificate(),
        both(),
        Vec::new(),
        Some(&above),
    ));
    Ok(())
}

#[test]
fn a_ca_that_a_crl_calls_revoked_is_not_continued() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (root, issuing) = (&authority.root, authority.issuing.certificate());
    let number = issuing.serial_number().clone();
    let list = list(root, 7, &[(number, revoked(1, ReasonCode::CaCompromise))])?;
    let taken = |ours: &[&Certificate]| {
        let ours = ours.iter().copied();
        past(root.certificate(), ours, Vec::new(), Some(&list))
    };
    let (_, message) = refusal(taken(&[root.certificate(), issuing]));
    assert!(message.ends_with("is revoked"), "{message}");
    assert!(taken(&[root.certificate()]).is_ok());
    Ok(())
}

#[test]
fn an_index_and_a_crl_of_two_cas_are_imported_one_after_the_other() -> Result<()> {
    let authority = TestAuthority::new()?;
    let inventory = &authority.inventory;
    let theirs = TestAuthority::named("theirs", NameConstraints::default())?;
    let root = theirs.root.certificate();
    inventory.import_authority(root, Profile::Root, NOW)?;
    let (own, same) = (
        list(&authority.issuing, 7, &[])?,
        list(&theirs.root, 7, &[])?,
    );
    let authorities = inventory.authorities()?;
    let taken = |index: Option<Vec<IndexEntry>>, crl| {
        past_of(inventory, &authorities, Origin { index, crl })
    };
    let (_, message) = refusal(taken(Some(Vec::new()), Some(&own)));
    assert!(message.contains("the index belongs to"), "{message}");
    assert_eq!(taken(Some(Vec::new()), Some(&same))?.issuer, *root);
    assert_eq!(
        taken(None, Some(&own))?.issuer,
        *authority.issuing.certificate()
    );
    Ok(())
}

#[test]
fn a_crl_of_the_last_second_that_there_is_can_be_continued() -> Result<()> {
    let authority = TestAuthority::new()?;
    // RFC 5280 §4.1.2.5: the moment by which files say that there is none.
    let last = time::macros::datetime!(9999-12-31 23:59:59 UTC);
    for (this_update, begins) in [(NOW, NOW), (last, last - Duration::SECOND)] {
        // An end that is none: a second later is taken for it.
        let list = list_of(&authority.issuing, 7, this_update, this_update, &[])?;
        let record = record(&list).unwrap();
        assert_eq!(record.this_update.replace_nanosecond(0).unwrap(), begins);
        assert!(record.this_update < record.next_update);
    }
    Ok(())
}
