//! Finds out whether a server really checks client certificates: shows it what it must refuse, and what it must take.

pub mod case;
mod forge;
mod kit;
mod presented;
mod remedy;
mod software;
mod verdict;

pub use forge::{Key, KeyKind, SignatureAlgorithm};
pub use kit::{Issue, Workshop};
pub use presented::Presented;
pub use remedy::Matter;
pub use software::{Signs, Software};
pub use verdict::{Outcome, Verdict};
