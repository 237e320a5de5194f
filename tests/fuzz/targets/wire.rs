//! The raw checks of any message.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guard_fuzz::wire(data));
