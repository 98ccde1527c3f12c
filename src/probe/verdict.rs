//! What came of a case, and whether that is right.

use super::case::Must;

/// What a server did with what it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It let in.
    LetIn {
        /// What showed it, in a few words.
        seen: String,
    },
    /// It ended the handshake, or the connection as soon as it had seen the certificate.
    RefusedInHandshake {
        /// The alert, or how the connection ended.
        seen: String,
    },
    /// It answered over HTTP, and not as it answers those whom it lets in.
    RefusedByStatus {
        /// The status, and what else told it apart.
        seen: String,
    },
    /// It did not become clear what it did.
    Unclear {
        /// Why not, as a sentence without its end.
        why: String,
    },
}

/// What is to be thought of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Kept out in the handshake, and not against what must be.
    RefusedInHandshake,
    /// Kept out by an answer over HTTP, and not against what must be.
    RefusedByStatus,
    /// Let in, and not against what must be.
    Accepted,
    /// Let in who must be kept out.
    WronglyAccepted,
    /// Kept out who must be let in.
    WronglyRefused,
    /// Nothing was found out.
    CouldNotTell,
}

impl Outcome {
    /// What was seen, or why nothing was.
    pub fn seen(&self) -> &str {
        match self {
            Self::LetIn { seen }
            | Self::RefusedInHandshake { seen }
            | Self::RefusedByStatus { seen } => seen,
            Self::Unclear { why } => why,
        }
    }

    /// Says whether the server let in.
    pub fn is_let_in(&self) -> bool {
        matches!(self, Self::LetIn { .. })
    }
}

impl Verdict {
    /// Holds an outcome against what must be.
    pub fn of(outcome: &Outcome, must: Must) -> Self {
        match (outcome, must) {
            (Outcome::Unclear { .. }, _) => Self::CouldNotTell,
            (Outcome::LetIn { .. }, Must::Refuse) => Self::WronglyAccepted,
            (Outcome::LetIn { .. }, Must::Accept | Must::Either) => Self::Accepted,
            (_, Must::Accept) => Self::WronglyRefused,
            (Outcome::RefusedInHandshake { .. }, Must::Refuse | Must::Either) => {
                Self::RefusedInHandshake
            }
            (Outcome::RefusedByStatus { .. }, Must::Refuse | Must::Either) => Self::RefusedByStatus,
        }
    }

    /// Whether the answer is right; nothing where none was found out.
    pub fn is_right(self) -> Option<bool> {
        match self {
            Self::RefusedInHandshake | Self::RefusedByStatus | Self::Accepted => Some(true),
            Self::WronglyAccepted | Self::WronglyRefused => Some(false),
            Self::CouldNotTell => None,
        }
    }

    /// Its word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefusedInHandshake => "refused-in-handshake",
            Self::RefusedByStatus => "refused-by-status",
            Self::Accepted => "accepted",
            Self::WronglyAccepted => "wrongly-accepted",
            Self::WronglyRefused => "wrongly-refused",
            Self::CouldNotTell => "could-not-tell",
        }
    }

    /// Its words in the table.
    pub fn words(self) -> &'static str {
        match self {
            Self::RefusedInHandshake => "refused in the handshake",
            Self::RefusedByStatus => "refused by HTTP status",
            Self::Accepted => "accepted",
            Self::WronglyAccepted => "ACCEPTED",
            Self::WronglyRefused => "REFUSED",
            Self::CouldNotTell => "could not tell",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_right_or_wrong_by_what_must_be_and_an_unclear_one_is_neither() {
        let seen = String::new;
        let outcomes = [
            Outcome::LetIn { seen: seen() },
            Outcome::RefusedInHandshake { seen: seen() },
            Outcome::RefusedByStatus { seen: seen() },
            Outcome::Unclear { why: seen() },
        ];
        let told = |must| {
            let verdicts = outcomes.each_ref().map(|it| Verdict::of(it, must));
            (verdicts, verdicts.map(Verdict::is_right))
        };
        use Verdict::{
            Accepted, CouldNotTell, RefusedByStatus, RefusedInHandshake, WronglyAccepted,
            WronglyRefused,
        };
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(
            told(Must::Refuse),
            (
                [
                    WronglyAccepted,
                    RefusedInHandshake,
                    RefusedByStatus,
                    CouldNotTell
                ],
                [no, yes, yes, None]
            )
        );
        assert_eq!(
            told(Must::Accept),
            (
                [Accepted, WronglyRefused, WronglyRefused, CouldNotTell],
                [yes, no, no, None]
            )
        );
        assert_eq!(
            told(Must::Either),
            (
                [Accepted, RefusedInHandshake, RefusedByStatus, CouldNotTell],
                [yes, yes, yes, None]
            )
        );
    }
}
