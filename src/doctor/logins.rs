//! What came of a visit, as a login.

use serde::Serialize;

use super::asking;
use super::facts::Facts;
use super::finding::{About, Finding};
use super::status::{self, Sense};
use crate::certificate::{Certificate, object_identifier};
use crate::login::Version;
use crate::login::visit::{End, VISIT, Visit};
use crate::session;
use time::OffsetDateTime;

/// What came of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The server let the visitor in.
    Accepted,
    /// It wants a certificate, and none came.
    NoCertificate,
    /// It did not accept the certificate that came.
    Refused,
    /// It did not ask, so that the certificate was not presented.
    NotAsked,
    /// It asked, and takes no signature that the key of the certificate can make.
    NotPresented,
    /// Something else went wrong.
    Failed,
    /// The server does not speak this version of TLS.
    NotSpoken,
}

/// A visit, as a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedIn {
    /// The version of TLS.
    pub tls: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// The alert that ended it, as IANA names it.
    pub alert: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// What that means, in plain words.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl LoggedIn {
    /// Tells a visit, with a certificate or without one.
    pub(super) fn of(version: Version, visit: &Visit, with_certificate: bool) -> Self {
        let (message, hint) = words(&visit.end);
        Self {
            tls: asking::name(version),
            outcome: outcome(visit, with_certificate),
            alert: visit.alert().map(str::to_owned),
            status: visit.status(),
            message,
            hint,
        }
    }

    /// The alert, status or whatever else it ended with, in a word or two.
    pub fn end(&self) -> String {
        match (&self.alert, self.status) {
            (Some(alert), _) => format!("alert {alert}"),
            (None, Some(status)) => format!("HTTP {status}"),
            (None, None) => self.message.clone().unwrap_or_default(),
        }
    }
}

fn outcome(visit: &Visit, with_certificate: bool) -> Outcome {
    if !visit.is_spoken() {
        return Outcome::NotSpoken;
    }
    if with_certificate && !visit.presented {
        return match visit.request {
            Some(_) => Outcome::NotPresented,
            None => Outcome::NotAsked,
        };
    }
    let refused = match visit.presented {
        true => Outcome::Refused,
        false => Outcome::NoCertificate,
    };
    match &visit.end {
        End::Answered(answer) => match status::sense(answer) {
            Sense::LetIn => Outcome::Accepted,
            Sense::Wanted | Sense::Refused => refused,
            Sense::Failed => Outcome::Failed,
        },
        End::Alert(_) | End::Broken(_) if visit.request.is_some() => refused,
        End::Alert(_) | End::Broken(_) | End::NotTls | End::Silent => Outcome::Failed,
    }
}

fn words(end: &End) -> (Option<String>, Option<String>) {
    let both = |fact: &str, hint: &str| (Some(fact.to_owned()), Some(hint.to_owned()));
    match end {
        End::Answered(answer) => match status::meaning(answer) {
            Some(meaning) => both(meaning.fact, meaning.hint),
            None => (None, None),
        },
        End::Alert(alert) => match session::meaning(alert) {
            Some(meaning) => both(meaning.fact, meaning.hint),
            None => (None, None),
        },
        End::NotTls => both("What answered is not TLS.", "Check the port."),
        End::Silent => (
            Some(format!("no answer within {} seconds", VISIT.as_secs())),
            Some("Look at the server's log.".to_owned()),
        ),
        End::Broken(how) => (Some(how.clone()), None),
    }
}

/// What is to be said of the logins with a certificate.
pub(super) fn findings(facts: &Facts, now: OffsetDateTime) -> Vec<Finding> {
    let Some(certificate) = &facts.presented else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut said = None;
    // The newest version comes first: it decides, and what goes the same way in the older one is said once.
    for (version, visit) in facts.with.iter().rev() {
        let told = LoggedIn::of(*version, visit, true);
        let decides = facts.of_browsers() == Some(*version);
        let same = said.replace(told.outcome) == Some(told.outcome);
        if let Some((word, message)) = complaint(&told).filter(|_| !same) {
            let hint = told
                .hint
                .clone()
                .unwrap_or_else(|| "Look at the server's log.".to_owned());
            findings.push(Finding {
                prevents_login: decides,
                ..Finding::problem(About::Login, word, message, hint)
            });
        }
        if decides {
            findings.extend(cause(facts, certificate, visit, &told, now));
        }
    }
    findings
}

fn complaint(told: &LoggedIn) -> Option<(&'static str, String)> {
    let (tls, end) = (told.tls, told.end());
    Some(match told.outcome {
        // That it does not ask is said elsewhere.
        Outcome::Accepted | Outcome::NotAsked | Outcome::NotSpoken => return None,
        Outcome::Refused => (
            "login-refused",
            format!("in {tls} the server refused the certificate: {end}"),
        ),
        Outcome::NoCertificate => (
            "login-refused",
            format!("in {tls} the server says that it got no certificate: {end}"),
        ),
        Outcome::NotPresented => (
            "login-not-signed",
            format!(
                "in {tls} the server takes no signature that the key of the certificate can make"
            ),
        ),
        Outcome::Failed => (
            "login-failed",
            format!("in {tls} the login failed for another reason than the certificate: {end}"),
        ),
    })
}

/// What lies behind, as far as it shows.
fn cause(
    facts: &Facts,
    certificate: &Certificate,
    visit: &Visit,
    told: &LoggedIn,
    now: OffsetDateTime,
) -> Option<Finding> {
    let note =
        |word, message: &str, hint: &str| Some(Finding::note(About::Login, word, message, hint));
    if told.outcome == Outcome::Accepted {
        let is_for_clients = certificate.allows_purpose(object_identifier::CLIENT_AUTH);
        return match is_for_clients {
            true => None,
            false => note(
                "usage-not-checked",
                "the server let in a certificate that is not for clients: it does not look at extKeyUsage",
                "Whoever has a server's certificate of the same CA can log in there: let the server check the purpose sslclient.",
            ),
        };
    }
    if told.outcome != Outcome::Refused {
        return None;
    }
    let validity = certificate.validity();
    let is_valid = validity.not_before <= now && now <= validity.not_after;
    let issuer_is_named = visit.request.as_ref().is_some_and(|request| {
        let names = &request.acceptable_issuers;
        (facts.presented_issuers.iter()).any(|issuer| names.contains(issuer))
    });
    match (told.alert.as_deref(), told.status) {
        (Some("certificate_expired"), _) if is_valid => note(
            "crl-expired",
            "the certificate has not expired, and the server says that something has: its copy of a CRL, which locks everybody out",
            "Give the server fresh CRLs, that of the root too: pki crl --bundle.",
        ),
        (Some("unknown_ca"), _) if issuer_is_named => note(
            "crl-missing",
            "the server names this CA and says that it does not know it: to OpenSSL that is also a CRL which it lacks",
            "Give the server the CRL of every CA of the chain: pki crl --bundle.",
        ),
        // nginx says nothing over HTTP, and Apache's alert for it stands for much else.
        (None, Some(400 | 495)) | (Some("certificate_unknown"), _) if is_valid => note(
            "crl-may-be-expired",
            "the server does not say why; the certificate is valid now, and a CRL that has ended looks exactly so",
            "See whether others are refused, too; then give the server fresh CRLs: pki crl --bundle.",
        ),
        _ => None,
    }
}
