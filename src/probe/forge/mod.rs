//! Certificates as one likes them, signed as one likes them: what no CA would sign.

mod algorithm;
mod key;

pub use algorithm::SignatureAlgorithm;
pub use key::{Key, KeyKind};
