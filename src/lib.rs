//! A small certificate authority for client certificates.

pub mod bundle;
pub mod error;
pub mod secret;
