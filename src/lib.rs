//! A small certificate authority for client certificates.
//!
//! # The issuance cycle
//!
//! 1. [`cli`] parses text into names, a lifetime and a key algorithm; nothing below checks them again.
//! 2. [`authority`] opens the inventory and the issuing key, after finishing what a killed command left behind.
//! 3. [`profile`] refuses what may not be asked for, and says which extensions the certificate must carry.
//! 4. [`serial`] draws the serial number; [`key`] makes the key where no request brought one.
//! 5. [`lint`] is asked about what is to be signed; then [`issuer`] signs; [`certificate`] reads the DER back, compares it with the profile and verifies the signature.
//! 6. [`bundle`] wraps key, certificate and chain for the importer; the file is synced under a temporary name.
//! 7. [`inventory`] records the certificate in one transaction. Before this commit nothing leaves the process.
//! 8. The file gets its name. A kill from here on loses nothing: the next command finishes the rename.
//! 9. At a login, [`server`] lets the handshake prove the key, and [`judge`] decides each request by the inventory.
//! 10. A revocation is recorded in the inventory, and the next request is refused.
//!
//! # Modules
//!
//! They stand on five floors; imports point downward only, and `tests/architecture.rs` holds them to it.
//!
//! | floor | modules |
//! | --- | --- |
//! | 4, the command line | [`cli`] |
//! | 3, the work | [`authority`], [`server`], [`login`], [`doctor`], [`probe`], [`trust`] |
//! | 2, the parts | [`inventory`], [`issuer`], [`crl`], [`ocsp`], [`judge`], [`bundle`], [`steps`], [`session`], [`site`] |
//! | 1, certificates | [`profile`], [`certificate`], [`csr`], [`lint`] |
//! | 0, values | [`name`], [`serial`], [`validity`], [`key`], [`secret`], [`mod@file`], [`forgeable`], [`error`] |
//!
//! What issues, judges or revokes takes the current time as an argument; the commands read the clock. Words are those of
//! RFC 5280 and RFC 8446. `docs/architecture.md` describes every room.

// In code that is not a test nothing may end the program by itself. Indexing, `unwrap` and `expect` are forbidden in Cargo.toml for tests
// too, which say why they do it.
#![cfg_attr(
    not(test),
    warn(
        clippy::exit,
        clippy::get_unwrap,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
    )
)]
#![forbid(unsafe_code)]

pub mod authority;
pub mod bundle;
pub mod certificate;
pub mod cli;
pub mod crl;
pub mod csr;
pub mod doctor;
pub mod error;
pub mod failpoint;
pub mod file;
pub mod forgeable;
pub mod hexadecimal;
pub mod inventory;
pub mod issuer;
pub mod judge;
pub mod key;
pub mod lint;
pub mod login;
pub mod name;
pub mod ocsp;
pub mod probe;
pub mod process;
pub mod profile;
pub mod refusals;
pub mod secret;
pub mod serial;
pub mod server;
pub mod session;
pub mod site;
pub mod steps;
pub mod trust;
pub mod validity;

#[cfg(test)]
mod testing;
