//! Certificates as one likes them, signed as one likes them: what no CA would sign.

mod algorithm;
mod extension;
mod key;
mod name;
mod tbs;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

pub use algorithm::SignatureAlgorithm;
pub(super) use extension::Extension;
pub use key::{Key, KeyKind};
pub(super) use name::with_organization;
pub(super) use tbs::{Certificate, Tbs};
