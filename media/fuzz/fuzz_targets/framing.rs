//! See `media::fuzz::framing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| media::fuzz::framing(bytes));
