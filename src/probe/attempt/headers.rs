//! Headers that only a proxy may write, sent by the client: do they reach the application behind?
//!
//! In two ways. Without a certificate, claiming to be who is let in: that shows where the application believes them, as far as the
//! handshake lets anybody through who has none. With the good certificate, claiming to be somebody else: that shows where they
//! replace what the proxy says, or stand beside it, as far as the page shows who came.

use super::super::case::Spelling;
use super::super::let_in::{By, LetIn};
use super::super::presented::Presented;
use super::super::told::Told;
use super::claims::{Claim, Fields};
use super::prover::Prover;
use super::{Attempt, Place, identity, unreached};
use crate::login::visit::{Answer, End, Question, Returning, Visit, Visitor};

/// How a name is written; what compares it letter for letter sees one of these only.
#[derive(Debug, Clone, Copy)]
enum Case {
    AsProxiesDo,
    Lower,
    Upper,
    /// As proxies do, but behind the body (RFC 9112 §7.1.2).
    Trailer,
}

/// Sends them in every way, and stops at the first that reaches the application.
pub async fn headers(
    place: &Place,
    good: &Presented,
    spelling: Spelling,
    let_in: &LetIn,
) -> Attempt {
    let pretender = Claim::with_certificate(&place.name, &good.chain);
    let changeling = match Claim::of_somebody_else() {
        Ok(claim) => claim,
        Err(cause) => return unreached(&cause),
    };
    // Where everybody is let in, or nobody without a certificate is answered, the first way shows nothing.
    let may_pretend = let_in.answer_without().is_some() && let_in.by() != By::Nothing;
    let mut attempts = Vec::new();
    'all: for case in [Case::AsProxiesDo, Case::Lower, Case::Upper, Case::Trailer] {
        let pretended = pretender
            .requests(spelling)
            .into_iter()
            .map(|it| (it, false));
        let replaced = changeling
            .requests(spelling)
            .into_iter()
            .map(|it| (it, true));
        for (fields, with_certificate) in pretended.filter(|_| may_pretend).chain(replaced) {
            let forged = Forged {
                case,
                fields,
                claim: &changeling,
            };
            let (attempt, goes_on) = match with_certificate {
                false => forged.pretend(place, let_in).await,
                true => forged.replace(place, good, let_in).await,
            };
            attempts.extend(attempt);
            if !goes_on {
                break 'all;
            }
        }
    }
    let attempt = Attempt::of_all(attempts);
    match may_pretend {
        true => attempt,
        false => attempt.noting(
            "Without a certificate nothing was claimed: it would be answered alike, or not at all.",
        ),
    }
}

/// One request with forged fields.
#[derive(Debug)]
struct Forged<'a> {
    case: Case,
    fields: Fields,
    /// Who is claimed to have come, where it is not who is let in.
    claim: &'a Claim,
}

impl Forged<'_> {
    /// Claims without a certificate to be who is let in. It counts only where it succeeds: who is kept out may have been kept out by
    /// the proxy, and then the application has not been asked.
    ///
    /// Says too whether to go on.
    async fn pretend(&self, place: &Place, let_in: &LetIn) -> (Option<Attempt>, bool) {
        let (visitor, visit) = match self.ask(place, None).await {
            Ok(visited) => visited,
            Err(attempt) => return (Some(attempt), false),
        };
        let attempt = place.judge(&visit, &visitor, let_in);
        if !attempt.told.is_let_in() {
            return (None, true);
        }
        let how = format!(
            "without a certificate, {} let the client in: {}",
            self.described(),
            attempt.told.how()
        );
        let told = Told::LetIn(how);
        (Some(Attempt { told, ..attempt }), false)
    }

    /// Claims with the good certificate to be somebody else; says too whether to go on.
    async fn replace(
        &self,
        place: &Place,
        good: &Presented,
        let_in: &LetIn,
    ) -> (Option<Attempt>, bool) {
        let (visitor, visit) = match self.ask(place, Some(good)).await {
            Ok(visited) => visited,
            Err(attempt) => return (Some(attempt), false),
        };
        let attempt = place.judge(&visit, &visitor, let_in);
        let told = match &visit.end {
            End::Answered(answer) => self.reached(answer, attempt.told.clone(), let_in),
            _ => attempt.told.clone(),
        };
        // Whoever does not answer now would be waited for each time.
        let goes_on = !told.is_let_in() && visit.end != End::Silent;
        (Some(Attempt { told, ..attempt }), goes_on)
    }

    /// What an answer to the good certificate tells of what was claimed beside it.
    fn reached(&self, answer: &Answer, judged: Told, let_in: &LetIn) -> Told {
        let traces = self.claim.traces();
        let location = answer.location.as_deref().unwrap_or_default();
        let shows = |trace: &String| answer.body.contains(&**trace) || location.contains(&**trace);
        if traces.iter().any(shows) {
            return Told::LetIn(format!(
                "with the good certificate, {} reached the application: its answer shows what they claim",
                self.described()
            ));
        }
        match judged {
            Told::LetIn(_) if !let_in.shows_name() => Told::CouldNotTell(
                "the page shows no name, so that it cannot be seen whose it would be: give the URL of one that does"
                    .to_owned(),
            ),
            Told::LetIn(_) if let_in.names(answer) => {
                Told::Disregarded("the answer still shows the name in the certificate".to_owned())
            }
            Told::LetIn(_) => Told::CouldNotTell(format!(
                "with {} the page shows neither name",
                self.described()
            )),
            // Such a request is not served at all.
            other => other,
        }
    }

    async fn ask(
        &self,
        place: &Place,
        shown: Option<&Presented>,
    ) -> Result<(Visitor, Visit), Attempt> {
        let visitor = Visitor {
            identity: shown.map(|shown| identity(shown, Prover::honest(shown.key.clone()))),
            version: None,
        };
        let question = self.case.question(place.question(), &self.fields);
        let visit = async {
            Returning::forgetful(&visitor)?
                .visit(&place.url, &question)
                .await
        };
        match visit.await {
            Ok(visit) => Ok((visitor, visit)),
            Err(cause) => Err(unreached(&cause)),
        }
    }

    /// The fields in a few words.
    fn described(&self) -> String {
        let first = self.fields.first().map(|(name, _)| &**name);
        let first = first.unwrap_or_default();
        let how = match self.case {
            Case::AsProxiesDo => "",
            Case::Lower => " in lower case",
            Case::Upper => " in upper case",
            Case::Trailer => " in a trailer",
        };
        match self.fields.len() {
            0 | 1 => format!("{first}{how}"),
            count => format!("{first} and {} more{how}", count - 1),
        }
    }
}

impl Case {
    fn question(self, question: Question, fields: &Fields) -> Question {
        let renamed = |rename: fn(&str) -> String| {
            let rename = |(name, value): &(String, String)| (rename(name), value.clone());
            fields.iter().map(rename).collect()
        };
        match self {
            Self::AsProxiesDo => Question {
                fields: fields.clone(),
                ..question
            },
            Self::Lower => Question {
                fields: renamed(str::to_ascii_lowercase),
                ..question
            },
            Self::Upper => Question {
                fields: renamed(str::to_ascii_uppercase),
                ..question
            },
            Self::Trailer => Question {
                trailers: fields.clone(),
                ..question
            },
        }
    }
}
