//! A further round of a call, and the state that comes with it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guard_fuzz::state(data));
