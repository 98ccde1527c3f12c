//! The bundles under `tests/fixtures/pkcs12`, which other programs wrote: what each is like, what comes out, who imports it.
//!
//! Their index says what is expected of each, in the terms of these tests (`tests/fixtures/pkcs12/README.md`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bundle_programs;

mod foreign_bundles {
    mod importers;
    mod index;
    mod opened;
    mod platforms;
}
