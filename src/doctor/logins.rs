//! What came of a visit, as a login.

use serde::Serialize;

use super::cause::{Flaw, cause};
use super::facts::Facts;
use super::finding::{About, Finding};
use crate::inventory::Summary;
use crate::login::Version;
use crate::login::status::{self, Sense};
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
    /// Why it refused, in the word of `pki serve`; null from other servers.
    pub reason: Option<&'static str>,
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
            tls: version.as_str(),
            outcome,
            alert: visit.alert().map(str::to_owned),
            status: visit.status(),
            reason: match &visit.end {
                End::Answered(answer) => status::reason(answer).map(|reason| reason.as_str()),
                _ => None,
            },
            message,
            hint,
        }
    }

    /// Says what to do about the certificate where that was refused for a flaw which is known here: no look at the server helps.
    pub(super) fn explained_by(mut self, flaw: Option<Flaw>) -> Self {
        if let (Outcome::Refused, Some(flaw)) = (self.outcome, flaw) {
            self.hint = Some(flaw.hint().to_owned());
        }
        self
    }

    /// The alert, status or whatever else it ended with, in a word or two.
    pub fn end(&self) -> String {
        match (&self.alert, self.status) {
            (Some(alert), _) => format!("alert {alert}"),
            (None, Some(status)) => match self.reason {
                Some(reason) => format!("HTTP {status}, {reason}"),
                None => format!("HTTP {status}"),
            },
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

/// What is wrong with the certificate that is presented; `shown` is all that is known of certificates here.
pub(super) fn flaw(facts: &Facts, shown: &[Summary], now: OffsetDateTime) -> Option<Flaw> {
    let certificate = facts.presented.as_ref()?;
    let fingerprint = certificate.fingerprint().to_string();
    let known = shown.iter().find(|it| it.fingerprint_sha256 == fingerprint);
    Flaw::of(certificate, known, now)
}

/// What came of the logins with a certificate, the older version first.
pub(super) fn told(facts: &Facts, flaw: Option<Flaw>) -> Vec<LoggedIn> {
    let with = facts.with.iter().map(|(version, visit)| {
        LoggedIn::with(*version, visit, facts.visit_without(*version)).explained_by(flaw)
    });
    with.collect()
}

/// What is to be said of these.
pub(super) fn findings(facts: &Facts, told: &[LoggedIn], flaw: Option<Flaw>) -> Vec<Finding> {
    let Some(certificate) = &facts.presented else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut said = None;
    // The newest version comes first: it decides, and what goes the same way in the older one is said once.
    for ((version, visit), told) in facts.with.iter().zip(told).rev() {
        let without = facts.visit_without(*version);
        let decides = facts.of_browsers() == Some(*version);
        let same = said.replace(told.outcome) == Some(told.outcome);
        if let Some((word, message)) = complaint(told, flaw).filter(|_| !same) {
            let hint = match told.outcome {
                Outcome::NoDifference => NO_DIFFERENCE.to_owned(),
                Outcome::Redirected => "Give the URL to which it leads.".to_owned(),
                _ => (told.hint.clone()).unwrap_or_else(|| "Look at the server's log.".to_owned()),
            };
            findings.push(Finding {
                prevents_login: decides && !may_have_worked(told, without, flaw),
                ..Finding::problem(About::Login, word, message, hint)
            });
        }
        if decides {
            findings.extend(cause(facts, certificate, visit, told, flaw));
        }
    }
    findings
}

/// Whether a certificate in which nothing is wrong may have been let in, though that does not show here.
fn may_have_worked(told: &LoggedIn, without: Option<&Visit>, flaw: Option<Flaw>) -> bool {
    match told.outcome {
        // Its handshake lets in nobody who has none, and this one came through it.
        Outcome::Redirected => {
            without.is_some_and(|it| !matches!(it.end, End::Answered(_)) && it.request.is_some())
        }
        // What is open to all is open to who logs in, too.
        Outcome::NoDifference => flaw.is_none() && matches!(told.status, Some(200..300)),
        _ => false,
    }
}

fn complaint(told: &LoggedIn, flaw: Option<Flaw>) -> Option<(&'static str, String)> {
    let (tls, end) = (told.tls, told.end());
    Some(match told.outcome {
        // That it does not ask is said elsewhere.
        Outcome::Accepted | Outcome::NotAsked | Outcome::NotSpoken => return None,
        Outcome::Refused => match flaw {
            Some(flaw) => (
                flaw.word(),
                format!(
                    "in {tls} the server refused the certificate, and rightly, for {}: {end}",
                    flaw.fact()
                ),
            ),
            None => (
                "login-refused",
                format!("in {tls} the server refused the certificate: {end}"),
            ),
        },
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
