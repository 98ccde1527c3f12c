//! What was tried becomes what was found out.

use super::super::attempt::Attempt;
use super::super::case::{Act, Case};
use super::super::let_in::{By, LetIn};
use super::super::remedy::{Cause, Matter, undelivered};
use super::super::report::{Finding, Spread};
use super::super::software::Software;
use super::super::told::Told;
use super::super::verdict::Verdict;
use crate::login::visit::Answer;

/// A case, what came of it, and what was waited for before.
pub(super) type Tried = (&'static Case, Attempt, Option<String>);

/// The cases in which somebody was let in who must not be.
pub(super) fn wrongly_let_in(tried: &[Tried]) -> impl Iterator<Item = &'static str> {
    let wrong = |(case, attempt, _): &&Tried| {
        Verdict::of(&attempt.told, case.must) == Verdict::WronglyAccepted
    };
    tried.iter().filter(wrong).map(|(case, ..)| case.name)
}

/// Judges each.
pub(super) fn of(
    tried: Vec<Tried>,
    cause: Cause,
    spread: Option<&Spread>,
    software: Option<Software>,
) -> Vec<Finding> {
    let unaided = spread.filter(|it| it.refresh.is_none() && !it.has_arrived);
    let judged = tried.into_iter().map(|(case, attempt, waited)| {
        let matter = cause.behind(case.matter);
        let mut finding = Finding::of(case, &attempt.told, matter, software);
        if let (Matter::Revocation, Some(spread), Some(mend)) = (matter, unaided, &mut finding.mend)
        {
            *mend = undelivered(spread.crl_number, mend);
        }
        finding.notes = attempt.seen;
        finding.fields = attempt.fields;
        finding.waited = waited;
        finding
    });
    judged.collect()
}

/// Says where an answer tells less than it seems to, or nothing.
pub(super) fn note(let_in: &LetIn, tried: &mut [Tried]) {
    let deeper =
        |(case, attempt, _): &Tried| case.name == "deeper-chain" && attempt.told.is_refused();
    let refuses_deeper = tried.iter().any(deeper);
    let over_http = matches!(let_in.by(), By::Status | By::Location)
        && (let_in.answer_without()).is_some_and(|it| !decides_by_itself(it));
    for (case, attempt, _) in tried.iter_mut() {
        let is_refused = attempt.told.is_refused();
        if case.name == "path-length" && refuses_deeper && is_refused {
            let note = "Any chain as long as this is refused, so that pathLenConstraint may not have been looked at.";
            attempt.seen.push(note.to_owned());
        }
        if case.name == "system-trusted-ca" && is_refused {
            let note = "It tells something only where system.pem is in the trust store of the server's system.";
            attempt.seen.push(note.to_owned());
        }
        if case.act == Act::WithoutCertificate && over_http && is_refused {
            let note = "The handshake lets requests without a certificate through. Where they reach the application, it must refuse by itself, on every path.";
            attempt.seen.push(note.to_owned());
        }
        let by_the_page = matches!(let_in.by(), By::Page | By::Name);
        if case.act == Act::WithoutCertificate && by_the_page && is_refused {
            let status = let_in.answer().status;
            attempt.told = Told::CouldNotTell(format!(
                "HTTP {status} as with a certificate, and another page: see whether it shows anything that is for those alone who are let in"
            ));
        }
    }
}

/// Whether an answer is that of a server which itself refuses who has no certificate: nginx says so, and so does `pki serve`.
fn decides_by_itself(answer: &Answer) -> bool {
    answer.reason.is_some() || answer.body.contains("No required SSL certificate was sent")
}

/// What "let in" looks like, in a few words.
pub(super) fn described(let_in: &LetIn) -> String {
    let status = let_in.answer().status;
    match let_in.by() {
        By::Status if matches!(status, 404 | 410) => format!(
            "HTTP {status}: nothing is there, so that nobody may have been asked who came; give the path of a page that is"
        ),
        By::Status => format!("HTTP {status}"),
        By::Location => format!("HTTP {status}, told apart by where it leads"),
        By::Page => format!("HTTP {status}, told apart by the page"),
        By::Name => format!("HTTP {status}, told apart by the name in the page"),
        By::Nothing => format!("HTTP {status}, as without a certificate: everybody is let in"),
    }
}
