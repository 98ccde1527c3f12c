//! Headers that only a proxy may write, sent by the client: do they reach the application behind?
//!
//! In two ways. Without a certificate, claiming to be who is let in: that shows where the application believes them, as far as the
//! handshake lets anybody through who has none. With the good certificate, claiming to be somebody else: that shows where they
//! replace what the proxy says, or stand beside it, as far as the page shows who came.
//!
//! Over HTTP/1.1, and over HTTP/2 too where the server speaks it: what removes a field there need not see it here.

mod claims;
mod forger;
mod form;
mod found;
mod http2;
mod narrowed;

use super::super::case::Spelling;
use super::super::let_in::{By, LetIn};
use super::super::presented::Presented;
use super::{Attempt, Place, unreached};
use claims::{Claim, Fields};
use forger::Forger;
use form::Form;
use found::Found;
use http2::Http2;

/// In which way something is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Without a certificate, to be who is let in.
    Pretend,
    /// With the good certificate, to be somebody else.
    Replace,
}

/// How a request goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Manner {
    form: Form,
    way: Way,
}

/// What came of all of them so far.
#[derive(Debug, Default)]
struct Search {
    found: Vec<Found>,
    attempts: Vec<Attempt>,
    /// Whether nothing more can be asked.
    is_over: bool,
}

/// Sends them in every way, and over each version of HTTP stops at the first form that reaches the application: then all fields are
/// told that do in that form.
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
    let pretended = pretender.requests(spelling);
    let replaced = changeling.requests(spelling);
    let mut search = Search::default();
    let requests = |may_pretend: bool| {
        let pretended = pretended.iter().filter(move |_| may_pretend);
        let pretended = pretended.map(|it| (Way::Pretend, it));
        pretended.chain(replaced.iter().map(|it| (Way::Replace, it)))
    };
    search
        .go_on(&forger, &Form::OVER_HTTP1, requests(may_pretend))
        .await;
    let mut notes = Vec::new();
    let mut both = false;
    if !search.is_over {
        match forger.over_http2().await {
            Http2::NotSpoken => {}
            Http2::Untold(attempt) => search.attempts.push(attempt),
            Http2::Spoken {
                keeps_out,
                takes_trailers,
            } => {
                both = true;
                notes.push("The headers were sent over HTTP/1.1 and over HTTP/2.");
                if !takes_trailers {
                    notes.push("Over HTTP/2 the server serves no request with a trailer.");
                }
                let forms = Form::over_http2(takes_trailers);
                let requests = requests(may_pretend && keeps_out);
                search.go_on(&forger, forms, requests).await;
            }
        }
    }
    if !may_pretend {
        notes.push(
            "Without a certificate nothing was claimed: it would be answered alike, or not at all.",
        );
    }
    let mut attempts = search.attempts;
    attempts.extend(found::told(&search.found, both));
    let attempt = Attempt::of_all(attempts);
    notes.into_iter().fold(attempt, Attempt::noting)
}

impl Search {
    /// Sends these in one form after the other, until something is found.
    async fn go_on<'a>(
        &mut self,
        forger: &Forger<'_>,
        forms: &[Form],
        requests: impl Iterator<Item = (Way, &'a Fields)> + Clone,
    ) {
        for form in forms {
            let before = self.found.len();
            for (way, fields) in requests.clone() {
                self.send(forger, Manner { form: *form, way }, fields).await;
                if self.is_over {
                    return;
                }
            }
            if self.found.len() > before {
                return;
            }
        }
    }

    async fn send(&mut self, forger: &Forger<'_>, manner: Manner, fields: &Fields) {
        let sent = forger.send(manner, fields).await;
        self.is_over = sent.is_over;
        match sent.attempt {
            Some(attempt) if attempt.told.is_let_in() => {
                let (fields, together) = forger.narrowed(manner, fields).await;
                let names = fields.iter().map(|(name, _)| manner.form.written(name));
                self.found.push(Found {
                    manner,
                    names: names.collect(),
                    together,
                    attempt,
                });
            }
            other => self.attempts.extend(other),
        }
    }
}
