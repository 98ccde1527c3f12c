//! OCSP (RFC 6960): reads requests, and answers them with signed statements about certificates.
//!
//! No clock, no disk, no database: what is known of a serial number is looked up through the caller. The key that signs is
//! not the CA's but a [`Responder`]'s own, to which the CA has delegated this (RFC 6960 §4.2.2.2).

mod answer;
mod issuer_id;
mod message;
mod request;
mod responder;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

pub use answer::{Answer, Freshness, Refusal};
pub use request::{MAX_REQUEST, Request};
pub use responder::Responder;
