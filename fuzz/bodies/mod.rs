//! What is done to every input: the targets beside this directory do it under libFuzzer, `tests/hostile_input.rs` to bent files.
//!
//! Each takes any octets, reads them as one reader of the program does, and asserts what must hold of whatever comes out. That it
//! neither panics nor takes long is asserted by who calls it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what is asserted fails by panicking"
)]

pub mod certificate;
pub mod csr;
pub mod first_flight;
pub mod index;
pub mod key;
mod known;
pub mod ocsp_request;
pub mod path;
pub mod pkcs12;
pub mod proxy_header;
pub mod server_certificate;
mod stage;
pub mod table;

/// A body: what is done to one input.
pub type Body = fn(&[u8]);

/// Every target by its name.
pub const ALL: [(&str, Body); 11] = [
    ("certificate", certificate::read),
    ("csr", csr::read),
    ("first_flight", first_flight::read),
    ("index", index::read),
    ("key", key::read),
    ("ocsp_request", ocsp_request::read),
    ("path", path::read),
    ("pkcs12", pkcs12::read),
    ("proxy_header", proxy_header::read),
    ("server_certificate", server_certificate::read),
    ("table", table::read),
];
