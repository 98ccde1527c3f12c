//! Which certificate goes out where nobody is asked.

use serde::Serialize;
use time::OffsetDateTime;

use super::candidacy;
use super::facts::Facts;
use super::finding::{About, Finding};
use super::offer::{self, Answer, Candidate, Choice};
use crate::inventory::Summary;

/// What the browser of one database answers where nobody is asked.
#[derive(Debug, Clone, Serialize)]
pub struct Chosen {
    /// Whose database it is.
    pub owner: String,
    /// Its path.
    pub path: String,
    /// `chromium` or `firefox`.
    pub browser: &'static str,
    /// How many certificates it chooses from.
    pub fitting: usize,
    /// `sends`, `gives-up` (it chooses one with which it cannot sign), `nothing`, or `not-told`.
    pub choice: &'static str,
    /// The one that it chooses.
    pub certificate: Option<Summary>,
}

/// What goes out by itself from each database in which a candidate lies; none where the server does not ask.
pub(super) fn chosen(
    facts: &Facts,
    candidates: &[(Candidate, Summary)],
    now: OffsetDateTime,
) -> Vec<Chosen> {
    let Some(request) = candidacy::request(facts) else {
        return Vec::new();
    };
    let all = candidates.iter().map(|(candidate, _)| candidate);
    let answers = offer::answers(all, &request, now).into_iter();
    answers
        .map(|answer| Chosen::of(answer, candidates))
        .collect()
}

impl Chosen {
    fn of(answer: Answer, candidates: &[(Candidate, Summary)]) -> Self {
        let certificate = answer.chosen.and_then(|chosen| {
            let mut all = candidates.iter();
            let found = all.find(|(candidate, _)| candidate.certificate == chosen);
            found.map(|(_, summary)| summary.clone())
        });
        Self {
            owner: answer.owner,
            path: answer.directory.display().to_string(),
            browser: answer.browser.as_str(),
            fitting: answer.fitting,
            choice: answer.choice.as_str(),
            certificate,
        }
    }

    /// The same as a sentence, where there is something to choose.
    pub fn message(&self) -> Option<String> {
        if self.fitting < 2 {
            return None;
        }
        let (owner, path) = (&self.owner, &self.path);
        let chosen = self.certificate.as_ref();
        let one = chosen.map_or_else(String::new, candidacy::title);
        Some(match self.choice {
            "sends" => format!("where nobody is asked, {owner} ({path}) sends {one}"),
            "gives-up" => format!(
                "where nobody is asked, {owner} ({path}) chooses {one}, whose key makes no signature that the server takes"
            ),
            "nothing" => format!("where nobody is asked, {owner} ({path}) sends none"),
            _ => format!("which one {owner} ({path}) sends where nobody is asked is not told"),
        })
    }
}

/// Where what goes out by itself is of no use.
pub(super) fn findings(chosen: &[Chosen]) -> Vec<Finding> {
    let note = |word, message: String, hint: &str| {
        Some(Finding::note(About::Candidates, word, message, hint))
    };
    let found = chosen.iter().filter_map(|it| {
        let certificate = it.certificate.as_ref()?;
        let (owner, path, one) = (&it.owner, &it.path, candidacy::title(certificate));
        if it.choice == Choice::GivesUp(0).as_str() {
            return note(
                "chosen-gives-up",
                format!(
                    "where nobody is asked, {owner} ({path}) chooses {one}, whose key makes no signature that the server takes, and gives up the connection"
                ),
                "Take that certificate out of the database, or let the server take its signatures.",
            );
        }
        if certificate.status == "valid" {
            return None;
        }
        note(
            "chosen-not-valid",
            format!(
                "where nobody is asked, {owner} ({path}) sends {one}, which is {}",
                certificate.status
            ),
            "Take that certificate out of the database, or let the browser ask each time.",
        )
    });
    found.collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::error::Result;
    use crate::testing::{NOW, TestAuthority};

    fn of(choice: Choice, fitting: usize, status: &'static str) -> Result<Chosen> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?;
        Ok(Chosen {
            owner: "Firefox".to_owned(),
            path: "db".to_owned(),
            browser: "firefox",
            fitting,
            choice: choice.as_str(),
            certificate: Some(Summary {
                status,
                ..Summary::of_record(&alice, NOW)
            }),
        })
    }

    #[test]
    fn what_goes_out_by_itself_is_found_where_it_is_of_no_use() -> Result<()> {
        for (choice, status, expected) in [
            (Choice::Sends(0), "valid", None),
            (Choice::Sends(0), "revoked", Some("chosen-not-valid")),
            (Choice::GivesUp(0), "valid", Some("chosen-gives-up")),
        ] {
            let found = findings(&[of(choice, 2, status)?]);
            assert_eq!(found.first().map(|it| it.finding), expected);
            assert!(found.iter().all(|it| !it.prevents_login));
        }
        Ok(())
    }

    #[test]
    fn what_goes_out_by_itself_is_told_where_there_is_a_choice() -> Result<()> {
        assert_eq!(of(Choice::Sends(0), 1, "valid")?.message(), None);
        let told = of(Choice::Sends(0), 2, "valid")?.message().unwrap();
        assert!(
            told.contains("Firefox (db) sends alice (serial number "),
            "{told}"
        );
        Ok(())
    }
}
