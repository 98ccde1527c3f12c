//! What the fuzz targets do, done to real files bent in a fixed way: a short run of each where there is no fuzzer (`docs/fuzzing.md`).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

/// What fuzzing does to every input.
#[expect(unreachable_pub, reason = "the targets use it as a crate of its own")]
#[path = "../fuzz/bodies/mod.rs"]
mod bodies;

mod hostile_input {
    mod bend;
    mod bent;
}
