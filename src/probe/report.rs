//! What a probe found out, case by case.

use serde::Serialize;

use super::case::Case;
use super::remedy::{KeptOut, Matter};
use super::software::Software;
use super::told::Told;
use super::verdict::Verdict;

/// What a probe found out about a server.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What was asked for.
    pub url: String,
    /// Whom the certificates named.
    pub name: String,
    /// Which software answers, where that shows or was said.
    pub software: Option<&'static str>,
    /// Whether the server's own certificate leads to this CA's root; nothing where it showed none.
    pub server_is_ours: Option<bool>,
    /// What "let in" looks like there; nothing where the baseline was not let in.
    pub let_in: Option<String>,
    /// Why the baseline was not let in, and what mends that; nothing where it was.
    pub kept_out: Option<KeptOut>,
    /// How the revocations came to the server; nothing where no case is about one, or nobody is kept out anyway.
    pub revocation: Option<Spread>,
    /// Each case, in the order of the kit.
    pub cases: Vec<Finding>,
    /// How many answers are right.
    pub right: usize,
    /// How many answers are wrong.
    pub wrong: usize,
    /// How many cases told nothing.
    pub could_not_tell: usize,
}

/// How the revocations came, or did not come, to the server.
#[derive(Debug, Clone, Serialize)]
pub struct Spread {
    /// The number of the CRL that lists them.
    pub crl_number: Option<u64>,
    /// The command that was to bring it to the server.
    pub refresh: Option<String>,
    /// How long the server was waited for after that, in seconds.
    pub waited_seconds: f64,
    /// Whether it refused the revoked certificate then.
    pub has_arrived: bool,
}

/// What a case found out.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The case's name.
    pub case: &'static str,
    /// What differs from a certificate that is let in.
    pub says: &'static str,
    /// Where it is written what must happen.
    pub section: &'static str,
    /// What must happen: `refuse`, `accept` or `either`.
    pub must: &'static str,
    /// What happened, held against that.
    pub verdict: &'static str,
    /// Whether it is right; nothing where nothing was found out.
    pub right: Option<bool>,
    /// What was seen, or why nothing was.
    pub seen: String,
    /// What else was seen, a sentence each.
    pub notes: Vec<String>,
    /// The forged header fields that reached the application, as they were written; none in other cases.
    pub fields: Vec<String>,
    /// What it waited for, where it did.
    pub waited: Option<String>,
    /// What a wrong answer means; nothing for others.
    pub meaning: Option<&'static str>,
    /// What mends it; nothing for others.
    pub mend: Option<String>,
    #[serde(skip)]
    judged: Verdict,
}

impl Finding {
    /// Judges what came of a case; `matter` is what it is about that somebody was let in.
    pub(super) fn of(
        case: &'static Case,
        told: &Told,
        matter: Matter,
        software: Option<Software>,
    ) -> Self {
        let verdict = Verdict::of(told, case.must);
        let (meaning, mend) = match verdict {
            Verdict::WronglyAccepted => (
                Some(matter.meaning()),
                Some(matter.mend(software).to_owned()),
            ),
            Verdict::WronglyRefused => (
                Some(case.matter.meaning_of_refusal()),
                Some(Matter::Welcome.mend(software).to_owned()),
            ),
            _ => (None, None),
        };
        Self {
            case: case.name,
            says: case.says,
            section: case.section,
            must: case.must.as_str(),
            verdict: verdict.as_str(),
            right: verdict.is_right(),
            seen: told.how().to_owned(),
            notes: Vec::new(),
            fields: Vec::new(),
            waited: None,
            meaning,
            mend,
            judged: verdict,
        }
    }

    /// What happened, held against what must.
    pub fn verdict(&self) -> Verdict {
        self.judged
    }
}

impl Report {
    /// Says whether there is nothing to mend: no answer is wrong, and the baseline was let in.
    pub fn is_good(&self) -> bool {
        self.wrong == 0 && self.let_in.is_some()
    }

    pub(super) fn count(&mut self) {
        let count = |right: Option<bool>| {
            let cases = self.cases.iter();
            cases.filter(|finding| finding.right == right).count()
        };
        let (right, wrong, unknown) = (count(Some(true)), count(Some(false)), count(None));
        (self.right, self.wrong, self.could_not_tell) = (right, wrong, unknown);
    }
}
