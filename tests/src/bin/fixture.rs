//! The server under test, as a process.

use std::{env, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    guard_tests::server::program(env::args().skip(1)).await
}
