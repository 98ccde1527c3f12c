//! What is said, by whom, and until when.

use time::{Duration, OffsetDateTime};

use super::*;
use crate::certificate::{Certificate, Subject};
use crate::error::Result;
use crate::inventory::{ReasonCode, Revocation, Standing};
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::name::NameConstraints;
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::testing::{NOW, TestAuthority};
use crate::validity::{Lifetime, Validity};

/// A responder for these CAs.
fn responder(authorities: &[&TestAuthority]) -> Result<Responder> {
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let delegations = authorities.iter().map(|authority| {
        let subject = Subject {
            common_name: "OCSP responder".to_owned(),
            organization: None,
        };
        let validity = Validity::starting(NOW, Lifetime::days(7))?;
        let request =
            Profile::OcspResponder.request(subject, Vec::new(), validity, key.public_key())?;
        let signed = authority
            .issuing
            .sign(&request, SerialNumber::draw()?, None)?;
        Ok((authority.issuing.certificate().clone(), signed))
    });
    let delegations = delegations.collect::<Result<_>>()?;
    Responder::new(key, delegations)
}

/// The CertID of one of the CA's serial numbers, as most clients write it.
fn about<'a>(issuer: &'a IssuerId, number: &'a [u8]) -> CertId<'a> {
    let (hash_algorithm, name, key) = issuer.common();
    CertId {
        hash_algorithm,
        issuer_name_hash: OctetStringRef::new(name).unwrap(),
        issuer_key_hash: OctetStringRef::new(key).unwrap(),
        serial_number: IntRef::new(number).unwrap(),
    }
}

fn status_of(answer: &Answer) -> ResponseStatus {
    OcspResponse::from_der(&answer.der).unwrap().response_status
}

/// Opens a signed answer.
fn opened<T>(answer: &Answer, look: impl FnOnce(BasicResponse<'_>, ResponseData<'_>) -> T) -> T {
    let response = OcspResponse::from_der(&answer.der).unwrap();
    assert_eq!(response.response_status, ResponseStatus::Successful);
    let bytes = response.response_bytes.unwrap();
    assert_eq!(bytes.response_type, BASIC);
    let basic = BasicResponse::from_der(bytes.response.as_bytes()).unwrap();
    let data = basic.tbs_response_data.to_der().unwrap();
    look(basic, ResponseData::from_der(&data).unwrap())
}

/// Asks about one serial number of which this is known.
fn asked(authority: &TestAuthority, known: Standing, now: OffsetDateTime) -> Result<Answer> {
    let issuer = IssuerId::of(authority.issuing.certificate())?;
    let der = request(&[about(&issuer, &[0x42])], &[]);
    let read = Request::from_der(&der).unwrap();
    responder(&[authority])?.answer(&read, now, |name, number| {
        assert_eq!(name, authority.issuing.certificate().subject());
        assert_eq!(number.octets(), [0x42]);
        Ok(known)
    })
}

fn said(answer: &Answer) -> CertStatus {
    opened(answer, |_, data| data.responses[0].cert_status)
}

fn revoked(at: OffsetDateTime, reason: ReasonCode) -> Standing {
    Standing::Issued {
        revocation: Some(Revocation { at, reason }),
    }
}

fn seconds(time: der::asn1::GeneralizedTime) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap()
}

#[test]
fn an_issued_certificate_is_good_and_one_never_issued_unknown() -> Result<()> {
    let authority = TestAuthority::new()?;
    let good = asked(&authority, Standing::Issued { revocation: None }, NOW)?;
    assert!(matches!(said(&good), CertStatus::Good(_)));
    let unknown = asked(&authority, Standing::Unknown, NOW)?;
    assert!(matches!(said(&unknown), CertStatus::Unknown(_)));
    Ok(())
}

#[test]
fn a_revocation_is_told_with_its_time_and_its_reason_unless_that_is_unspecified() -> Result<()> {
    let authority = TestAuthority::new()?;
    let at = NOW - Duration::DAY;
    for (reason, expected) in [
        (ReasonCode::KeyCompromise, Some(CrlReason::KeyCompromise)),
        (
            ReasonCode::CertificateHold,
            Some(CrlReason::CertificateHold),
        ),
        (ReasonCode::AaCompromise, Some(CrlReason::AaCompromise)),
        (ReasonCode::Unspecified, None),
    ] {
        let CertStatus::Revoked(told) = said(&asked(&authority, revoked(at, reason), NOW)?) else {
            panic!("{reason} is not told as revoked");
        };
        assert_eq!(seconds(told.revocation_time), at.unix_timestamp());
        assert_eq!(told.revocation_reason, expected);
    }
    Ok(())
}

#[test]
fn a_revocation_ahead_does_not_count_yet_but_ends_the_answer() -> Result<()> {
    let authority = TestAuthority::new()?;
    let at = NOW + Duration::minutes(10);
    let ahead = revoked(at, ReasonCode::Superseded);
    let before = asked(&authority, ahead, NOW)?;
    assert!(matches!(said(&before), CertStatus::Good(_)));
    assert_eq!(before.freshness.unwrap().next_update, at);
    let then = asked(&authority, ahead, at)?;
    assert!(matches!(said(&then), CertStatus::Revoked(_)));
    assert_eq!(then.freshness.unwrap().next_update, at + Duration::HOUR);
    Ok(())
}

#[test]
fn an_answer_is_good_for_an_hour_but_never_longer_than_the_responders_certificate() -> Result<()> {
    let authority = TestAuthority::new()?;
    let good = Standing::Issued { revocation: None };
    let end = NOW + Duration::days(7) - Duration::SECOND;
    for (now, next_update) in [
        (NOW, NOW + Duration::HOUR),
        (end - Duration::MINUTE, end),
        (end, end),
    ] {
        let answer = asked(&authority, good, now)?;
        let freshness = Freshness {
            this_update: now,
            next_update,
        };
        assert_eq!(answer.freshness, Some(freshness));
        opened(&answer, |_, data| {
            assert_eq!(seconds(data.produced_at), now.unix_timestamp());
            let single = &data.responses[0];
            assert_eq!(seconds(single.this_update), now.unix_timestamp());
            assert_eq!(
                seconds(single.next_update.unwrap()),
                next_update.unix_timestamp()
            );
        });
    }
    let after = asked(&authority, good, end + Duration::SECOND)?;
    assert_eq!(status_of(&after), ResponseStatus::TryLater);
    Ok(())
}

#[test]
fn the_answer_repeats_each_certificate_as_it_was_asked_and_the_nonce() -> Result<()> {
    let authority = TestAuthority::new()?;
    let issuer = IssuerId::of(authority.issuing.certificate())?;
    let without_parameters = CertId {
        hash_algorithm: AlgorithmIdentifierRef {
            parameters: None,
            ..about(&issuer, &[3]).hash_algorithm
        },
        ..about(&issuer, &[3])
    };
    let ids = [
        about(&issuer, &[1]),
        about(&issuer, &[0, 0xff]),
        without_parameters,
        about(&issuer, &[0xfb]),
    ];
    let value = OctetStringRef::new(&[9; 32]).unwrap().to_der().unwrap();
    let nonce = Extension {
        extn_id: NONCE,
        critical: true,
        extn_value: OctetStringRef::new(&value).unwrap(),
    };
    let der = request(&ids, &[nonce]);
    let read = Request::from_der(&der).unwrap();
    let mut looked_up = Vec::new();
    let answer = responder(&[&authority])?.answer(&read, NOW, |_, number| {
        looked_up.push(number.to_string());
        Ok(Standing::Issued { revocation: None })
    })?;
    // A negative number was never issued; nobody is asked about the positive one of the same octets.
    assert_eq!(looked_up, ["01", "ff", "03"]);
    assert_eq!(answer.freshness, None, "an answer to a nonce is for one");
    opened(&answer, |_, data| {
        let repeated: Vec<_> = data.responses.iter().map(|single| single.cert_id).collect();
        assert_eq!(repeated, ids);
        assert!(matches!(
            data.responses[3].cert_status,
            CertStatus::Unknown(_)
        ));
        let extensions = data.response_extensions.unwrap();
        assert_eq!(extensions.len(), 1);
        assert_eq!(extensions[0].extn_value, nonce.extn_value);
        assert!(!extensions[0].critical);
    });
    Ok(())
}

#[test]
fn the_delegated_certificates_are_inside_and_their_key_signed() -> Result<()> {
    let (one, other) = (
        TestAuthority::new()?,
        TestAuthority::named("other", NameConstraints::default())?,
    );
    let (first, second) = (
        IssuerId::of(one.issuing.certificate())?,
        IssuerId::of(other.issuing.certificate())?,
    );
    let responder = responder(&[&one, &other])?;
    let answered = |ids: &[CertId<'_>]| {
        let der = request(ids, &[]);
        let read = Request::from_der(&der).unwrap();
        responder.answer(&read, NOW, |_, _| Ok(Standing::Unknown))
    };
    let certificates = |answer: &Answer| {
        opened(answer, |basic, data| {
            let certs = basic.certs.unwrap();
            let certificates: Vec<_> = certs
                .iter()
                .map(|der| Certificate::from_der(der.to_der().unwrap()).unwrap())
                .collect();
            let key = certificates[0].facts().public_key.clone();
            let key = pkcs8::spki::SubjectPublicKeyInfoRef::try_from(&*key).unwrap();
            let point = key.subject_public_key.raw_bytes();
            aws_lc_rs::signature::UnparsedPublicKey::new(
                &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
                point,
            )
            .verify(
                &basic.tbs_response_data.to_der().unwrap(),
                basic.signature.raw_bytes(),
            )
            .unwrap();
            let identifier = certificates[0].extensions().subject_key_identifier.clone();
            assert_eq!(data.responder_key_hash.as_bytes(), identifier.unwrap());
            certificates
        })
    };
    let found = certificates(&answered(&[about(&first, &[1]), about(&first, &[2])])?);
    assert_eq!(found.len(), 1);
    assert!(found[0].is_signed_by(one.issuing.certificate()));
    let found = certificates(&answered(&[about(&first, &[1]), about(&second, &[2])])?);
    assert_eq!(found.len(), 2);
    assert!(found[1].is_signed_by(other.issuing.certificate()));
    Ok(())
}

#[test]
fn other_cas_certificates_are_unknown_next_to_ours_and_unauthorized_alone() -> Result<()> {
    let (ours, foreign) = (
        TestAuthority::new()?,
        TestAuthority::named("foreign", NameConstraints::default())?,
    );
    let (known, other) = (
        IssuerId::of(ours.issuing.certificate())?,
        IssuerId::of(foreign.issuing.certificate())?,
    );
    let responder = responder(&[&ours])?;
    let good = |_: &_, _: &_| Ok(Standing::Issued { revocation: None });
    let der = request(&[about(&other, &[1])], &[]);
    let alone = responder.answer(&Request::from_der(&der).unwrap(), NOW, good)?;
    assert_eq!(status_of(&alone), ResponseStatus::Unauthorized);
    assert_eq!(alone.freshness, None);
    let der = request(&[about(&other, &[1]), about(&known, &[1])], &[]);
    let mixed = responder.answer(&Request::from_der(&der).unwrap(), NOW, good)?;
    opened(&mixed, |_, data| {
        assert!(matches!(
            data.responses[0].cert_status,
            CertStatus::Unknown(_)
        ));
        assert!(matches!(data.responses[1].cert_status, CertStatus::Good(_)));
    });
    Ok(())
}

#[test]
fn a_refusal_is_five_octets_and_signed_by_nobody() {
    for (refusal, code) in [
        (Refusal::MalformedRequest, 1),
        (Refusal::InternalError, 2),
        (Refusal::TryLater, 3),
        (Refusal::Unauthorized, 6),
    ] {
        let answer = Answer::from(refusal);
        assert_eq!(answer.der, [0x30, 3, 0x0a, 1, code]);
        assert_eq!(answer.freshness, None);
    }
}

#[test]
fn a_server_staples_what_would_be_answered_about_its_certificate() -> Result<()> {
    let authority = TestAuthority::new()?;
    let record = authority.issue("server")?;
    let responder = responder(&[&authority])?;
    let look_up = |issuer: &_, number: &_| authority.inventory.standing(issuer, number);
    let stapled = responder
        .staple(&record.certificate, NOW, look_up)?
        .unwrap();
    let answer = Answer {
        der: stapled,
        freshness: None,
    };
    assert!(matches!(said(&answer), CertStatus::Good(_)));
    opened(&answer, |_, data| {
        let number = data.responses[0].cert_id.serial_number;
        assert_eq!(
            SerialNumber::from_octets(number.as_bytes()),
            *record.certificate.serial_number()
        );
    });
    let foreign = TestAuthority::named("foreign", NameConstraints::default())?;
    let other = foreign.issue("server")?;
    assert_eq!(responder.staple(&other.certificate, NOW, look_up)?, None);
    let ended = NOW + Duration::days(7);
    assert_eq!(responder.staple(&record.certificate, ended, look_up)?, None);
    Ok(())
}

#[test]
fn a_responder_takes_only_a_p256_key_that_is_its_certificates() -> Result<()> {
    let authority = TestAuthority::new()?;
    let own = responder(&[&authority])?;
    let delegations = || {
        own.delegations()
            .map(|(issuer, certificate)| (issuer.clone(), certificate.clone()))
            .collect()
    };
    let other = PrivateKey::generate(KeyAlgorithm::P256)?;
    assert!(Responder::new(other, delegations()).is_err());
    let none = PrivateKey::generate(KeyAlgorithm::P256)?;
    assert!(Responder::new(none, Vec::new()).is_err());
    Ok(())
}
