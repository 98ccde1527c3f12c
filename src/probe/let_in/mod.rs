//! What it looks like at one URL to be let in: learned from the answers to a good certificate and to none.

mod name;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use super::told::Told;
use crate::login::visit::{Answer, End};
use crate::name::one_line;
use name::stands_in;

pub(super) use name::spellings;

/// Alerts that say nothing of a client: what came could not be read, or the two ends have nothing in common.
const OF_THE_CONNECTION: [&str; 9] = [
    "close_notify",
    "bad_record_mac",
    "decryption_failed",
    "record_overflow",
    "decompression_failure",
    "protocol_version",
    "inappropriate_fallback",
    "user_canceled",
    "no_application_protocol",
];

/// The measure of every answer of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetIn {
    name: String,
    with: Answer,
    without: Option<Answer>,
    by: By,
}

/// What tells one who was let in from one who was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The status, or that there is an answer at all.
    Status,
    /// Where the answer leads.
    Location,
    /// The page, which is always the same.
    Page,
    /// The page, which varies, by the name in it.
    Name,
    /// Nothing: without a certificate the answer is the same, so everybody is let in.
    Nothing,
}

impl LetIn {
    /// Learns it from two visits with a good certificate for `name`, and one without any that was made between the two: a page
    /// that changes with the clock then never looks as if it changed with the certificate.
    ///
    /// # Errors
    /// Says in a sentence why it cannot be told who is let in.
    pub fn learn(name: &str, with: [&End; 2], without: &End) -> Result<Self, String> {
        let [first, second] = with.map(answer_of);
        let (first, second) = (first?, second?);
        if first.status != second.status {
            return Err(format!(
                "the good certificate got HTTP {} and then HTTP {}",
                first.status, second.status
            ));
        }
        if !is_welcome(first.status) {
            return Err(format!(
                "the good certificate is not let in: HTTP {}",
                first.status
            ));
        }
        let without = match without {
            End::Answered(answer) => Some(answer),
            _ => None,
        };
        Ok(Self {
            by: told_by(name, first, second, without)?,
            name: name.to_owned(),
            with: first.clone(),
            without: without.cloned(),
        })
    }

    /// What tells who was let in.
    pub fn by(&self) -> By {
        self.by
    }

    /// The name that is let in.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The answer to the good certificate.
    pub fn answer(&self) -> &Answer {
        &self.with
    }

    /// The answer to who has no certificate, where there was one.
    pub fn answer_without(&self) -> Option<&Answer> {
        self.without.as_ref()
    }

    /// Says whether the name stands in what the good certificate got, so that it would be seen if it were another.
    pub fn shows_name(&self) -> bool {
        self.names(&self.with)
    }

    /// Says whether an answer shows it.
    pub fn names(&self, answer: &Answer) -> bool {
        stands_in(&self.name, &answer.body)
    }

    /// Judges how a visit ended; `spoken` says that the server took part in the handshake at least as far as its certificate.
    pub fn judge(&self, end: &End, spoken: bool) -> Told {
        match end {
            End::Answered(answer) => self.judge_answer(answer),
            End::Alert(alert) if OF_THE_CONNECTION.contains(&&**alert) => {
                Told::CouldNotTell(format!("alert {alert}"))
            }
            End::Alert(alert) if spoken => Told::RefusedInHandshake(format!("alert {alert}")),
            End::Alert(alert) => {
                Told::CouldNotTell(format!("alert {alert} before any certificate was shown"))
            }
            End::Closed(how) if spoken => Told::RefusedInHandshake(how.clone()),
            End::Closed(how) => {
                Told::CouldNotTell(format!("{how} before any certificate was shown"))
            }
            End::NotTls => Told::CouldNotTell("what answered is not TLS".to_owned()),
            End::Silent => Told::CouldNotTell("no answer in time".to_owned()),
            End::Broken(how) => Told::CouldNotTell(one_line(how)),
        }
    }

    fn judge_answer(&self, answer: &Answer) -> Told {
        let status = answer.status;
        if status != self.with.status {
            return self.judge_other_status(answer);
        }
        if is_redirection(status) {
            let place = one_line(place(answer));
            return match places_differ(&self.with, answer) {
                false => Told::LetIn(format!("HTTP {status} to {place}")),
                true => Told::RefusedByStatus(format!("HTTP {status} to {place}")),
            };
        }
        match self.by {
            By::Status | By::Location => Told::LetIn(format!("HTTP {status}")),
            // What is not there yet may still tell otherwise, but for a name that is.
            _ if !answer.complete && !self.names(answer) => Told::CouldNotTell(format!(
                "HTTP {status} and a page that does not come to its end soon"
            )),
            By::Page | By::Nothing if answer.body == self.with.body => Told::LetIn(format!(
                "HTTP {status} and the page of the good certificate"
            )),
            By::Page if self.is_as_without(answer) => Told::RefusedByStatus(format!(
                "HTTP {status} and the page that is there without a certificate"
            )),
            By::Page | By::Name | By::Nothing => self.judge_by_name(answer),
        }
    }

    fn judge_by_name(&self, answer: &Answer) -> Told {
        let status = answer.status;
        let without = self.without.as_ref();
        let tells = self.shows_name() && without.is_some_and(|it| !stands_in(&self.name, &it.body));
        if !tells {
            return Told::CouldNotTell(format!(
                "HTTP {status} and a page that is neither that of the good certificate nor that without one"
            ));
        }
        match stands_in(&self.name, &answer.body) {
            true => Told::LetIn(format!("HTTP {status} and a page with the name in it")),
            false => Told::RefusedByStatus(format!("HTTP {status} and a page without the name")),
        }
    }

    fn judge_other_status(&self, answer: &Answer) -> Told {
        let status = answer.status;
        let as_without = (self.without.as_ref()).is_some_and(|it| it.status == status);
        match status {
            _ if as_without => {
                Told::RefusedByStatus(format!("HTTP {status}, as without a certificate"))
            }
            // Too many, too much, too slow, elsewhere, failed, or nobody there: that says nothing of who came (RFC 9110 §15.6). An
            // application that fails over a stranger was reached by him.
            408 | 413 | 414 | 421 | 429 | 431 | 500.. => {
                Told::CouldNotTell(format!("HTTP {status}"))
            }
            300..400 => {
                let place = one_line(place(answer));
                Told::RefusedByStatus(format!("HTTP {status} to {place}"))
            }
            400..500 => Told::RefusedByStatus(format!("HTTP {status}")),
            _ => Told::CouldNotTell(format!(
                "HTTP {status}, and the good certificate got {}",
                self.with.status
            )),
        }
    }

    fn is_as_without(&self, answer: &Answer) -> bool {
        (self.without.as_ref()).is_some_and(|it| it.body == answer.body)
    }
}

fn answer_of(end: &End) -> Result<&Answer, String> {
    match end {
        End::Answered(answer) => Ok(answer),
        End::Alert(alert) => Err(format!("the good certificate is not let in: alert {alert}")),
        End::Closed(how) => Err(format!("the good certificate is not let in: {how}")),
        End::NotTls => Err("what answered is not TLS".to_owned()),
        End::Silent => Err("the good certificate got no answer in time".to_owned()),
        End::Broken(how) => Err(format!(
            "the good certificate could not be tried: {}",
            one_line(how)
        )),
    }
}

fn told_by(
    name: &str,
    first: &Answer,
    second: &Answer,
    without: Option<&Answer>,
) -> Result<By, String> {
    let Some(without) = without.filter(|it| it.status == first.status) else {
        return Ok(By::Status);
    };
    let status = first.status;
    if is_redirection(status) {
        if places_differ(first, second) {
            return Err(format!("HTTP {status} leads elsewhere each time"));
        }
        return match places_differ(first, without) {
            true => Ok(By::Location),
            false => Err(format!(
                "HTTP {status} leads to {}, with a certificate and without: give the URL that is behind that",
                one_line(place(first))
            )),
        };
    }
    let complete = [first, second, without].iter().all(|it| it.complete);
    if complete && first.body == second.body {
        return Ok(match first.body == without.body {
            true => By::Nothing,
            false => By::Page,
        });
    }
    let always_named = [first, second].iter().all(|it| stands_in(name, &it.body));
    match always_named && without.complete && !stands_in(name, &without.body) {
        true => Ok(By::Name),
        false if !complete => Err(format!(
            "HTTP {status} with a certificate and without, and the page does not come to its end soon: give the URL of a shorter one"
        )),
        false => Err(format!(
            "HTTP {status} with a certificate and without, and the page varies but does not show the name: give the URL of one that does"
        )),
    }
}

/// Whether a status says that whoever came was let in, as far as the certificate goes: what is not there, not there any more, or not
/// to be asked in this way was looked for.
fn is_welcome(status: u16) -> bool {
    matches!(status, 200..400 | 404 | 405 | 406 | 410)
}

fn is_redirection(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Where an answer leads, without the query, which is often made up for each visit.
fn place(answer: &Answer) -> &str {
    let location = answer.location.as_deref().unwrap_or_default();
    location.split(['?', '#']).next().unwrap_or_default()
}

fn places_differ(one: &Answer, other: &Answer) -> bool {
    place(one) != place(other)
}
