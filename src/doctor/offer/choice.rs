//! Which of several certificates is sent where nobody is asked.

use std::cmp::Reverse;

use time::OffsetDateTime;

use super::candidate::{Candidate, Order, Place};
use super::{Browser, Offer, Reason, Request, offer};
use crate::certificate::KeyUsage;

/// What a browser that chooses by itself answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// No certificate.
    Nothing,
    /// The certificate at this place in the list.
    Sends(usize),
    /// It chooses the one at this place, cannot sign with it, and gives up the connection.
    GivesUp(usize),
    /// One of several, and nothing tells which.
    NotTold,
}

impl Choice {
    /// The choice's word in `--json` output, which does not change.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Sends(_) => "sends",
            Self::GivesUp(_) => "gives-up",
            Self::NotTold => "not-told",
        }
    }
}

/// What a browser that chooses by itself answers to a server that asks so, having these certificates in one database.
///
/// By default a person is asked. Chromium chooses by itself under the policy `AutoSelectCertificateForUrls`: the certificate that
/// ends last, of several that end together the one that began last. Firefox chooses by itself where
/// `security.default_personal_cert` is `Select Automatically`: the one whose key was imported first, unless it has contentCommitment
/// (nonRepudiation) in its keyUsage and another has not. Both look at the signature schemes only after that.
pub fn choice(
    candidates: &[Candidate],
    request: &Request,
    browser: Browser,
    now: OffsetDateTime,
) -> Choice {
    let fitting = fitting(candidates, request, browser, now);
    let best = match browser {
        Browser::Chromium => {
            let times = |candidate: &Candidate| {
                let validity = candidate.certificate.validity();
                (Reverse(validity.not_after), Reverse(validity.not_before))
            };
            let best = fitting.iter().min_by_key(|(_, (it, _))| times(it));
            let is_best =
                |it: &Candidate| best.is_some_and(|(_, (best, _))| times(best) == times(it));
            if fitting.iter().filter(|(_, (it, _))| is_best(it)).count() > 1 {
                return Choice::NotTold;
            }
            best
        }
        Browser::Firefox if fitting.len() > 1 && !is_in_order(candidates) => {
            return Choice::NotTold;
        }
        Browser::Firefox => fitting
            .iter()
            .min_by_key(|(_, (it, _))| is_for_commitments(it)),
    };
    match best {
        None => Choice::Nothing,
        Some((place, (_, Offer::Offered))) => Choice::Sends(*place),
        Some((place, (_, Offer::Not(Reason::NoSignatureScheme { is_fatal: true, .. })))) => {
            Choice::GivesUp(*place)
        }
        Some(_) => Choice::Nothing,
    }
}

/// Those that a browser chooses from, each with its place in the list and what is said of it.
pub(super) fn fitting<'a>(
    candidates: &'a [Candidate],
    request: &Request,
    browser: Browser,
    now: OffsetDateTime,
) -> Vec<(usize, (&'a Candidate, Offer))> {
    let offers = candidates
        .iter()
        .map(|it| (it, offer(it, request, browser, now)));
    offers
        .enumerate()
        .filter(|(_, (_, offer))| is_chosen_from(offer))
        .collect()
}

/// Says whether they stand in the order in which their keys were imported into one database.
fn is_in_order(candidates: &[Candidate]) -> bool {
    let directory = |candidate: &Candidate| match &candidate.place {
        Place::Database {
            order: Order::OfImport,
            directory,
            ..
        } => Some(directory.clone()),
        _ => None,
    };
    let mut directories = candidates.iter().map(directory);
    let first = directories.next().flatten();
    first.is_some() && directories.all(|it| it == first)
}

fn is_chosen_from(offer: &Offer) -> bool {
    matches!(
        offer,
        Offer::Offered | Offer::Not(Reason::NoSignatureScheme { .. })
    )
}

fn is_for_commitments(candidate: &Candidate) -> bool {
    let usage = candidate.certificate.extensions().key_usage;
    usage.is_some_and(|usage| usage.allows(KeyUsage::CONTENT_COMMITMENT))
}
