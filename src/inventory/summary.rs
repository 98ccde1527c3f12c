//! The certificate as `--json` output and the server's answers show it: a stable contract.

use serde::Serialize;
use time::OffsetDateTime;

use super::{Record, Status};
use crate::certificate::Certificate;
use crate::validity::format_instant;

/// One certificate for people and scripts; what is not known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Whom it is for.
    pub name: Option<String>,
    /// On which device it lies.
    pub device: Option<String>,
    /// `root`, `issuing`, `server`, `client` or `ocsp-responder`; null for one that was not issued here.
    pub profile: Option<&'static str>,
    /// `valid`, `expired`, `revoked` or `not-yet-valid`.
    pub status: &'static str,
    /// The subject by RFC 4514.
    pub subject: String,
    /// The issuer by RFC 4514.
    pub issuer: String,
    /// The serial number in lower-case hexadecimal.
    pub serial_number: String,
    /// The first second of validity, RFC 3339.
    pub not_before: String,
    /// The last second of validity, RFC 3339.
    pub not_after: String,
    /// The names that the certificate carries.
    pub subject_alt_names: Vec<SubjectAltNameSummary>,
    /// The key's algorithm, such as `p256`.
    pub key_algorithm: String,
    /// The SHA-256 of the DER in lower-case hexadecimal.
    pub fingerprint_sha256: String,
    /// When it was revoked, RFC 3339.
    pub revoked_at: Option<String>,
    /// Why, as RFC 5280 names it.
    pub reason_code: Option<&'static str>,
    /// The serial number of the certificate that it renewed.
    pub supersedes: Option<String>,
    /// The serial number of the certificate that renewed it.
    pub superseded_by: Option<String>,
    /// When it last logged in, RFC 3339.
    pub last_login_at: Option<String>,
    /// When it was issued, RFC 3339.
    pub issued_at: Option<String>,
}

/// One name of subjectAltName.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectAltNameSummary {
    /// `dns`, `ip`, `email`, `uri` or `upn`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name itself.
    pub value: String,
}

impl Summary {
    /// Shows a certificate of the inventory as it stands at `now`.
    pub fn of_record(record: &Record, now: OffsetDateTime) -> Self {
        Self {
            name: record.name.as_ref().map(ToString::to_string),
            device: record.device.as_ref().map(ToString::to_string),
            profile: Some(record.profile.as_str()),
            status: record.status(now).as_str(),
            revoked_at: record
                .revocation
                .map(|revocation| format_instant(revocation.at)),
            reason_code: record
                .revocation
                .map(|revocation| revocation.reason.as_str()),
            supersedes: record.supersedes.as_ref().map(ToString::to_string),
            superseded_by: record.superseded_by.as_ref().map(ToString::to_string),
            last_login_at: record.last_login_at.map(format_instant),
            issued_at: Some(format_instant(record.issued_at)),
            ..Self::of_unknown(&record.certificate, now)
        }
    }

    /// Shows a certificate that the inventory does not know; its status is that of its validity alone.
    pub fn of_unknown(certificate: &Certificate, now: OffsetDateTime) -> Self {
        let validity = certificate.validity();
        let names = certificate.extensions().subject_alt_names.iter();
        Self {
            name: None,
            device: None,
            profile: None,
            status: Status::by_validity(certificate, now).as_str(),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial_number: certificate.serial_number().to_string(),
            not_before: format_instant(validity.not_before),
            not_after: format_instant(validity.not_after),
            subject_alt_names: names
                .map(|name| SubjectAltNameSummary {
                    kind: name.kind(),
                    value: name.value(),
                })
                .collect(),
            key_algorithm: certificate.key_algorithm(),
            fingerprint_sha256: certificate.fingerprint().to_string(),
            revoked_at: None,
            reason_code: None,
            supersedes: None,
            superseded_by: None,
            last_login_at: None,
            issued_at: None,
        }
    }
}
