//! What the browser of each database answers where nobody is asked.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::candidate::{Candidate, Place};
use super::choice::{Choice, choice, fitting};
use super::{Browser, Request};
use crate::certificate::Certificate;

/// What the browser of one database answers by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How it chooses.
    pub browser: Browser,
    /// Whose the database is.
    pub owner: String,
    /// The directory with `cert9.db`.
    pub directory: PathBuf,
    /// How many certificates it chooses from.
    pub fitting: usize,
    /// What it answers; a place is one among the candidates of this database, in their order.
    pub choice: Choice,
    /// The certificate that it chooses, whether it can sign with it or not.
    pub chosen: Option<Certificate>,
}

/// What each browser answers by itself ([`choice()`]), having all candidates that lie in one database: one answer for each
/// database, and two where it is not known whose it is.
pub fn answers<'a>(
    candidates: impl IntoIterator<Item = &'a Candidate>,
    request: &Request,
    now: OffsetDateTime,
) -> Vec<Answer> {
    let mut databases: Vec<(&PathBuf, &str, Vec<Candidate>)> = Vec::new();
    for candidate in candidates {
        let Place::Database {
            directory, owner, ..
        } = &candidate.place
        else {
            continue;
        };
        match databases.iter_mut().find(|(it, ..)| *it == directory) {
            Some((_, _, held)) => held.push(candidate.clone()),
            None => databases.push((directory, owner, vec![candidate.clone()])),
        }
    }
    let mut all = Vec::new();
    for (directory, owner, held) in databases {
        let browsers = held.first().map_or(&[][..], Candidate::browsers);
        all.extend(browsers.iter().map(|browser| {
            let choice = choice(&held, request, *browser, now);
            let chosen = match choice {
                Choice::Sends(place) | Choice::GivesUp(place) => held.get(place),
                Choice::Nothing | Choice::NotTold => None,
            };
            Answer {
                browser: *browser,
                owner: owner.to_owned(),
                directory: directory.clone(),
                fitting: fitting(&held, request, *browser, now).len(),
                choice,
                chosen: chosen.map(|it| it.certificate.clone()),
            }
        }));
    }
    all
}
