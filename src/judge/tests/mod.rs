//! Both sides of every reason, and which of two goes first.

mod examined;

use std::sync::Arc;

use rcgen::{BasicConstraints, DnType, IsCa, KeyUsagePurpose};

use super::*;
use crate::error::Result;
use crate::inventory::ReasonCode;
use crate::name::{NameConstraints, SubjectAltName, Subtree};
use crate::profile::Profile;
use crate::testing::{NOW, TestAuthority, forge, years};
use crate::validity::{Lifetime, Validity};

fn judged(
    authority: &TestAuthority,
    chain: &[&Certificate],
    now: OffsetDateTime,
) -> Result<Verdict> {
    let ders: Vec<&[u8]> = chain.iter().map(|certificate| certificate.der()).collect();
    let record = match chain.first() {
        Some(first) => authority.find(first)?,
        None => None,
    };
    let authorities = authority.inventory.authorities()?;
    let verdict = judge(&ders, &authorities, record.as_ref(), now);
    // Whoever verified the signature before judges alike.
    if let Some(record) = record
        && let Some(verified) = Verified::new(record, &Arc::new(authorities))
    {
        assert_eq!(verified.judge(now), verdict);
    }
    Ok(verdict)
}

fn refused(authority: &TestAuthority, chain: &[&Certificate]) -> Result<Option<Reason>> {
    judged(authority, chain, NOW).map(Verdict::reason)
}

#[test]
fn exactly_what_was_issued_is_accepted() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?.certificate;
    assert_eq!(judged(&authority, &[&alice], NOW)?, Verdict::Accepted);
    let issuing = authority.issuing.certificate();
    assert_eq!(
        judged(&authority, &[&alice, issuing], NOW)?,
        Verdict::Accepted
    );
    Ok(())
}

#[test]
fn nothing_presented_is_no_certificate() -> Result<()> {
    assert_eq!(
        judged(&TestAuthority::new()?, &[], NOW)?,
        Verdict::NoCertificate
    );
    Ok(())
}

#[test]
fn octets_that_are_no_certificate_or_more_than_one_are_malformed() -> Result<()> {
    let authority = TestAuthority::new()?;
    let authorities = authority.inventory.authorities()?;
    let mut longer = authority.issue("alice")?.certificate.der().to_vec();
    longer.push(0);
    for octets in [b"".to_vec(), b"hello".to_vec(), vec![0x30, 0x80], longer] {
        let verdict = judge(&[octets], &authorities, None, NOW);
        assert_eq!(verdict, Verdict::Refused(Reason::Malformed));
    }
    Ok(())
}

#[test]
fn a_foreign_and_a_self_signed_certificate_have_an_unknown_issuer() -> Result<()> {
    let (ours, theirs) = (
        TestAuthority::new()?,
        TestAuthority::named("other", NameConstraints::default())?,
    );
    let foreign = theirs.issue("alice")?.certificate;
    assert_eq!(refused(&ours, &[&foreign])?, Some(Reason::UnknownIssuer));
    let chain = [
        &foreign,
        theirs.issuing.certificate(),
        theirs.root.certificate(),
    ];
    assert_eq!(refused(&ours, &chain)?, Some(Reason::UnknownIssuer));
    let root_of_theirs = theirs.root.certificate();
    assert_eq!(
        refused(&ours, &[root_of_theirs])?,
        Some(Reason::UnknownIssuer)
    );
    Ok(())
}

#[test]
fn a_foreign_authority_of_the_same_name_makes_a_bad_signature() -> Result<()> {
    let (ours, theirs) = (TestAuthority::new()?, TestAuthority::new()?);
    let foreign = theirs.issue("alice")?.certificate;
    assert_eq!(refused(&ours, &[&foreign])?, Some(Reason::BadSignature));
    assert_eq!(
        refused(&ours, &[&foreign, theirs.issuing.certificate()])?,
        Some(Reason::BadSignature)
    );
    Ok(())
}

#[test]
fn an_altered_certificate_has_a_bad_signature() -> Result<()> {
    let authority = TestAuthority::new()?;
    let alice = authority.issue("alice")?.certificate;
    let mut der = alice.der().to_vec();
    let position = der
        .windows(5)
        .position(|window| window == b"alice")
        .unwrap();
    der[position] = b'm';
    let altered = Certificate::from_der(der)?;
    assert_eq!(
        refused(&authority, &[&altered])?,
        Some(Reason::BadSignature)
    );
    Ok(())
}

#[test]
fn a_certificate_signed_by_an_end_entity_or_by_one_ca_too_many_breaks_the_path_length() -> Result<()>
{
    let authority = TestAuthority::new()?;
    let named = |name: &'static str| {
        move |parameters: &mut rcgen::CertificateParams| {
            parameters.distinguished_name.push(DnType::CommonName, name);
        }
    };
    let (end_entity, key) = authority.forge(named("alice"))?;
    let (beneath, _) = forge(&end_entity, &key, named("mallory"))?;
    assert_eq!(
        refused(&authority, &[&beneath, &end_entity])?,
        Some(Reason::PathLength)
    );
    let (sub_ca, key) = authority.forge(|parameters| {
        named("sub CA")(parameters);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    })?;
    let (beneath, _) = forge(&sub_ca, &key, named("mallory"))?;
    assert_eq!(
        refused(&authority, &[&beneath, &sub_ca])?,
        Some(Reason::PathLength)
    );
    // Without the link between, nothing leads to us.
    assert_eq!(
        refused(&authority, &[&beneath])?,
        Some(Reason::UnknownIssuer)
    );
    // A link of the right name and another key leads nowhere either.
    let (other, _) = authority.forge(named("sub CA"))?;
    assert_eq!(
        refused(&authority, &[&beneath, &other])?,
        Some(Reason::UnknownIssuer)
    );
    Ok(())
}

#[test]
fn a_name_outside_the_constraints_is_refused_and_one_inside_is_not() -> Result<()> {
    let constraints = NameConstraints::permitting(vec![Subtree::parse_email("example.org")?]);
    let authority = TestAuthority::constrained(constraints)?;
    let with_email = |address: &'static str| {
        authority.forge(move |parameters| {
            parameters.subject_alt_names =
                vec![rcgen::SanType::Rfc822Name(address.try_into().unwrap())];
        })
    };
    let (outside, _) = with_email("alice@example.com")?;
    assert_eq!(
        refused(&authority, &[&outside])?,
        Some(Reason::NameConstraint)
    );
    let (inside, _) = with_email("alice@example.org")?;
    assert_eq!(
        refused(&authority, &[&inside])?,
        Some(Reason::NotIssuedHere)
    );
    Ok(())
}

#[test]
fn an_e_mail_address_in_the_subject_is_constrained_where_no_alternative_name_is_there() -> Result<()>
{
    let constraints = NameConstraints::permitting(vec![Subtree::parse_email("example.org")?]);
    let authority = TestAuthority::constrained(constraints)?;
    let email_address = || DnType::from_oid(&[1, 2, 840, 113549, 1, 9, 1]);
    let with = |addresses: &'static [&'static str], names: &'static [&'static str]| {
        authority.forge(move |parameters| {
            for address in addresses {
                let value = rcgen::DnValue::Ia5String((*address).try_into().unwrap());
                parameters.distinguished_name.push(email_address(), value);
            }
            let names = names.iter().map(|name| (*name).try_into().unwrap());
            parameters.subject_alt_names = names.map(rcgen::SanType::Rfc822Name).collect();
        })
    };
    let (outside, inside) = (&["alice@example.com"], &["alice@example.org"]);
    for (addresses, names, reason) in [
        (outside, &[][..], Reason::NameConstraint),
        (inside, &[][..], Reason::NotIssuedHere),
        // RFC 5280 §4.2.1.10: only without subjectAltName.
        (outside, &inside[..], Reason::NotIssuedHere),
        (inside, &outside[..], Reason::NameConstraint),
    ] {
        let (certificate, _) = with(addresses, names)?;
        assert_eq!(refused(&authority, &[&certificate])?, Some(reason));
    }
    Ok(())
}

#[test]
fn a_key_that_may_not_sign_and_a_ca_are_refused_for_their_key_usage() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (enciphers, _) = authority
        .forge(|parameters| parameters.key_usages = vec![KeyUsagePurpose::KeyEncipherment])?;
    assert_eq!(
        refused(&authority, &[&enciphers])?,
        Some(Reason::WrongKeyUsage)
    );
    assert_eq!(
        refused(&authority, &[authority.issuing.certificate()])?,
        Some(Reason::WrongKeyUsage)
    );
    // An absent keyUsage restricts nothing.
    let (silent, _) = authority.forge(|parameters| parameters.key_usages = Vec::new())?;
    assert_eq!(
        refused(&authority, &[&silent])?,
        Some(Reason::NotIssuedHere)
    );
    Ok(())
}

#[test]
fn a_server_certificate_cannot_authenticate_a_client() -> Result<()> {
    let authority = TestAuthority::new()?;
    let host = SubjectAltName::parse_host("localhost")?;
    let server = authority.sign(Profile::Server, "localhost", &[host], years(1)?)?;
    assert_eq!(
        refused(&authority, &[&server])?,
        Some(Reason::WrongExtendedKeyUsage)
    );
    let (silent, _) = authority.forge(|parameters| parameters.extended_key_usages = Vec::new())?;
    assert_eq!(
        refused(&authority, &[&silent])?,
        Some(Reason::NotIssuedHere)
    );
    Ok(())
}

#[test]
fn a_good_signature_on_what_the_inventory_does_not_know_is_not_issued_here() -> Result<()> {
    let authority = TestAuthority::new()?;
    let unrecorded = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
    assert_eq!(
        refused(&authority, &[&unrecorded])?,
        Some(Reason::NotIssuedHere)
    );
    // Another certificate's row is no row of this one.
    let bob = authority.issue("bob")?;
    let authorities = authority.inventory.authorities()?;
    let verdict = judge(&[unrecorded.der()], &authorities, Some(&bob), NOW);
    assert_eq!(verdict, Verdict::Refused(Reason::NotIssuedHere));
    Ok(())
}

#[test]
fn a_revoked_and_a_held_certificate_are_refused_also_after_they_expired() -> Result<()> {
    let authority = TestAuthority::new()?;
    for (name, reason) in [
        ("alice", ReasonCode::KeyCompromise),
        ("bob", ReasonCode::CertificateHold),
    ] {
        let record = authority.issue(name)?;
        authority
            .inventory
            .revoke(std::slice::from_ref(&record), reason, NOW)?;
        assert_eq!(
            refused(&authority, &[&record.certificate])?,
            Some(Reason::Revoked)
        );
        let later = NOW + time::Duration::days(1000);
        let verdict = judged(&authority, &[&record.certificate], later)?;
        assert_eq!(verdict, Verdict::Refused(Reason::Revoked));
    }
    Ok(())
}

#[test]
fn a_certificate_counts_from_its_first_to_its_last_second() -> Result<()> {
    let authority = TestAuthority::new()?;
    let validity = Validity::starting(NOW, Lifetime::days(1))?;
    let certificate = authority.sign(Profile::Client, "alice", &[], validity)?;
    authority.record(&certificate, "alice")?;
    let at = |moment| judged(&authority, &[&certificate], moment);
    assert_eq!(
        at(validity.not_before - time::Duration::SECOND)?,
        Verdict::Refused(Reason::NotYetValid)
    );
    assert_eq!(at(validity.not_before)?, Verdict::Accepted);
    assert_eq!(at(validity.not_after)?, Verdict::Accepted);
    assert_eq!(
        at(validity.not_after + time::Duration::SECOND)?,
        Verdict::Refused(Reason::Expired)
    );
    Ok(())
}

#[test]
fn of_two_reasons_the_one_about_the_certificate_itself_goes_first() -> Result<()> {
    let authority = TestAuthority::new()?;
    // Expired, for a server, and unknown to the inventory.
    let (forged, _) = authority.forge(|parameters| {
        parameters.not_after = NOW - time::Duration::HOUR;
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    })?;
    assert_eq!(
        refused(&authority, &[&forged])?,
        Some(Reason::WrongExtendedKeyUsage)
    );
    let (forged, _) =
        authority.forge(|parameters| parameters.not_after = NOW - time::Duration::HOUR)?;
    assert_eq!(
        refused(&authority, &[&forged])?,
        Some(Reason::NotIssuedHere)
    );
    let mut sorted = Reason::ALL;
    sorted.sort();
    assert_eq!(sorted, Reason::ALL);
    Ok(())
}
