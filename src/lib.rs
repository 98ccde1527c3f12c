//! A small certificate authority for client certificates.

pub mod certificate;
pub mod error;
pub mod file;
pub mod key;
pub mod name;
pub mod secret;
pub mod serial;
pub mod session;
pub mod validity;
