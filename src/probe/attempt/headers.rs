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
    for case in [Case::AsProxiesDo, Case::Lower, Case::Upper, Case::Trailer] {
        if may_pretend {
            for fields in pretender.requests(spelling) {
                attempts.extend(pretend(place, case, &fields, let_in).await);
            }
        }
        for fields in changeling.requests(spelling) {
            attempts.push(replace(place, good, case, &fields, &changeling, let_in).await);
        }
        if attempts.iter().any(|it: &Attempt| it.told.is_let_in()) {
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

/// Claims without a certificate to be who is let in. It counts only where it succeeds: who is kept out may have been kept out by the
/// proxy, and then the application has not been asked.
async fn pretend(place: &Place, case: Case, fields: &Fields, let_in: &LetIn) -> Option<Attempt> {
    let attempt = match ask(place, None, case, fields).await {
        Ok((visitor, visit)) => place.judge(&visit, &visitor, let_in),
        Err(attempt) => return Some(attempt),
    };
    let how = format!(
        "without a certificate, {} let the client in: {}",
        described(case, fields),
        attempt.told.how()
    );
    attempt.told.is_let_in().then(|| Attempt {
        told: Told::LetIn(how),
        ..attempt
    })
}

/// Claims with the good certificate to be somebody else.
async fn replace(
    place: &Place,
    good: &Presented,
    case: Case,
    fields: &Fields,
    claim: &Claim,
    let_in: &LetIn,
) -> Attempt {
    let (visitor, visit) = match ask(place, Some(good), case, fields).await {
        Ok(visited) => visited,
        Err(attempt) => return attempt,
    };
    let attempt = place.judge(&visit, &visitor, let_in);
    let told = match &visit.end {
        End::Answered(answer) => reached(answer, attempt.told.clone(), case, fields, claim, let_in),
        _ => attempt.told.clone(),
    };
    Attempt { told, ..attempt }
}

/// What an answer to the good certificate tells of what was claimed beside it.
fn reached(
    answer: &Answer,
    judged: Told,
    case: Case,
    fields: &Fields,
    claim: &Claim,
    let_in: &LetIn,
) -> Told {
    let traces = claim.traces();
    let location = answer.location.as_deref().unwrap_or_default();
    let trace = (traces.iter()).any(|it| answer.body.contains(&**it) || location.contains(&**it));
    let described = described(case, fields);
    if trace {
        return Told::LetIn(format!(
            "with the good certificate, {described} reached the application: its answer shows what they claim"
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
            "with {described} the page shows neither name"
        )),
        // Such a request is not served at all.
        other => other,
    }
}

async fn ask(
    place: &Place,
    shown: Option<&Presented>,
    case: Case,
    fields: &Fields,
) -> Result<(Visitor, Visit), Attempt> {
    let visitor = Visitor {
        identity: shown.map(|shown| identity(shown, Prover::honest(shown.key.clone()))),
        version: None,
    };
    let question = case.question(place.question(), fields);
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

/// The fields in a few words.
fn described(case: Case, fields: &Fields) -> String {
    let first = fields.first().map(|(name, _)| &**name).unwrap_or_default();
    let how = match case {
        Case::AsProxiesDo => "",
        Case::Lower => " in lower case",
        Case::Upper => " in upper case",
        Case::Trailer => " in a trailer",
    };
    match fields.len() {
        0 | 1 => format!("{first}{how}"),
        count => format!("{first} and {} more{how}", count - 1),
    }
}
