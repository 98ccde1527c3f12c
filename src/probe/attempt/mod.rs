//! Tries what a case says: connections to the server, and what came of them.
//!
//! The server's own certificate need not lead anywhere: a probe sends nothing that must not be known, and what it learns is about the
//! server's judgement of clients. Whether it led to our root is told beside the result.

mod baseline;
mod crowd;
mod headers;
mod nonsense;
mod prover;
mod renegotiate;
mod resume;
mod sign;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

use std::ffi::OsString;
use std::sync::Arc;

pub use baseline::Baseline;
pub use crowd::crowd;
pub use headers::headers;
pub use renegotiate::Renegotiation;
pub use resume::Session;
pub use sign::sign;

use super::let_in::LetIn;
use super::presented::Presented;
use super::told::Told;
use crate::certificate::Certificate;
use crate::login::visit::{End, Question, Returning, Visit, Visitor, distrust};
use crate::login::{Identity, Url, Version};
use crate::name::one_line;
use prover::Prover;

/// The most that is read of a page that is to be compared, in octets.
const PAGE: usize = 1 << 20;

/// What is probed.
#[derive(Debug, Clone)]
pub struct Place {
    /// What is asked for.
    pub url: Url,
    /// Whom the application behind lets in.
    pub name: String,
    /// Our root, which the server's own certificate leads to or not.
    pub root: Certificate,
    /// Where `openssl` is looked for, as in PATH.
    pub path: OsString,
}

/// What was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What the server did.
    pub told: Told,
    /// The version that was spoken in the connection that decided; nothing where none came about.
    pub version: Option<Version>,
    /// Whether the server resumed a session, where that was asked of it.
    pub resumed: Option<bool>,
    /// Why a login would not trust the server; nothing where it would, or where it did not show a certificate.
    pub distrust: Option<String>,
    /// What else was seen, a sentence each.
    pub seen: Vec<String>,
    /// The forged fields that reached the application, as they were written.
    pub fields: Vec<String>,
}

impl Attempt {
    pub(super) fn of(told: Told) -> Self {
        Self {
            told,
            version: None,
            resumed: None,
            distrust: None,
            seen: Vec::new(),
            fields: Vec::new(),
        }
    }

    fn noting(mut self, sentence: impl Into<String>) -> Self {
        self.seen.push(sentence.into());
        self
    }

    /// One of several: the gravest counts, and what was seen of each stays.
    fn of_all(attempts: Vec<Self>) -> Self {
        let told = Told::gravest(attempts.iter().map(|it| it.told.clone()));
        let told = told.unwrap_or_else(|| Told::CouldNotTell("nothing was tried".to_owned()));
        let decided = attempts.iter().find(|it| it.told == told);
        Self {
            version: decided.and_then(|it| it.version),
            resumed: decided.and_then(|it| it.resumed),
            distrust: attempts.iter().find_map(|it| it.distrust.clone()),
            fields: decided.map(|it| it.fields.clone()).unwrap_or_default(),
            seen: attempts.into_iter().flat_map(|it| it.seen).collect(),
            told,
        }
    }
}

impl Place {
    /// Visits with a certificate, or with none; in one version of TLS, or in the newest that both speak.
    pub async fn visit(
        &self,
        shown: Option<&Presented>,
        version: Option<Version>,
        let_in: &LetIn,
    ) -> Attempt {
        let identity = shown.map(|shown| identity(shown, Prover::honest(shown.key.clone())));
        let visitor = Visitor { identity, version };
        let visit = match Returning::forgetful(&visitor) {
            Ok(client) => client.visit(&self.url, &self.question()).await,
            Err(cause) => Err(cause),
        };
        match visit {
            Ok(visit) => self.judge(&visit, &visitor, let_in),
            Err(cause) => unreached(&cause),
        }
    }

    /// Visits without a certificate, over HTTP/2 too where the server speaks it: to be let in there is to be let in.
    pub async fn visit_without(&self, let_in: &LetIn) -> Attempt {
        let over_http1 = self.visit(None, None, let_in).await;
        let visitor = Visitor {
            identity: None,
            version: None,
        };
        let visit = match Returning::over_http2(&visitor) {
            Ok(client) => client.visit(&self.url, &self.question()).await,
            Err(cause) => Err(cause),
        };
        let Ok(visit) = visit else {
            return over_http1;
        };
        let over_http2 = self.judge(&visit, &visitor, let_in);
        match over_http2.told {
            Told::LetIn(how) if visit.is_http2 && !over_http1.told.is_let_in() => Attempt {
                told: Told::LetIn(format!("over HTTP/2, {how}")),
                ..over_http2
            },
            _ => over_http1,
        }
    }

    /// What is asked: for a whole page.
    fn question(&self) -> Question {
        Question {
            limit: PAGE,
            ..Question::default()
        }
    }

    /// Tells what came of a visit.
    fn judge(&self, visit: &Visit, visitor: &Visitor, let_in: &LetIn) -> Attempt {
        let told = match (not_spoken(visit, visitor.version), &visit.request) {
            (Some(not_spoken), _) => Told::NotDone(not_spoken),
            // Asked, and not answered, because the server takes no signature that the key can make.
            (None, Some(_)) if visitor.identity.is_some() && !visit.presented && !visit.resumed => {
                Told::CouldNotTell("the server takes no signature of such a key".to_owned())
            }
            (None, _) => let_in.judge(&visit.end, visit.is_spoken() || visit.version.is_some()),
        };
        let attempt = Attempt {
            version: visit.version,
            distrust: match visit.is_spoken() {
                true => distrust(visit, &self.root, &self.url).map(|why| one_line(&why)),
                false => None,
            },
            ..Attempt::of(told)
        };
        match visit.is_spoken() && visit.request.is_none() && !visit.resumed {
            true => attempt.noting("The server asked for no certificate in the handshake."),
            false => attempt,
        }
    }
}

/// Chain and prover, as the handshake takes them.
fn identity(shown: &Presented, prover: Prover) -> Identity {
    Identity::unchecked(&shown.chain, Arc::new(prover))
}

/// That a server does not speak the one version that it was offered, in a few words.
fn not_spoken(visit: &Visit, version: Option<Version>) -> Option<String> {
    let version = version?.as_str();
    if visit.is_spoken() || visit.version.is_some() {
        return None;
    }
    match &visit.end {
        // Any other alert, or an end without one, may have another reason: no cipher suite in common, or a server that is tired.
        End::Alert(alert) if alert == "protocol_version" => Some(format!(
            "the server does not speak {version}: alert {alert}"
        )),
        _ => None,
    }
}

fn unreached(cause: &crate::error::Error) -> Attempt {
    Attempt::of(Told::CouldNotTell(one_line(cause.message())))
}
