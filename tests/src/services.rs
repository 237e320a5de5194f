//! Private instances of the servers that the tests need: on free ports of the loopback interface, in
//! temporary folders, gone when they are dropped.

pub mod postgres;
pub mod redis;

use std::env;

/// Says loudly that a test is skipped for want of a program. Where `CI` is set, that is a failure.
///
/// # Panics
/// Under `CI`.
pub fn missing(program: &str, package: &str) {
    let message = format!("{program} is missing (Debian's {package} has it): tests are SKIPPED");
    assert!(env::var_os("CI").is_none(), "{message}");
    eprintln!("WARNING: {message}");
}
