//! Whether a login would work, as a sentence that says on what it rests.

use serde::Serialize;

use super::candidacy::Candidacy;
use super::facts::Asked;
use super::finding::Finding;
use super::logins::{LoggedIn, Outcome};

/// Whether a login would work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether it would.
    pub login_works: bool,
    /// The same as a sentence.
    pub message: String,
    /// The words of the findings that prevent it.
    pub because: Vec<&'static str>,
}

/// On what a verdict rests where nothing prevents a login.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grounds {
    /// What came of a login in the version that a browser speaks, where one was tried.
    outcome: Option<Outcome>,
    /// Whether a browser of this user has a certificate and offers it.
    is_in_a_browser: bool,
}

impl Grounds {
    pub(super) fn of(in_browsers: &[&Candidacy], logins: &[LoggedIn]) -> Self {
        let mut spoken = logins.iter().rev();
        let last = spoken.find(|it| it.outcome != Outcome::NotSpoken);
        Self {
            outcome: last.map(|it| it.outcome),
            is_in_a_browser: !in_browsers.is_empty(),
        }
    }
}

impl Verdict {
    pub(super) fn of(findings: &[Finding], asked: Option<Asked>, grounds: Grounds) -> Self {
        let problems: Vec<_> = findings.iter().filter(|it| it.prevents_login).collect();
        let mut because: Vec<_> = problems.iter().map(|it| it.finding).collect();
        because.dedup();
        Self {
            login_works: problems.is_empty(),
            message: match problems.first() {
                Some(first) => format!("a login would not work: {}", first.message),
                None => would_work(findings, asked, grounds),
            },
            because,
        }
    }
}

fn would_work(findings: &[Finding], asked: Option<Asked>, grounds: Grounds) -> String {
    let has = |word| findings.iter().any(|it: &Finding| it.finding == word);
    let mut conditions = Vec::new();
    if has("not-imported") {
        conditions.push("the certificate is imported");
    }
    if has("root-not-installed") || has("root-only-in-system") {
        conditions.push("the server's root is trusted");
    }
    let once = match conditions.is_empty() {
        true => String::new(),
        false => format!(" once {}", conditions.join(" and ")),
    };
    let how = match asked == Some(Asked::Renegotiation) {
        true => ", over HTTP/1.1 and by a second handshake",
        false => "",
    };
    let offered = match (conditions.is_empty(), grounds.is_in_a_browser) {
        (true, true) => "a browser of this user offers it",
        _ => "a browser would offer it",
    };
    let tried = match grounds.outcome {
        Some(Outcome::Accepted) if conditions.is_empty() => {
            return format!(
                "a login works{how}: the server accepted the certificate, and {offered}"
            );
        }
        Some(Outcome::Accepted) => {
            return format!("a login would work{how}{once}: the server accepted the certificate");
        }
        Some(_) => "whether the server accepts it did not show",
        None => "no login was tried",
    };
    format!(
        "a login would work{how}{once}: the server asks for a certificate, and {offered}; {tried}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::About;
    use super::*;

    #[test]
    fn the_sentence_says_what_was_tried_and_what_is_left_to_be_done() {
        let sentence = |words: &[&'static str], outcome, is_in_a_browser| {
            let note = |word: &&'static str| Finding::note(About::Candidates, word, "", "");
            let findings: Vec<_> = words.iter().map(note).collect();
            let grounds = Grounds {
                outcome,
                is_in_a_browser,
            };
            Verdict::of(&findings, Some(Asked::Required), grounds).message
        };
        let accepted = Some(Outcome::Accepted);
        for (words, outcome, is_in_a_browser, expected) in [
            (
                &[][..],
                accepted,
                true,
                "a login works: the server accepted the certificate, and a browser of this user offers it",
            ),
            (
                &[],
                None,
                true,
                "a login would work: the server asks for a certificate, and a browser of this user offers it; no login was tried",
            ),
            (
                &["not-imported", "root-not-installed"],
                None,
                false,
                "a login would work once the certificate is imported and the server's root is trusted: the server asks for a certificate, and a browser would offer it; no login was tried",
            ),
            (
                &["root-only-in-system"],
                accepted,
                true,
                "a login would work once the server's root is trusted: the server accepted the certificate",
            ),
            (
                &[],
                Some(Outcome::Redirected),
                true,
                "a login would work: the server asks for a certificate, and a browser of this user offers it; whether the server accepts it did not show",
            ),
        ] {
            assert_eq!(sentence(words, outcome, is_in_a_browser), expected);
        }
    }

    #[test]
    fn what_prevents_it_is_told_once_for_each_word() {
        let problem = |word| Finding::problem(About::Candidates, word, "it is so", "");
        let findings = ["not-offered", "not-offered", "login-refused"].map(problem);
        let grounds = Grounds {
            outcome: Some(Outcome::Refused),
            is_in_a_browser: true,
        };
        let told = Verdict::of(&findings, Some(Asked::Required), grounds);
        assert_eq!(told.because, ["not-offered", "login-refused"]);
        assert_eq!(told.message, "a login would not work: it is so");
        assert!(!told.login_works);
    }
}
