//! Other people's programs read what we wrote and log in with it.

pub(crate) mod bundles;
mod chromium;
mod crl;
mod curl;
mod firefox;
mod ocsp;
mod ocsp_http;
mod ocsp_programs;
mod openssl;
pub(crate) mod pkilint;

use crate::support::Authority;

/// Every algorithm that a CA and its certificates may have here; RSA-4096 adds only seconds to RSA-3072.
const KEY_ALGORITHMS: [&str; 5] = ["p256", "p384", "rsa-2048", "rsa-3072", "ed25519"];

/// The platform whose bundle may hold a key of this algorithm: no browser imports Ed25519.
fn platform(key_algorithm: &str) -> &'static str {
    match key_algorithm {
        "ed25519" => "openssl",
        _ => "any",
    }
}

/// An authority whose CAs and one server and one client (`alice`) all have keys of one algorithm.
#[track_caller]
fn authority_of(key_algorithm: &str) -> (Authority, crate::support::Client) {
    let authority = Authority::init(&["--key-algorithm", key_algorithm]);
    let same = ["--key-algorithm", key_algorithm];
    authority
        .pki(&[&["issue-server", "localhost", "127.0.0.1"], &same[..]].concat())
        .ok();
    let client = [&["alice", "--for", platform(key_algorithm)], &same[..]].concat();
    let alice = authority.issue_client(&client);
    (authority, alice)
}
