//! Looks at a server as a browser would, and says what stands in the way of a login.
//!
//! [`gather`] connects: without a certificate in each version of TLS, with one where it was given, and with OpenSSL's client where
//! the server does not ask at first. What comes of it are [`Facts`], which [`Diagnosis::of`] judges: a pure function of these, of
//! what this machine knows ([`Known`]), of the certificates that a browser has ([`offer::Candidate`]), and of the time.

mod asking;
mod candidacy;
mod cause;
mod chain;
mod chosen;
mod connection;
mod diagnosis;
mod facts;
mod finding;
mod gather;
mod hint;
mod known;
mod later;
mod logins;
pub mod offer;
mod request;
mod server_certificate;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod verdict;

pub use candidacy::{Candidacy, Offered};
pub use chosen::Chosen;
pub use diagnosis::{Diagnosis, InVersion, Requested, Server};
pub use facts::{Asked, Facts, Later};
pub use finding::{About, Finding};
pub use gather::{Patient, Presented, gather};
pub use hint::{Hint, IF_NOT_ASKED};
pub use known::{Authorities, Database, Known, StandingIn, SystemRoots};
pub use logins::{LoggedIn, Outcome};
pub use request::CertificateRequest;
pub use verdict::Verdict;
