//! The cases, one file a matter.
//!
//! A case is data: its name, the one property in which it differs from what is let in, where it is written what must come of
//! it, and a small builder for its certificate. To add one, write it into the file of its matter and into that file's `CASES`;
//! `kit/tests/` then asks for a proof by another program that it is what it says. The drawings show what is presented, the
//! root first; `══` stands for a signature that does not verify, and what is in brackets stays at home.

mod accepted;
mod anchored;
mod content;
mod depth;
mod headers;
mod names;
mod origin;
mod proof;
mod purpose;
mod sessions;
mod status;
mod strength;
mod time;

use super::case::Case;

/// The cases, matter by matter.
pub(super) const MATTERS: [&[&Case]; 13] = [
    &time::CASES,
    &status::CASES,
    &origin::CASES,
    &content::CASES,
    &purpose::CASES,
    &depth::CASES,
    &names::CASES,
    &strength::CASES,
    &proof::CASES,
    &sessions::CASES,
    &headers::CASES,
    &accepted::CASES,
    &anchored::CASES,
];
