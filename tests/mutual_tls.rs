//! Logins over real TCP between our server and our client, both in this process.
//!
//! What other implementations make of the server is tested elsewhere, with their programs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod mutual_tls {
    mod accepted;
    mod at_once;
    mod fixture;
    mod gateway;
    mod http;
    mod published;
    mod recorded;
    mod refusals;
    mod refused;
    mod resumed;
    mod robust;
    mod serving;
    mod steps;
    mod together;
    mod versions;
    mod windows;
}
