//! One request with forged fields, and what its answer tells of them.

use super::super::super::let_in::LetIn;
use super::super::super::presented::Presented;
use super::super::super::told::Told;
use super::super::prover::Prover;
use super::super::{Attempt, Place, identity, unreached};
use super::claims::{Claim, Fields};
use super::{Manner, Way};
use crate::error::Result;
use crate::login::visit::{Answer, End, Returning, Visit, Visitor};

/// Who forges, and where.
#[derive(Debug)]
pub(super) struct Forger<'a> {
    pub(super) place: &'a Place,
    pub(super) good: &'a Presented,
    pub(super) let_in: &'a LetIn,
    /// Who is claimed to have come, where it is not who is let in.
    pub(super) claim: &'a Claim,
}

/// What one request came to.
#[derive(Debug)]
pub(super) struct Sent {
    /// Nothing where it tells nothing.
    pub(super) attempt: Option<Attempt>,
    /// Whether the request was not served at all, so that nothing is known of any field in it.
    pub(super) is_turned_away: bool,
    /// Whether nothing more can be asked.
    pub(super) is_over: bool,
}

impl Sent {
    /// Says whether what was claimed reached the application.
    pub(super) fn is_let_in(&self) -> bool {
        (self.attempt.as_ref()).is_some_and(|it| it.told.is_let_in())
    }
}

impl Forger<'_> {
    /// Sends one request with forged fields.
    ///
    /// What is claimed without a certificate counts only where it succeeds: who is kept out may have been kept out by the proxy, and
    /// then the application has not been asked.
    pub(super) async fn send(&self, manner: Manner, fields: &Fields) -> Sent {
        let visitor = self.visitor(manner.way);
        let visit = match self.visit(&visitor, manner, fields).await {
            Ok(visit) => visit,
            Err(cause) => {
                return Sent {
                    attempt: Some(unreached(&cause)),
                    is_turned_away: false,
                    is_over: true,
                };
            }
        };
        let attempt = self.place.judge(&visit, &visitor, self.let_in);
        let told = match (manner.way, &visit.end) {
            (Way::Pretend, _) => {
                let usual = self.let_in.answer_without().map(|it| it.status);
                let is_let_in = attempt.told.is_let_in();
                return Sent {
                    attempt: Some(attempt).filter(|_| is_let_in),
                    is_turned_away: !is_let_in && visit.status() != usual,
                    is_over: false,
                };
            }
            (Way::Replace, End::Answered(answer)) => {
                self.reached(answer, attempt.told.clone(), fields)
            }
            (Way::Replace, _) => attempt.told.clone(),
        };
        let is_other = visit.status() != Some(self.let_in.answer().status);
        Sent {
            is_turned_away: match &told {
                Told::RefusedInHandshake(_) | Told::RefusedByStatus(_) => true,
                Told::CouldNotTell(_) => is_other,
                Told::LetIn(_) | Told::Disregarded(_) | Told::NotDone(_) => false,
            },
            attempt: Some(Attempt { told, ..attempt }),
            // Whoever does not answer now would be waited for each time.
            is_over: visit.end == End::Silent,
        }
    }

    /// Who comes, with a certificate or without.
    pub(super) fn visitor(&self, way: Way) -> Visitor {
        let shown = match way {
            Way::Pretend => None,
            Way::Replace => Some(self.good),
        };
        Visitor {
            identity: shown.map(|shown| identity(shown, Prover::honest(shown.key.clone()))),
            version: None,
        }
    }

    pub(super) async fn visit(
        &self,
        visitor: &Visitor,
        manner: Manner,
        fields: &Fields,
    ) -> Result<Visit> {
        let client = match manner.form.is_http2() {
            true => Returning::over_http2(visitor)?,
            false => Returning::forgetful(visitor)?,
        };
        let question = manner.form.question(self.place.question(), fields);
        client.visit(&self.place.url, &question).await
    }

    /// What an answer to the good certificate tells of what was claimed beside it.
    fn reached(&self, answer: &Answer, judged: Told, fields: &Fields) -> Told {
        let traces = self.claim.traces();
        let location = answer.location.as_deref().unwrap_or_default();
        let shows = |trace: &String| answer.body.contains(&**trace) || location.contains(&**trace);
        if traces.iter().any(shows) {
            // Who refuses a request may repeat what it does not like (RFC 9110 §15.5.1).
            if answer.status == 400 {
                return Told::CouldNotTell(
                    "HTTP 400 with what was claimed in the answer: the server or the application may have written it"
                        .to_owned(),
                );
            }
            return Told::LetIn("the answer shows what was claimed".to_owned());
        }
        match judged {
            Told::LetIn(_) if !self.let_in.shows_name() => Told::CouldNotTell(
                "the page shows no name, so that it cannot be seen whose it would be: give the URL of one that does"
                    .to_owned(),
            ),
            Told::LetIn(_) if self.let_in.names(answer) => {
                Told::Disregarded("the answer still shows the name in the certificate".to_owned())
            }
            Told::LetIn(_) => {
                let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
                Told::CouldNotTell(format!(
                    "the page shows neither name where these are sent: {}",
                    names.join(", ")
                ))
            }
            // Such a request is not served at all.
            other => other,
        }
    }
}
