//! The fingerprint of any arguments.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guard_fuzz::fingerprint(data));
