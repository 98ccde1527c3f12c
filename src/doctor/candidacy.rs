//! The certificates that a browser has or could have, and whether it offers them to this server.

use serde::Serialize;
use time::OffsetDateTime;

use super::facts::{Asked, Facts};
use super::finding::{About, Finding};
use super::offer::{self, Browser, Candidate, Offer, Place};
use crate::inventory::Summary;

/// A certificate, and whether it is offered.
#[derive(Debug, Clone, Serialize)]
pub struct Candidacy {
    /// The certificate.
    pub certificate: Summary,
    /// `inventory`, `bundle` or `database`.
    pub place: &'static str,
    /// The bundle's or database's path.
    pub path: Option<String>,
    /// Whose database it is.
    pub owner: Option<String>,
    /// Whether each browser offers it; none where the server does not ask.
    pub offers: Vec<Offered>,
}

/// Whether a browser offers a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct Offered {
    /// `chromium` or `firefox`.
    pub browser: &'static str,
    /// Whether it does.
    pub offered: bool,
    /// Why not, as a word that does not change.
    pub reason: Option<&'static str>,
    /// The same as a sentence.
    pub message: Option<String>,
    /// What mends it.
    pub hint: Option<&'static str>,
}

/// Asks for each certificate whether each browser offers it.
pub(super) fn candidacies(
    facts: &Facts,
    candidates: &[(Candidate, Summary)],
    now: OffsetDateTime,
) -> Vec<Candidacy> {
    let request = facts.of_browsers().and_then(|version| {
        facts.request(version).map(|request| offer::Request {
            acceptable_issuers: request.acceptable_issuers,
            signature_schemes: request.signature_schemes,
            version,
        })
    });
    let shown = candidates.iter().map(|(candidate, summary)| {
        let offers = request.iter().flat_map(|request| {
            let browsers = candidate.browsers().iter().copied();
            browsers.map(|browser| Offered::of(candidate, request, browser, now))
        });
        let (place, path, owner) = match &candidate.place {
            Place::Inventory => ("inventory", None, None),
            Place::Bundle(path) => ("bundle", Some(path), None),
            Place::Database {
                owner, directory, ..
            } => ("database", Some(directory), Some(owner.clone())),
        };
        Candidacy {
            certificate: summary.clone(),
            place,
            path: path.map(|path| path.display().to_string()),
            owner,
            offers: offers.collect(),
        }
    });
    shown.collect()
}

impl Offered {
    fn of(
        candidate: &Candidate,
        request: &offer::Request,
        browser: Browser,
        now: OffsetDateTime,
    ) -> Self {
        let offer = offer::offer(candidate, request, browser, now);
        let reason = offer.reason();
        Self {
            browser: browser.as_str(),
            offered: offer == Offer::Offered,
            reason: reason.map(offer::Reason::as_str),
            message: reason.map(ToString::to_string),
            hint: reason.map(offer::Reason::hint),
        }
    }
}

/// Whether there is a certificate that a browser offers; where one was given to log in with, whether it is that one.
pub(super) fn findings(
    facts: &Facts,
    asked: Option<Asked>,
    candidates: &[Candidacy],
) -> Option<Finding> {
    asked.filter(|asked| asked.is_at_first() || *asked == Asked::Renegotiation)?;
    let given = facts
        .presented
        .as_ref()
        .map(|it| it.fingerprint().to_string());
    let counts = |it: &&Candidacy| {
        given
            .as_ref()
            .is_none_or(|given| *given == it.certificate.fingerprint_sha256)
    };
    let counting: Vec<_> = candidates.iter().filter(counts).collect();
    let offered = |it: &&&Candidacy| it.offers.iter().any(|offer| offer.offered);
    let offered: Vec<_> = counting.iter().filter(offered).collect();
    if !offered.is_empty() {
        let in_a_browser = offered.iter().any(|it| it.place == "database");
        return (!in_a_browser).then(not_imported);
    }
    let problem = |word, message: String, hint: &str| {
        Some(Finding::problem(About::Candidates, word, message, hint))
    };
    let Some(first) = counting.first() else {
        return problem(
            "no-candidate",
            "there is no client certificate here that a browser could offer".to_owned(),
            "Issue one (pki issue-client) and import it (pki browser install), or name a bundle with --bundle FILE.",
        );
    };
    let why = first.offers.first();
    let (subject, hint) = (&first.certificate.subject, why.and_then(|it| it.hint));
    let why = why
        .and_then(|it| it.message.as_deref())
        .unwrap_or("it is not known why");
    let message = match *counting {
        [_] => format!("no browser offers {subject}: {why}"),
        _ => format!(
            "no browser offers any of {} certificates; {subject}: {why}",
            counting.len()
        ),
    };
    problem("not-offered", message, hint.unwrap_or_default())
}

fn not_imported() -> Finding {
    Finding::note(
        About::Candidates,
        "not-imported",
        "what would be offered lies in no database of this user's browsers",
        "Import it where it is to be used: pki browser install, or the browser's own dialogue.",
    )
}
