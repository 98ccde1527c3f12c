//! Headers that only a proxy may write, sent by the client: do they reach the application behind?
//!
//! In two ways. Without a certificate, claiming to be who is let in: that shows where the application believes them, as far as the
//! handshake lets anybody through who has none. With the good certificate, claiming to be somebody else: that shows where they
//! replace what the proxy says, or stand beside it, as far as the page shows who came.
//!
//! Over HTTP/1.1, and over HTTP/2 too where the server speaks it: what removes a field there need not see it here.

mod apart;
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

/// The same fields, as they are claimed in each way.
#[derive(Debug, Clone, Copy)]
struct Bundle<'a> {
    /// Nothing where that way shows nothing.
    pretended: Option<&'a Fields>,
    replaced: &'a Fields,
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
    let (pretended, replaced) = (pretender.requests(spelling), changeling.requests(spelling));
    let bundles = |may_pretend: bool| {
        let pretended = pretended.iter().map(|it| Some(it).filter(|_| may_pretend));
        let both = pretended.zip(&replaced);
        let bundles = both.map(|(pretended, replaced)| Bundle {
            pretended,
            replaced,
        });
        bundles.collect::<Vec<_>>()
    };
    let mut search = Search::default();
    search
        .go_on(&forger, &Form::OVER_HTTP1, &bundles(may_pretend))
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
                let bundles = bundles(may_pretend && keeps_out);
                search.go_on(&forger, forms, &bundles).await;
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
    async fn go_on(&mut self, forger: &Forger<'_>, forms: &[Form], bundles: &[Bundle<'_>]) {
        for form in forms {
            let before = self.found.len();
            for bundle in bundles {
                self.send(forger, *form, *bundle).await;
                if self.is_over {
                    return;
                }
            }
            if self.found.len() > before {
                return;
            }
        }
    }

    /// Sends one in both ways. Where it is turned away, for whichever of its fields, that hides what comes of the others: then each
    /// is sent alone.
    async fn send(&mut self, forger: &Forger<'_>, form: Form, bundle: Bundle<'_>) {
        let mut hidden = Vec::new();
        let mut is_turned_away = false;
        let replaced = Some(bundle.replaced);
        for (way, fields) in [(Way::Pretend, bundle.pretended), (Way::Replace, replaced)] {
            let Some(fields) = fields else { continue };
            let manner = Manner { form, way };
            let sent = forger.send(manner, fields).await;
            let is_served = way == Way::Replace && !sent.is_turned_away;
            is_turned_away |= sent.is_turned_away;
            self.is_over = sent.is_over;
            match sent.attempt {
                Some(attempt) if attempt.told.is_let_in() => {
                    let (fields, together) = forger.narrowed(manner, fields).await;
                    self.note(manner, &fields, together, attempt);
                }
                other => {
                    self.attempts.extend(other);
                    // Who comes without a certificate is kept out anyway, so that it does not show who is turned away.
                    hidden.extend(Some((manner, fields)).filter(|_| !is_served));
                }
            }
            if self.is_over {
                return;
            }
        }
        for (manner, fields) in hidden.into_iter().filter(|_| is_turned_away) {
            let apart = forger.apart(manner, fields).await;
            self.attempts.extend(apart.attempts);
            if let Some((fields, together, attempt)) = apart.arrived {
                self.note(manner, &fields, together, attempt);
            }
            self.is_over = apart.is_over;
            if self.is_over {
                return;
            }
        }
    }

    fn note(&mut self, manner: Manner, fields: &Fields, together: bool, attempt: Attempt) {
        let names = fields.iter().map(|(name, _)| manner.form.written(name));
        self.found.push(Found {
            manner,
            names: names.collect(),
            together,
            attempt,
        });
    }
}
