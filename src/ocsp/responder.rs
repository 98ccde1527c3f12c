//! Signing answers with a key to which the issuing CAs have delegated that.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{Digest, SHA1_FOR_LEGACY_USE_ONLY, digest};
use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, IntRef, Null, OctetStringRef};
use der::{Decode, Encode};
use pkcs8::spki::AlgorithmIdentifierRef;
use rcgen::SigningKey;
use time::OffsetDateTime;

use super::issuer_id::{IssuerId, key_octets};
use super::message::{
    BASIC, BasicResponse, CertId, CertStatus, CrlReason, ECDSA_WITH_SHA256, Extension, NONCE,
    OcspResponse, ResponseBytes, ResponseData, ResponseStatus, RevokedInfo, SingleResponse,
};
use super::{Answer, Freshness, Refusal, Request};
use crate::certificate::{Certificate, DistinguishedName};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{ReasonCode, Revocation, Standing};
use crate::key::PrivateKey;
use crate::serial::SerialNumber;
use crate::validity::to_the_second;

/// How long an answer is good for. It is made anew for each request; the hour is for what clients keep.
const LIFE: time::Duration = time::Duration::HOUR;

/// A key on P-256, and the certificates by which issuing CAs let it answer for them.
pub struct Responder {
    key: PrivateKey,
    /// SHA-1 of the public key: ResponderID byKey (RFC 6960 §4.2.1).
    key_hash: Digest,
    delegations: Vec<Delegation>,
}

/// One issuing CA, and the certificate that it gave to the responder.
struct Delegation {
    issuer: Certificate,
    issuer_id: IssuerId,
    certificate: Certificate,
}

impl Responder {
    /// Takes a key and, for each issuing CA that it answers for, the CA's certificate and the responder's that it signed.
    ///
    /// # Errors
    /// Refuses a key that is not that of every responder's certificate or is not on P-256, and no delegation at all.
    pub fn new(key: PrivateKey, delegations: Vec<(Certificate, Certificate)>) -> Result<Self> {
        let refuse = |fact| {
            Error::new(ErrorKind::Malformed, fact)
                .with_hint("The next command with the CA's passphrase makes a new OCSP key.")
        };
        let public_key = key.public_key();
        let first = delegations.first().map(|(_, certificate)| certificate);
        let first = first.ok_or_else(|| refuse("no CA has delegated OCSP answers to the key"))?;
        if first.key_algorithm() != "p256" {
            return Err(refuse("the OCSP responder's key is not on P-256"));
        }
        let key_hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &key_octets(first)?);
        let delegations = delegations.into_iter().map(|(issuer, certificate)| {
            if certificate.facts().public_key != public_key {
                return Err(refuse("the OCSP key is not that of its certificate"));
            }
            Ok(Delegation {
                issuer_id: IssuerId::of(&issuer)?,
                issuer,
                certificate,
            })
        });
        Ok(Self {
            key_hash,
            delegations: delegations.collect::<Result<_>>()?,
            key,
        })
    }

    /// The CAs that this responder answers for, each with the certificate by which it does.
    pub fn delegations(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        self.delegations
            .iter()
            .map(|delegation| (&delegation.issuer, &delegation.certificate))
    }

    /// Answers a request by what `look_up` knows of an issuer's serial number.
    ///
    /// A certificate of a CA that this responder does not answer for is unknown, next to others that it knows; a request
    /// that asks about such certificates only is refused as unauthorized (RFC 6960 §2.2 and §2.3).
    ///
    /// # Errors
    /// Fails when the look-up does.
    pub fn answer(
        &self,
        request: &Request<'_>,
        now: OffsetDateTime,
        mut look_up: impl FnMut(&DistinguishedName, &SerialNumber) -> Result<Standing>,
    ) -> Result<Answer> {
        let mut used: Vec<&Delegation> = Vec::new();
        let mut standings = Vec::with_capacity(request.certificates.len());
        for id in &request.certificates {
            let named = |delegation: &&Delegation| delegation.issuer_id.is_named_by(id);
            let Some(delegation) = self.delegations.iter().find(named) else {
                standings.push((*id, Standing::Unknown));
                continue;
            };
            if !delegation.certificate.validity().contains(now) {
                return Ok(Refusal::TryLater.into());
            }
            if !used.iter().any(|known| std::ptr::eq(*known, delegation)) {
                used.push(delegation);
            }
            let standing = match serial_number(id) {
                Some(number) => look_up(delegation.issuer.subject(), &number)?,
                None => Standing::Unknown,
            };
            standings.push((*id, standing));
        }
        if used.is_empty() {
            return Ok(Refusal::Unauthorized.into());
        }
        self.sign(&standings, &used, request.nonce, now)
            .map_err(|_| signing_failure())
    }

    /// The answer that a TLS server staples to its own certificate; nothing where its issuer has not delegated.
    ///
    /// # Errors
    /// Fails when the look-up does.
    pub fn staple(
        &self,
        certificate: &Certificate,
        now: OffsetDateTime,
        look_up: impl FnMut(&DistinguishedName, &SerialNumber) -> Result<Standing>,
    ) -> Result<Option<Vec<u8>>> {
        let issued = |delegation: &&Delegation| {
            delegation.issuer.subject() == certificate.issuer()
                && delegation.certificate.validity().contains(now)
        };
        let Some(delegation) = self.delegations.iter().find(issued) else {
            return Ok(None);
        };
        let (hash_algorithm, name_hash, key_hash) = delegation.issuer_id.common();
        let number = integer(certificate.serial_number());
        let id = || -> der::Result<CertId<'_>> {
            Ok(CertId {
                hash_algorithm,
                issuer_name_hash: OctetStringRef::new(name_hash)?,
                issuer_key_hash: OctetStringRef::new(key_hash)?,
                serial_number: IntRef::new(&number)?,
            })
        };
        let request = Request {
            certificates: vec![id().map_err(|_| signing_failure())?],
            nonce: None,
        };
        let answer = self.answer(&request, now, look_up)?;
        Ok(answer.freshness.is_some().then_some(answer.der))
    }

    fn sign(
        &self,
        standings: &[(CertId<'_>, Standing)],
        used: &[&Delegation],
        nonce: Option<&OctetStringRef>,
        now: OffsetDateTime,
    ) -> der::Result<Answer> {
        let this_update = to_the_second(now);
        let next_update = next_update(standings, used, this_update);
        let (this, next) = (instant(this_update)?, instant(next_update)?);
        let mut responses = Vec::with_capacity(standings.len());
        for (cert_id, standing) in standings {
            responses.push(SingleResponse {
                cert_id: *cert_id,
                cert_status: status(*standing, this_update)?,
                this_update: this,
                next_update: Some(next),
            });
        }
        let data = ResponseData {
            responder_key_hash: OctetStringRef::new(self.key_hash.as_ref())?,
            produced_at: this,
            responses,
            response_extensions: nonce.map(|extn_value| {
                vec![Extension {
                    extn_id: NONCE,
                    critical: false,
                    extn_value,
                }]
            }),
        };
        let signed = data.to_der()?;
        let signature = self.key.sign(&signed).map_err(|_| der::ErrorKind::Failed)?;
        let certificates = used
            .iter()
            .map(|delegation| AnyRef::from_der(delegation.certificate.der()));
        let response = BasicResponse {
            tbs_response_data: AnyRef::from_der(&signed)?,
            signature_algorithm: AlgorithmIdentifierRef {
                oid: ECDSA_WITH_SHA256,
                parameters: None,
            },
            signature: BitStringRef::from_bytes(&signature)?,
            certs: Some(certificates.collect::<der::Result<_>>()?),
        };
        let response = response.to_der()?;
        let response = OcspResponse {
            response_status: ResponseStatus::Successful,
            response_bytes: Some(ResponseBytes {
                response_type: BASIC,
                response: OctetStringRef::new(&response)?,
            }),
        };
        Ok(Answer {
            der: response.to_der()?,
            freshness: nonce.is_none().then_some(Freshness {
                this_update,
                next_update,
            }),
        })
    }
}

/// An hour from now, unless something changes before: a responder's certificate ends, or a revocation that was recorded
/// ahead begins to count.
fn next_update(
    standings: &[(CertId<'_>, Standing)],
    used: &[&Delegation],
    now: OffsetDateTime,
) -> OffsetDateTime {
    let ends = used
        .iter()
        .map(|delegation| delegation.certificate.validity().not_after);
    let begins = standings
        .iter()
        .filter_map(|(_, standing)| standing.revocation())
        .map(|revocation| revocation.at)
        .filter(|at| *at > now);
    ends.chain(begins).fold(now + LIFE, Ord::min)
}

/// What is said of a certificate: a revocation that was recorded ahead does not count yet.
fn status(standing: Standing, now: OffsetDateTime) -> der::Result<CertStatus> {
    if standing == Standing::Unknown {
        return Ok(CertStatus::Unknown(Null));
    }
    let revocation = standing
        .revocation()
        .filter(|revocation| revocation.at <= now);
    let Some(Revocation { at, reason }) = revocation else {
        return Ok(CertStatus::Good(Null));
    };
    Ok(CertStatus::Revoked(RevokedInfo {
        revocation_time: instant(at)?,
        revocation_reason: reason_of(reason),
    }))
}

/// The reason as it is told; "unspecified" is told by saying nothing (RFC 5280 §5.3.1).
fn reason_of(reason: ReasonCode) -> Option<CrlReason> {
    Some(match reason {
        ReasonCode::Unspecified => return None,
        ReasonCode::KeyCompromise => CrlReason::KeyCompromise,
        ReasonCode::CaCompromise => CrlReason::CaCompromise,
        ReasonCode::AffiliationChanged => CrlReason::AffiliationChanged,
        ReasonCode::Superseded => CrlReason::Superseded,
        ReasonCode::CessationOfOperation => CrlReason::CessationOfOperation,
        ReasonCode::CertificateHold => CrlReason::CertificateHold,
        ReasonCode::PrivilegeWithdrawn => CrlReason::PrivilegeWithdrawn,
        ReasonCode::AaCompromise => CrlReason::AaCompromise,
    })
}

/// The serial number that is asked about; a negative one is nobody's (RFC 5280 §4.1.2.2).
fn serial_number(id: &CertId<'_>) -> Option<SerialNumber> {
    let octets = id.serial_number.as_bytes();
    let negative = octets.first().is_none_or(|first| *first >= 0x80);
    (!negative).then(|| SerialNumber::from_octets(octets))
}

/// The contents of a positive INTEGER.
fn integer(number: &SerialNumber) -> Vec<u8> {
    let octets = number.octets();
    let positive = octets.first().is_some_and(|first| *first < 0x80);
    let sign: &[u8] = if positive { &[] } else { &[0] };
    [sign, octets].concat()
}

fn instant(at: OffsetDateTime) -> der::Result<GeneralizedTime> {
    let seconds = u64::try_from(at.unix_timestamp()).map_err(|_| der::ErrorKind::DateTime)?;
    GeneralizedTime::from_unix_duration(Duration::from_secs(seconds))
}

fn signing_failure() -> Error {
    Error::new(ErrorKind::Internal, "the OCSP answer could not be signed")
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self.delegations().map(|(issuer, _)| issuer);
        f.debug_struct("Responder")
            .field("issuers", &issuers.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
