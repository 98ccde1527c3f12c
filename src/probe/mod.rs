//! Finds out whether a server really checks client certificates: shows it what it must refuse, and what it must take.

mod anchor;
pub mod case;
mod forge;
mod kit;
mod presented;

pub use anchor::Anchor;
pub use forge::{Key, KeyKind, SignatureAlgorithm};
pub use kit::{Issue, Workshop};
pub use presented::Presented;
