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
use crate::login::visit::{Answer, End, Question, Returning, Visitor};

/// How a name is written; what compares it letter for letter sees one of these only.
#[derive(Debug, Clone, Copy)]
enum Case {
    AsProxiesDo,
    Lower,
    Upper,
    /// As proxies do, but behind the body (RFC 9112 §7.1.2).
    Trailer,
}

/// In which way something is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Without a certificate, to be who is let in.
    Pretend,
    /// With the good certificate, to be somebody else.
    Replace,
}

/// Fields that reached the application, and what showed it.
#[derive(Debug)]
struct Found {
    way: Way,
    /// As they were written.
    names: Vec<String>,
    /// Whether it takes all of them.
    together: bool,
    attempt: Attempt,
}

/// What one request came to.
struct Sent {
    /// Nothing where it tells nothing.
    attempt: Option<Attempt>,
    /// Whether nothing more can be asked.
    is_over: bool,
}

/// Sends them in every way, and stops at the first that reaches the application: then all fields of that way are told that do.
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
    let forger = Forger {
        place,
        good,
        let_in,
        claim: &changeling,
    };
    // Where everybody is let in, or nobody without a certificate is answered, the first way shows nothing.
    let may_pretend = let_in.answer_without().is_some() && let_in.by() != By::Nothing;
    let mut attempts = Vec::new();
    'all: for case in [Case::AsProxiesDo, Case::Lower, Case::Upper, Case::Trailer] {
        let pretended = pretender
            .requests(spelling)
            .into_iter()
            .map(|it| (it, Way::Pretend));
        let replaced = changeling
            .requests(spelling)
            .into_iter()
            .map(|it| (it, Way::Replace));
        let mut found = Vec::new();
        for (fields, way) in pretended.filter(|_| may_pretend).chain(replaced) {
            let sent = forger.send(case, way, &fields).await;
            match sent.attempt {
                Some(attempt) if attempt.told.is_let_in() => {
                    let (fields, together) = forger.narrowed(case, way, fields).await;
                    let names = fields.iter().map(|(name, _)| case.written(name));
                    found.push(Found {
                        way,
                        names: names.collect(),
                        together,
                        attempt,
                    });
                }
                other => attempts.extend(other),
            }
            if sent.is_over {
                attempts.extend(told(&found, case));
                break 'all;
            }
        }
        if let Some(found) = told(&found, case) {
            attempts.push(found);
            break;
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

/// One attempt of all that was found; nothing where nothing was.
fn told(found: &[Found], case: Case) -> Option<Attempt> {
    let of_way = |way| {
        let alike = found.iter().filter(move |it| it.way == way);
        let names: Vec<_> = alike.clone().map(Found::listed).collect();
        let how = alike.clone().next()?.attempt.told.how();
        let (names, place) = (names.join(", "), case.place());
        Some(match way {
            Way::Pretend => {
                format!("without a certificate, {names}{place} let the client in: {how}")
            }
            Way::Replace => {
                format!("with the good certificate, {names}{place} reached the application: {how}")
            }
        })
    };
    let first = found.first()?;
    let how: Vec<_> = [Way::Pretend, Way::Replace]
        .into_iter()
        .filter_map(of_way)
        .collect();
    let mut fields: Vec<String> = Vec::new();
    for name in found.iter().flat_map(|it| &it.names) {
        if !fields.contains(name) {
            fields.push(name.clone());
        }
    }
    Some(Attempt {
        told: Told::LetIn(how.join("; ")),
        fields,
        ..first.attempt.clone()
    })
}

impl Found {
    fn listed(&self) -> String {
        match self.together {
            true => self.names.join(" with "),
            false => self.names.join(", "),
        }
    }
}

/// Who forges, and where.
#[derive(Debug)]
struct Forger<'a> {
    place: &'a Place,
    good: &'a Presented,
    let_in: &'a LetIn,
    /// Who is claimed to have come, where it is not who is let in.
    claim: &'a Claim,
}

impl Forger<'_> {
    /// Those of the fields that show by themselves that they reach the application; where none does, those that it takes together.
    ///
    /// Says too whether it takes all of them.
    async fn narrowed(&self, case: Case, way: Way, fields: Fields) -> (Fields, bool) {
        let mut alone = Fields::new();
        for field in &fields {
            if self.shows(case, way, &vec![field.clone()]).await {
                alone.push(field.clone());
            }
        }
        if !alone.is_empty() {
            return (alone, false);
        }
        let mut needed = fields.clone();
        for (name, _) in &fields {
            let others = needed.iter().filter(|(it, _)| it != name);
            let others: Fields = others.cloned().collect();
            if !others.is_empty() && self.shows(case, way, &others).await {
                needed = others;
            }
        }
        (needed, true)
    }

    async fn shows(&self, case: Case, way: Way, fields: &Fields) -> bool {
        let sent = self.send(case, way, fields).await;
        sent.attempt.is_some_and(|it| it.told.is_let_in())
    }

    /// Sends one request with forged fields.
    ///
    /// What is claimed without a certificate counts only where it succeeds: who is kept out may have been kept out by the proxy, and
    /// then the application has not been asked.
    async fn send(&self, case: Case, way: Way, fields: &Fields) -> Sent {
        let shown = match way {
            Way::Pretend => None,
            Way::Replace => Some(self.good),
        };
        let visitor = Visitor {
            identity: shown.map(|shown| identity(shown, Prover::honest(shown.key.clone()))),
            version: None,
        };
        let question = case.question(self.place.question(), fields);
        let visit = async {
            Returning::forgetful(&visitor)?
                .visit(&self.place.url, &question)
                .await
        };
        let visit = match visit.await {
            Ok(visit) => visit,
            Err(cause) => {
                return Sent {
                    attempt: Some(unreached(&cause)),
                    is_over: true,
                };
            }
        };
        let attempt = self.place.judge(&visit, &visitor, self.let_in);
        let told = match (way, &visit.end) {
            (Way::Pretend, _) => {
                return Sent {
                    attempt: Some(attempt).filter(|it| it.told.is_let_in()),
                    is_over: false,
                };
            }
            (Way::Replace, End::Answered(answer)) => {
                self.reached(answer, attempt.told.clone(), fields)
            }
            (Way::Replace, _) => attempt.told.clone(),
        };
        Sent {
            attempt: Some(Attempt { told, ..attempt }),
            // Whoever does not answer now would be waited for each time.
            is_over: visit.end == End::Silent,
        }
    }

    /// What an answer to the good certificate tells of what was claimed beside it.
    fn reached(&self, answer: &Answer, judged: Told, fields: &Fields) -> Told {
        let traces = self.claim.traces();
        let location = answer.location.as_deref().unwrap_or_default();
        let shows = |trace: &String| answer.body.contains(&**trace) || location.contains(&**trace);
        if traces.iter().any(shows) {
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

impl Case {
    /// A name as it is sent.
    fn written(self, name: &str) -> String {
        match self {
            Self::AsProxiesDo | Self::Trailer => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
        }
    }

    fn place(self) -> &'static str {
        match self {
            Self::Trailer => " in a trailer",
            _ => "",
        }
    }

    fn question(self, question: Question, fields: &Fields) -> Question {
        let rename = |(name, value): &(String, String)| (self.written(name), value.clone());
        let written = fields.iter().map(rename).collect();
        match self {
            Self::Trailer => Question {
                trailers: written,
                ..question
            },
            _ => Question {
                fields: written,
                ..question
            },
        }
    }
}
