//! Finds out whether a server really checks client certificates: shows it what it must refuse, and what it must take.

mod anchor;
pub mod attempt;
pub mod case;
mod cases;
mod forge;
mod kit;
mod let_in;
mod presented;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod programs;
mod refresh;
mod remedy;
mod report;
mod run;
mod software;
mod told;
mod verdict;

pub use anchor::Anchor;
pub use attempt::Place;
pub use forge::{Key, KeyKind, SignatureAlgorithm};
pub use kit::{Bearer, Issue, Kit, Made, Plan, Workshop};
pub use let_in::{By, LetIn};
pub use presented::Presented;
pub use remedy::{KeptOut, Matter};
pub use report::{Finding, Report, Spread};
pub use run::{Prepared, Probe};
pub use software::{Signs, Software};
pub use told::Told;
pub use verdict::Verdict;
