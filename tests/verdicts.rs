//! The judge's own table: every reason of a refusal, alone and in pairs, presented to the real `pki serve` in both versions of TLS, and
//! what `openssl verify` makes of the same chain (`docs/verdicts.md`).
//!
//! What must come of a chain follows from what was made wrong with it and from the order of the reasons, which is written out here anew.
//! The certificates are made here, for the program refuses to issue most of them; so are the inventory's rows.
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

mod verdicts {
    mod authorities;
    mod causes;
    mod chains;
    mod making;
    mod openssl;
    mod page;
    mod parallel;
    mod presenting;
    mod reasons;
    mod recipe;
    mod recording;
    mod shapes;
    mod table;
    mod ways;
}
