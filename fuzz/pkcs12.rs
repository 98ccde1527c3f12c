//! The reader of PKCS#12 under libFuzzer; see `run`.
#![no_main]

mod reader;

libfuzzer_sys::fuzz_target!(|input: &[u8]| reader::read(input));
