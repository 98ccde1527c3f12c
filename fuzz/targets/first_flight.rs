#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pki_fuzz::first_flight::read(input));
