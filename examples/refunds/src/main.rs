//! A payments service, and the MCP server that puts it in front of a model.
//!
//! [`tools`] is the page to read: plain functions, each with one attribute. [`server`] puts them
//! together, [`payments`] is what they stand in front of, [`operations`] is for people who look after
//! it, [`issuer`] issues tokens for those who call it over HTTP, [`demo`] plays the agent. [`bare`] is the
//! same tools without the guard, and [`attack`] what an adversary can do to either.

mod attack;
mod bare;
mod bearer;
mod cli;
mod demo;
mod issuer;
mod operations;
mod payments;
mod server;
mod settings;
mod tools;

use std::{env, error::Error, process::ExitCode};

use cli::Command;
use settings::StorePlace;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let command = match cli::parse(env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("refunds: {error}\nFor what it takes: refunds --help");
            return ExitCode::from(2);
        }
    };
    log_to_stderr(match command {
        // It provokes errors on purpose and shows what comes of them.
        Command::Demo { .. } | Command::Attack { .. } => "off",
        // What a person decides belongs to the audit trail, whatever else is logged.
        Command::Operations(_) => "warn,mcp_guard::audit=info",
        _ => "warn",
    });
    run(command).await.unwrap_or_else(|error| failed(&*error))
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Stdio { store } => server::stdio(&StorePlace::chosen(store)?).await?,
        Command::Http { listen, store, issuer } => {
            server::http(listen, &StorePlace::chosen(store)?, issuer).await?;
        }
        Command::Issuer { listen } => server::issuer(listen).await?,
        Command::Operations(asked) => operations::run(asked).await?,
        Command::Payments { listen, ledger } => server::payments(listen, ledger.as_deref()).await?,
        Command::Demo { store } => return demo::run(store).await,
        Command::Attack { attacks, json } => return attack::run(attacks, json).await,
        Command::Bare => server::bare().await?,
        Command::Manifest => print!("{}", server::manifest()?),
        Command::Help => print!("{}", cli::HELP),
        Command::Version => println!("refunds {}", env!("CARGO_PKG_VERSION")),
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("refunds: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// Logs what `RUST_LOG` asks for, else `default`. Standard output belongs to the protocol.
fn log_to_stderr(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
