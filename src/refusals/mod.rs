//! Why a login was not let in, at length: the pages of `docs/refusals`, compiled in, one for each reason.
//!
//! Each begins with what it means and what to do; then come the commands for whoever keeps the CA, the causes, what was checked,
//! and which alert stands for it where certificates are required.

use crate::judge::{Reason, Verdict};

/// The page that lists the others, in Markdown.
pub const INDEX: &str = include_str!("../../docs/refusals/README.md");

/// The headings of what the person who was kept out can use.
const FOR_THE_PERSON: [&str; 2] = ["What to do\n", "How it comes to this\n"];

/// What has a page: a reason for a refusal, or that there was nothing to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No certificate was presented.
    NoCertificate,
    /// The certificate that was presented lets nobody in.
    Because(Reason),
}

impl Refusal {
    /// All of them, in the order in which reasons go before each other.
    pub fn all() -> impl Iterator<Item = Self> {
        let reasons = Reason::ALL.into_iter().map(Self::Because);
        std::iter::once(Self::NoCertificate).chain(reasons)
    }

    /// What keeps out whom this verdict is about; nothing, where it lets them in.
    pub fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Accepted => None,
            Verdict::NoCertificate => Some(Self::NoCertificate),
            Verdict::Refused(reason) => Some(Self::Because(reason)),
        }
    }

    /// The one that the server's answers call by this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::all().find(|refusal| refusal.as_str() == word)
    }

    /// The one whose page lies in this file, as the pages name each other: `expired.md`.
    pub fn of_file(file: &str) -> Option<Self> {
        Self::parse(file.strip_suffix(".md")?)
    }

    /// Its word in the server's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCertificate => Verdict::NoCertificate.as_str(),
            Self::Because(reason) => reason.as_str(),
        }
    }

    /// What of its page is for the person who was kept out: all but the commands of whoever keeps the CA and the small print.
    pub fn for_the_person(self) -> String {
        let mut parts = self.page().split("\n## ");
        let before = parts.next().unwrap_or_default();
        let own = parts.filter(|part| FOR_THE_PERSON.iter().any(|it| part.starts_with(it)));
        own.fold(before.to_owned(), |text, part| text + "\n## " + part)
    }

    /// Its page in Markdown: one heading, then text, lists and code, and links to other pages of `docs`.
    pub fn page(self) -> &'static str {
        let Self::Because(reason) = self else {
            return include_str!("../../docs/refusals/no-certificate.md");
        };
        match reason {
            Reason::Malformed => include_str!("../../docs/refusals/malformed.md"),
            Reason::UnknownIssuer => include_str!("../../docs/refusals/unknown-issuer.md"),
            Reason::BadSignature => include_str!("../../docs/refusals/bad-signature.md"),
            Reason::PathLength => include_str!("../../docs/refusals/path-length.md"),
            Reason::NameConstraint => include_str!("../../docs/refusals/name-constraint.md"),
            Reason::WrongKeyUsage => include_str!("../../docs/refusals/wrong-key-usage.md"),
            Reason::WrongExtendedKeyUsage => {
                include_str!("../../docs/refusals/wrong-extended-key-usage.md")
            }
            Reason::NotIssuedHere => include_str!("../../docs/refusals/not-issued-here.md"),
            Reason::Revoked => include_str!("../../docs/refusals/revoked.md"),
            Reason::NotYetValid => include_str!("../../docs/refusals/not-yet-valid.md"),
            Reason::Expired => include_str!("../../docs/refusals/expired.md"),
        }
    }
}

#[cfg(test)]
mod tests;
