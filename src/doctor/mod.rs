//! Looks at a server as a browser would, and says what stands in the way of a login.
//!
//! [`gather`] connects: without a certificate in each version of TLS, with one where it was given, and with OpenSSL's client where
//! the server does not ask at first. What comes of it are [`Facts`], which [`Diagnosis::of`] judges: a pure function of these, of
//! what this machine knows ([`Known`]), of the certificates that a browser has ([`offer::Candidate`]), and of the time.

mod asking;
mod candidacy;
mod connection;
mod diagnosis;
mod facts;
mod finding;
mod gather;
mod hint;
mod later;
mod logins;
pub mod offer;
mod openssl;
mod request;
mod server_certificate;
mod status;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

pub use candidacy::{Candidacy, Offered};
pub use diagnosis::{Diagnosis, InVersion, Requested, Server, Verdict};
pub use facts::{Asked, Facts, Known, Later, StandingIn};
pub use finding::{About, Finding};
pub use gather::{Patient, Presented, gather};
pub use hint::{Hint, IF_NOT_ASKED};
pub use logins::{LoggedIn, Outcome};
pub use request::CertificateRequest;
