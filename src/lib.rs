//! A small certificate authority for client certificates.

pub mod authority;
pub mod bundle;
pub mod certificate;
pub mod cli;
pub mod csr;
pub mod error;
pub mod file;
pub mod inventory;
pub mod issuer;
pub mod judge;
pub mod key;
pub mod login;
pub mod name;
pub mod profile;
pub mod secret;
pub mod serial;
pub mod server;
pub mod session;
pub mod validity;

#[cfg(test)]
mod testing;
