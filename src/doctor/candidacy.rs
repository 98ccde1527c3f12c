//! The certificates that a browser has or could have, and whether it offers them to this server.

use std::collections::HashSet;

use serde::Serialize;
use time::OffsetDateTime;

use super::facts::{Asked, Facts, Known};
use super::finding::{About, Finding};
use super::offer::{self, Browser, Candidate, Place};
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

/// What the server asks of a browser; nothing where it does not ask.
pub(super) fn request(facts: &Facts) -> Option<offer::Request> {
    let version = facts.of_browsers()?;
    facts.request(version).map(|request| offer::Request {
        acceptable_issuers: request.acceptable_issuers,
        signature_schemes: request.signature_schemes,
        version,
    })
}

/// A certificate's name with its serial number, or its subject, for people.
pub(super) fn title(certificate: &Summary) -> String {
    let name = match (&certificate.name, &certificate.device) {
        (Some(name), Some(device)) => format!("{name}/{device}"),
        (Some(name), None) => name.clone(),
        (None, _) => certificate.subject.clone(),
    };
    format!("{name} (serial number {})", certificate.serial_number)
}

/// Asks for each certificate whether each browser offers it.
pub(super) fn candidacies(
    facts: &Facts,
    candidates: &[(Candidate, Summary)],
    now: OffsetDateTime,
) -> Vec<Candidacy> {
    let request = request(facts);
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
            offered: offer.is_offered(),
            reason: reason.map(offer::Reason::as_str),
            message: reason.map(ToString::to_string),
            hint: reason.map(offer::Reason::hint),
        }
    }
}

impl Candidacy {
    fn is_offered(&self) -> bool {
        self.offers.iter().any(|offer| offer.offered)
    }

    fn is_in_a_database(&self) -> bool {
        self.place == "database"
    }

    fn is_valid(&self) -> bool {
        self.certificate.status == "valid"
    }

    /// Why no browser offers it, and what mends that.
    fn why(&self) -> (&str, &'static str) {
        let first = self.offers.first();
        let message = first.and_then(|it| it.message.as_deref());
        let hint = first.and_then(|it| it.hint).unwrap_or_default();
        (message.unwrap_or("it is not known why"), hint)
    }
}

/// Those that a browser has and offers: of the certificate that was given, or where none was, of all that are valid.
pub(super) fn in_browsers<'a>(facts: &Facts, candidates: &'a [Candidacy]) -> Vec<&'a Candidacy> {
    let given = facts.presented.as_ref();
    let given = given.map(|it| it.fingerprint().to_string());
    let counts = |it: &&Candidacy| match &given {
        Some(given) => *given == it.certificate.fingerprint_sha256,
        None => it.is_valid(),
    };
    let offered = |it: &&Candidacy| it.is_in_a_database() && it.is_offered();
    candidates.iter().filter(counts).filter(offered).collect()
}

/// Whether there is a certificate that a browser offers; where one was given to log in with, whether it is that one.
///
/// Where the one that was given lies in a browser's database, it counts as it lies there: its bundle may hold more.
pub(super) fn findings(
    facts: &Facts,
    known: &Known,
    asked: Option<Asked>,
    candidates: &[Candidacy],
) -> Vec<Finding> {
    if !asked.is_some_and(|asked| asked.is_at_first() || asked == Asked::Renegotiation) {
        return Vec::new();
    }
    let Some(given) = &facts.presented else {
        return of_all(known, candidates);
    };
    let given = given.fingerprint().to_string();
    let rows = candidates.iter();
    let rows: Vec<_> = rows
        .filter(|it| it.certificate.fingerprint_sha256 == given)
        .collect();
    let held: Vec<_> = rows
        .iter()
        .copied()
        .filter(|it| it.is_in_a_database())
        .collect();
    if held.is_empty() {
        return match rows.iter().any(|it| it.is_offered()) {
            true => not_imported(known).into_iter().collect(),
            false => vec![not_offered(&rows)],
        };
    }
    let prevents_login = !held.iter().any(|it| it.is_offered());
    let refusing = held.iter().filter(|it| !it.is_offered());
    refusing
        .map(|it| Finding {
            prevents_login,
            ..not_offered_by(it)
        })
        .collect()
}

/// The same where none was given: one that is valid must be offered.
fn of_all(known: &Known, candidates: &[Candidacy]) -> Vec<Finding> {
    let all: Vec<_> = candidates.iter().collect();
    let offered: Vec<_> = all.iter().filter(|it| it.is_offered()).collect();
    let mut usable = offered.iter().filter(|it| it.is_valid()).peekable();
    match (offered.first(), usable.peek()) {
        (None, _) => vec![not_offered(&all)],
        (Some(first), None) => vec![Finding::problem(
            About::Candidates,
            "offered-not-valid",
            format!(
                "what browsers would offer is not valid: {} is {}",
                title(&first.certificate),
                first.certificate.status
            ),
            "Issue a new one (pki issue-client, pki renew) and import it (pki browser install).",
        )],
        (Some(_), Some(_)) => match usable.any(|it| it.is_in_a_database()) {
            true => Vec::new(),
            false => not_imported(known).into_iter().collect(),
        },
    }
}

fn not_offered(rows: &[&Candidacy]) -> Finding {
    let problem = |word, message: String, hint: &str| {
        Finding::problem(About::Candidates, word, message, hint)
    };
    let Some(first) = rows.first() else {
        return problem(
            "no-candidate",
            "there is no client certificate here that a browser could offer".to_owned(),
            "Issue one (pki issue-client) and import it (pki browser install), or name a bundle with --bundle FILE.",
        );
    };
    let ((why, hint), subject) = (first.why(), &first.certificate.subject);
    let certificates: HashSet<_> = rows
        .iter()
        .map(|it| &it.certificate.fingerprint_sha256)
        .collect();
    let message = match certificates.len() {
        1 => format!("no browser offers {subject}: {why}"),
        many => format!("no browser offers any of {many} certificates; {subject}: {why}"),
    };
    problem("not-offered", message, hint)
}

fn not_offered_by(row: &Candidacy) -> Finding {
    let ((why, hint), subject) = (row.why(), &row.certificate.subject);
    let owner = row.owner.as_deref().unwrap_or_default();
    let path = row.path.as_deref().unwrap_or_default();
    let message = format!("{owner} ({path}) has {subject} and does not offer it: {why}");
    Finding::problem(About::Candidates, "not-offered", message, hint)
}

/// Says so only where all databases were looked into.
fn not_imported(known: &Known) -> Option<Finding> {
    let are_read = known.unread().next().is_none();
    are_read.then(|| {
        Finding::note(
            About::Candidates,
            "not-imported",
            "what would be offered lies in no database of this user's browsers",
            "Import it where it is to be used: pki browser install, or the browser's own dialogue.",
        )
    })
}
