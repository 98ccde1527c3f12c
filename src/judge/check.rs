//! The checks by name, each with what was seen.

use serde::Serialize;

use super::{Case, Reason};
use crate::certificate::Certificate;
use crate::certificate::object_identifier as oid;
use crate::inventory::Record;
use crate::validity::format_instant;

/// What an extension says that is not there (RFC 5280 §4.2.1.3, §4.2.1.12).
const NONE_STATED: &str = "none stated, so any";

/// One check: its name, whether it held, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it is in order; nothing where it was not asked or could not be told.
    pub ok: Option<bool>,
    /// What was seen, in a few words.
    pub detail: String,
}

impl Check {
    pub(super) fn of(reason: Reason, case: &Case<'_>) -> Self {
        let holds = case.holds(reason);
        Self {
            name: reason.check(),
            ok: holds.map(|holds| !holds),
            detail: detail(reason, case).unwrap_or_else(|| "not known".to_owned()),
        }
    }
}

/// The checks of what is no certificate: the first fails, and the others cannot be made.
pub(super) fn of_malformed() -> Vec<Check> {
    let checks = Reason::ALL.map(|reason| {
        let (ok, detail) = match reason {
            Reason::Malformed => (Some(false), "no readable certificate"),
            _ => (None, "not known"),
        };
        Check {
            name: reason.check(),
            ok,
            detail: detail.to_owned(),
        }
    });
    checks.into()
}

/// What is seen; nothing where it cannot be told without a CA of ours, or a row of the inventory.
fn detail(reason: Reason, case: &Case<'_>) -> Option<String> {
    let certificate = &case.certificate;
    let validity = certificate.validity();
    match reason {
        Reason::Malformed => Some(match certificate.unknown_critical_extension() {
            None => "an X.509 certificate".to_owned(),
            Some(oid) => format!("its critical extension {oid} is not known here"),
        }),
        Reason::UnknownIssuer => Some(certificate.issuer().to_string()),
        Reason::BadSignature => match case.signer {
            Ok(authority) => Some(format!(
                "made with the key {} of {}",
                authority.certificate.key_algorithm(),
                authority.certificate.subject()
            )),
            Err(Reason::BadSignature) => Some("not made with the issuer's key".to_owned()),
            Err(_) => None,
        },
        Reason::PathLength => match case.signer {
            Ok(_) => Some("signed by a CA of ours itself".to_owned()),
            Err(Reason::PathLength) => Some("a certificate too many stands between".to_owned()),
            Err(_) => None,
        },
        Reason::NameConstraint => {
            let constraints = &case.signer.ok()?.certificate.extensions().name_constraints;
            let mut names = certificate.constrained_names();
            Some(match names.find(|name| !constraints.permits(name)) {
                Some(name) => format!("{name} lies outside"),
                None if constraints.is_empty() => "the CA has none".to_owned(),
                None => "every name lies within".to_owned(),
            })
        }
        Reason::WrongKeyUsage | Reason::WrongExtendedKeyUsage => {
            let stated = match reason {
                Reason::WrongKeyUsage => key_usage(certificate),
                _ => extended_key_usage(certificate),
            };
            Some(match (case.login, case.record) {
                (true, _) => stated,
                (false, Some(record)) => format!(
                    "{stated} (asked of clients only, and this is {})",
                    record.profile
                ),
                (false, None) => format!("{stated} (asked of clients of ours only)"),
            })
        }
        Reason::NotIssuedHere => Some(match case.record {
            Some(record) => format!("recorded as {} {}", record.profile, record.reference()),
            None => "the inventory does not know it".to_owned(),
        }),
        Reason::Revoked => revocation(case.record?, case.signer.ok(), case),
        Reason::NotYetValid => Some(format_instant(validity.not_before)),
        Reason::Expired => Some(match case.signer {
            Ok(authority) if authority.certificate.validity().not_after < validity.not_after => {
                format!(
                    "{}, and its CA's {}",
                    format_instant(validity.not_after),
                    format_instant(authority.certificate.validity().not_after)
                )
            }
            _ => format_instant(validity.not_after),
        }),
    }
}

fn key_usage(certificate: &Certificate) -> String {
    match certificate.extensions().key_usage {
        Some(usage) => usage.names().join(", "),
        None => NONE_STATED.to_owned(),
    }
}

fn extended_key_usage(certificate: &Certificate) -> String {
    let extensions = certificate.extensions();
    if !extensions.criticality.contains_key(oid::EXTENDED_KEY_USAGE) {
        return NONE_STATED.to_owned();
    }
    let purposes = extensions.extended_key_usage.iter();
    let names = purposes.map(|purpose| oid::name_of_purpose(purpose));
    names.collect::<Vec<_>>().join(", ")
}

fn revocation(record: &Record, authority: Option<&Record>, case: &Case<'_>) -> Option<String> {
    if let Some(hold) = record.held_at(case.at) {
        let (from, until) = (format_instant(hold.from), format_instant(hold.until));
        return Some(format!("on hold from {from} until {until}"));
    }
    if let Some(authority) = authority.filter(|it| it.is_revoked(case.at)) {
        let subject = authority.certificate.subject();
        if !record.is_revoked(case.at) {
            return Some(format!("its CA {subject} was revoked"));
        }
    }
    Some(match record.revocation {
        None => "not revoked".to_owned(),
        Some(revocation) => {
            let (at, reason) = (format_instant(revocation.at), revocation.reason);
            match record.is_revoked(case.at) {
                true => format!("revoked on {at}: {reason}"),
                false => format!("not yet: it counts as revoked from {at} on: {reason}"),
            }
        }
    })
}
