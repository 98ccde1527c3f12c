#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pki_fuzz::path::read(input));
