//! See `media::fuzz::rtp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| media::fuzz::rtp(bytes));
