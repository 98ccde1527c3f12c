//! A small certificate authority for client certificates.

pub mod error;
pub mod secret;
pub mod session;
