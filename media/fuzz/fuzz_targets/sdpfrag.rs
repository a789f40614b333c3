//! See `media::fuzz::sdpfrag`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| media::fuzz::sdpfrag(bytes));
