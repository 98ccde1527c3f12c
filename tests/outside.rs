//! What can be judged from outside: the real binary, and the programs of others that must agree with it.
//!
//! One crate, so that it is linked once. Nothing here reaches into the library; `tests/run` installs what is needed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod attempt;
mod cli;
#[cfg(feature = "failpoints")]
mod crash;
mod doctor;
mod gateway;
mod handshake;
mod hostile;
mod import;
mod interop;
mod logins;
mod pages;
mod probe;
mod servers;
mod sites;
mod support;
mod trust;
mod verify;
mod wire;
