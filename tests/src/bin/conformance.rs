//! Runs the official conformance suite against a server that a guard serves: `conformance`. Ends with
//! 1 if a scenario fails or is missing, and says what is known of it.

use std::process::ExitCode;

use guard_tests::{
    clients::provided,
    conformance::{REVISIONS, Server},
};

#[tokio::main]
async fn main() -> ExitCode {
    match check().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(2)
        }
    }
}

async fn check() -> Result<bool, mcp_guard::Error> {
    // Where it need not be there, it is skipped with a warning.
    let Some(clients) = provided() else { return Ok(true) };
    let mut is_complete = true;
    for revision in REVISIONS {
        let server = Server::start().await?;
        let report = revision.run(&clients, server.url()).await?;
        if !report.is_complete() {
            eprintln!("{}", report.trouble());
        }
        println!("conformance {report}");
        is_complete &= report.is_complete();
    }
    Ok(is_complete)
}
