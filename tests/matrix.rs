//! The compatibility matrix: every form that we write × every importer that runs here × keys × kinds of password.
//!
//! Bundles come out of the real binary and go into the real program, each into a fresh place; where the program can, it logs in to
//! `pki serve` with what it imported. What came of it must be what the table of importers predicts, and what
//! `docs/platforms.md` says. `PKI_TEST_BLESS=1` writes that page's part anew.
//!
//! `offer` does the same for what browsers offer to servers (`docs/offer.md`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "this crate uses its own part of what the outside tests share"
)]
mod support;

mod offer;

mod matrix {
    mod browsers;
    mod cells;
    mod curl;
    mod gnutls;
    pub(crate) mod importer;
    mod java;
    mod node;
    mod nss;
    mod openssl;
    mod python;
    mod stage;
    mod table;
}
