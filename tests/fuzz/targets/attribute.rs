//! The macros, on any attribute and any item.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guard_fuzz::attribute(data));
