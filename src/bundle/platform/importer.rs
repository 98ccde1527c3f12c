//! What an importer takes, and how that is known.

use super::{Matter, Platform};

/// A program that imports bundles, in the versions that behave alike.
#[derive(Debug)]
pub struct Importer {
    pub(super) name: &'static str,
    /// None where the program counts for nobody's `--for` word.
    pub(super) platforms: &'static [Platform],
    /// None where no limit is known.
    pub(super) most_iterations: Option<Limit>,
    pub(super) claims: &'static [Claim],
}

/// A limit and how it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) most: u32,
    pub(super) source: Source,
}

/// What is known of several matters by one source.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) answer: Answer,
    pub(super) matters: &'static [Matter],
    pub(super) source: Source,
}

/// What an importer makes of a [`Matter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It imports.
    Takes,
    /// It imports, and is of no use afterwards.
    Hides,
    /// It does not import.
    Refuses,
    /// Nobody looked. It never counts as a refusal.
    Unknown,
}

/// How a thing is known: a test, somebody's page, somebody's issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source(pub(super) &'static str);

impl Source {
    /// The source in one line of Markdown.
    pub fn text(self) -> &'static str {
        self.0
    }
}

impl Importer {
    /// The program and its versions: `macOS up to 14`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The platforms that it counts for.
    pub fn platforms(&self) -> &'static [Platform] {
        self.platforms
    }

    /// How many iterations of key derivation it puts up with; None where no limit is known.
    pub fn most_iterations(&self) -> Option<u32> {
        self.most_iterations.map(|limit| limit.most)
    }

    /// How that limit is known.
    pub fn source_of_limit(&self) -> Option<Source> {
        self.most_iterations.map(|limit| limit.source)
    }

    /// What it makes of a matter; the number of iterations is [`most_iterations`](Self::most_iterations)' alone.
    pub fn answer(&self, matter: Matter) -> Answer {
        match matter {
            Matter::NoIdentity => Answer::Refuses,
            other if other.is_everywhere() => Answer::Hides,
            other => match self.claim(other) {
                Some(claim) => claim.answer,
                None => Answer::Unknown,
            },
        }
    }

    /// How that is known; None where it is not, or follows from what a certificate is.
    pub fn source(&self, matter: Matter) -> Option<Source> {
        self.claim(matter).map(|claim| claim.source)
    }

    fn claim(&self, matter: Matter) -> Option<&Claim> {
        self.claims
            .iter()
            .find(|claim| claim.matters.contains(&matter))
    }

    /// Says whether it imports what has all of these matters, as far as is known.
    pub(super) fn takes_all(&self, matters: &[Matter], iterations: u32) -> bool {
        let refuses = |matter: &Matter| self.answer(*matter) == Answer::Refuses;
        !matters.iter().any(refuses) && self.most_iterations().is_none_or(|most| iterations <= most)
    }
}

pub(super) const fn takes(matters: &'static [Matter], source: Source) -> Claim {
    Claim {
        answer: Answer::Takes,
        matters,
        source,
    }
}

pub(super) const fn hides(matters: &'static [Matter], source: Source) -> Claim {
    Claim {
        answer: Answer::Hides,
        matters,
        source,
    }
}

pub(super) const fn refuses(matters: &'static [Matter], source: Source) -> Claim {
    Claim {
        answer: Answer::Refuses,
        matters,
        source,
    }
}
