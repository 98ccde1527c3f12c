//! Each case is what it says and nothing else.
//!
//! `openssl` and `java` say why OpenSSL and Java's PKIX refuse each case, and that with just this one check left out, or just
//! this one thing put right, they take it. `fields` lets OpenSSL's parser take each certificate apart and says which fields
//! differ from the baseline's. A case without a row in each of these tables fails.

mod fields;
mod java;
mod openssl;
mod plan;
mod right;
mod stage;

use crate::probe::case::{self, Case, Presents};

/// The cases that have a certificate of their own.
fn with_a_certificate() -> impl Iterator<Item = &'static Case> {
    case::all().filter(|case| !matches!(case.presents, Presents::Plain) || case.name == "plain")
}

/// Says that a table has one row for each case that has a certificate of its own, and no other.
fn assert_complete<'a>(rows: impl Iterator<Item = &'a str>) {
    let mut rows: Vec<_> = rows.collect();
    let mut wanted: Vec<_> = with_a_certificate().map(|case| case.name).collect();
    rows.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(rows, wanted);
}
