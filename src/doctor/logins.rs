//! What came of a visit, as a login.

use serde::Serialize;

use super::asking;
use super::facts::Facts;
use super::finding::{About, Finding};
use super::status::{self, Sense};
use crate::certificate::{Certificate, object_identifier};
use crate::inventory::Summary;
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
    /// It leads elsewhere; whether the visitor is let in shows there.
    Redirected,
    /// It answers with the certificate exactly as without one.
    NoDifference,
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
    /// Tells a visit without a certificate.
    pub(super) fn without(version: Version, visit: &Visit) -> Self {
        let outcome = match visit.is_spoken() {
            true => by_end(visit),
            false => Outcome::NotSpoken,
        };
        Self::of(version, visit, outcome)
    }

    /// Tells a visit with a certificate, beside the one without in the same version.
    pub(super) fn with(version: Version, visit: &Visit, without: Option<&Visit>) -> Self {
        let outcome = match (visit.is_spoken(), visit.presented, &visit.request) {
            (false, ..) => Outcome::NotSpoken,
            (true, false, Some(_)) => Outcome::NotPresented,
            (true, false, None) => Outcome::NotAsked,
            (true, true, _) => beside(by_end(visit), visit, without),
        };
        Self::of(version, visit, outcome)
    }

    fn of(version: Version, visit: &Visit, outcome: Outcome) -> Self {
        let (message, hint) = match outcome {
            // What came of it has nothing to do with the certificate.
            Outcome::NotPresented => (
                Some("the key of the certificate cannot sign as the server wants".to_owned()),
                Some(
                    "Take a certificate with another kind of key, or let the server accept more signature schemes."
                        .to_owned(),
                ),
            ),
            Outcome::NotAsked => (None, None),
            _ if visit.request.is_none() => (words(&visit.end).0, None),
            _ => words(&visit.end),
        };
        Self {
            tls: asking::name(version),
            outcome,
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

/// What the end of a visit says by itself.
fn by_end(visit: &Visit) -> Outcome {
    let refused = match visit.presented {
        true => Outcome::Refused,
        false => Outcome::NoCertificate,
    };
    match &visit.end {
        End::Answered(answer) => match status::sense(answer) {
            Sense::LetIn => Outcome::Accepted,
            Sense::Elsewhere => Outcome::Redirected,
            Sense::Wanted | Sense::Refused => refused,
            Sense::Failed => Outcome::Failed,
        },
        End::Alert(alert) if visit.request.is_some() && status::is_about_certificates(alert) => {
            refused
        }
        End::Closed(_) if visit.request.is_some() => refused,
        End::Alert(_) | End::Closed(_) | End::Broken(_) | End::NotTls | End::Silent => {
            Outcome::Failed
        }
    }
}

/// What it says where it is known how a visit without a certificate ends.
fn beside(outcome: Outcome, visit: &Visit, without: Option<&Visit>) -> Outcome {
    match (outcome, &visit.end, without.map(|it| &it.end)) {
        // What went wrong went wrong both times.
        (Outcome::Failed, ..) => outcome,
        (_, End::Answered(with), Some(End::Answered(without)))
            if status::is_same(with, without) =>
        {
            Outcome::NoDifference
        }
        // One that closes on everybody does not tell why.
        (_, End::Closed(_), Some(End::Closed(_))) => Outcome::Failed,
        _ => outcome,
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
        End::Closed(how) => (
            Some(how.clone()),
            Some("Look at the server's log.".to_owned()),
        ),
        End::Broken(how) => (Some(how.clone()), None),
    }
}

const NO_DIFFERENCE: &str = "Give the URL of a path that only a certificate opens. If this is one, the server does not take the certificate and hides \
     that behind a page of its own, as nginx does by error_page 495 496: look at its log.";

/// What is to be said of the logins with a certificate.
pub(super) fn findings(facts: &Facts, now: OffsetDateTime) -> Vec<Finding> {
    let Some(certificate) = &facts.presented else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut said = None;
    // The newest version comes first: it decides, and what goes the same way in the older one is said once.
    for (version, visit) in facts.with.iter().rev() {
        let without = facts.visit_without(*version);
        let told = LoggedIn::with(*version, visit, without);
        let decides = facts.of_browsers() == Some(*version);
        let same = said.replace(told.outcome) == Some(told.outcome);
        if let Some((word, message)) = complaint(&told).filter(|_| !same) {
            let hint = match told.outcome {
                Outcome::NoDifference => NO_DIFFERENCE.to_owned(),
                Outcome::Redirected => "Give the URL to which it leads.".to_owned(),
                _ => (told.hint.clone()).unwrap_or_else(|| "Look at the server's log.".to_owned()),
            };
            findings.push(Finding {
                prevents_login: decides && !is_let_through(&told, without),
                ..Finding::problem(About::Login, word, message, hint)
            });
        }
        if decides {
            findings.extend(cause(facts, certificate, visit, &told, now));
        }
    }
    findings
}

/// Whether a certificate came through a handshake that does not let in whoever has none, on the way to another page.
fn is_let_through(told: &LoggedIn, without: Option<&Visit>) -> bool {
    told.outcome == Outcome::Redirected
        && without.is_some_and(|it| !matches!(it.end, End::Answered(_)) && it.request.is_some())
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
        Outcome::NoDifference => (
            "no-difference",
            format!(
                "in {tls} the server answers with the certificate exactly as without one, so that nothing shows whether it takes it: {end}"
            ),
        ),
        Outcome::Redirected => (
            "login-redirected",
            format!(
                "in {tls} the server leads on elsewhere, and what it makes of the certificate shows only there: {end}"
            ),
        ),
        Outcome::Failed => (
            "login-failed",
            format!(
                "in {tls} the login failed, and the answer does not say whether for the certificate: {end}"
            ),
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
    let validity = certificate.validity();
    let is_valid = validity.not_before <= now && now <= validity.not_after;
    if told.outcome == Outcome::Accepted {
        if !is_valid {
            return note(
                "validity-not-checked",
                "the server let in a certificate that is not valid now: it does not look at the dates, or its clock is wrong",
                "Let the server verify the certificate's validity, and look at both clocks.",
            );
        }
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
            "crl-may-be-missing",
            "the server names this CA and says that it does not know it: it lacks the CRL of a CA of the chain, or verifies by other CAs than it names, or allows no chain of this length",
            "Give the server the CRL of every CA of the chain (pki crl --bundle); compare its CAs for verifying with those that it names, and its depth with the chain.",
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

/// Where the server lets in what this CA has revoked.
pub(super) fn revocation(facts: &Facts, shown: &[Summary]) -> Option<Finding> {
    let fingerprint = facts.presented.as_ref()?.fingerprint().to_string();
    let is_revoked = |it: &Summary| it.fingerprint_sha256 == fingerprint && it.revoked_at.is_some();
    let version = facts.of_browsers()?;
    let visit = facts.visit_with(version)?;
    let told = LoggedIn::with(version, visit, facts.visit_without(version));
    (told.outcome == Outcome::Accepted && shown.iter().any(is_revoked)).then(|| {
        Finding::note(
            About::Login,
            "revocation-not-checked",
            "the server let in a certificate that this CA has revoked: it checks no CRL, or an old one",
            "Give the server fresh CRLs and let it check them: pki crl --bundle.",
        )
    })
}
