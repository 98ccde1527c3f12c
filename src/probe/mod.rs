//! Finds out whether a server really checks client certificates: shows it what it must refuse, and what it must take.

pub mod attempt;
pub mod case;
mod forge;
mod kit;
mod let_in;
mod presented;
mod told;

pub use forge::{Key, KeyKind, SignatureAlgorithm};
pub use kit::{Issue, Workshop};
pub use let_in::{By, LetIn};
pub use presented::Presented;
pub use told::Told;
