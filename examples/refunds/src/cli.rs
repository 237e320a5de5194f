//! The command line.

mod error;
mod help;
mod operations;
mod options;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

pub(crate) use error::UsageError;
pub(crate) use help::HELP;
pub(crate) use operations::{Ask, Operations};
use options::{Options, Takes};

const HTTP: SocketAddr = loopback(8787);
const ISSUER: SocketAddr = loopback(9797);
const PAYMENTS: SocketAddr = loopback(4242);

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

const SERVE: Takes = Takes { command: "refunds", values: &["--store"], flags: &[] };
const SERVE_HTTP: Takes =
    Takes { command: "refunds http", values: &["--issuer", "--listen", "--store"], flags: &[] };
const SERVE_ISSUER: Takes = Takes { command: "refunds issuer", values: &["--listen"], flags: &[] };
const SERVE_PAYMENTS: Takes =
    Takes { command: "refunds payments", values: &["--listen", "--db"], flags: &[] };
const MANIFEST: Takes = Takes { command: "refunds manifest", values: &[], flags: &[] };
const DEMO: Takes = Takes { command: "refunds demo", ..SERVE };
const ATTACK: Takes =
    Takes { command: "refunds attack", values: &["--attacks"], flags: &["--json"] };
const BARE: Takes = Takes { command: "refunds bare", values: &[], flags: &[] };

/// What the person asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Stdio { store: Option<OsString> },
    Http { listen: SocketAddr, store: Option<OsString>, issuer: Option<String> },
    Issuer { listen: SocketAddr },
    Payments { listen: SocketAddr, ledger: Option<PathBuf> },
    Operations(Operations),
    Demo { store: Option<OsString> },
    Attack { attacks: Option<u64>, json: bool },
    Bare,
    Manifest,
    Help,
    Version,
}

/// Reads the arguments that follow the program's name.
///
/// # Errors
/// When they are not a command, or one with an argument that it does not take.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut arguments = arguments.into_iter().peekable();
    let Some(first) = arguments.next_if(|first| first != "--store") else {
        let store = Options::read(&SERVE, arguments)?.store();
        return Ok(Command::Stdio { store });
    };
    match first.to_str() {
        Some("http") => {
            let options = Options::read(&SERVE_HTTP, arguments)?;
            let (listen, store) = (options.listen(HTTP)?, options.store());
            Ok(Command::Http { listen, store, issuer: options.text("--issuer")? })
        }
        Some("issuer") => {
            let listen = Options::read(&SERVE_ISSUER, arguments)?.listen(ISSUER)?;
            Ok(Command::Issuer { listen })
        }
        Some("payments") => {
            let options = Options::read(&SERVE_PAYMENTS, arguments)?;
            Ok(Command::Payments {
                listen: options.listen(PAYMENTS)?,
                ledger: options.value("--db").map(PathBuf::from),
            })
        }
        Some("operations") => operations::parse(arguments).map(Command::Operations),
        Some("demo") => {
            let store = Options::read(&DEMO, arguments)?.store();
            Ok(Command::Demo { store })
        }
        Some("attack") => {
            let options = Options::read(&ATTACK, arguments)?;
            Ok(Command::Attack {
                attacks: options.number("--attacks")?,
                json: options.has("--json"),
            })
        }
        Some("bare") => {
            Options::read(&BARE, arguments)?;
            Ok(Command::Bare)
        }
        Some("manifest") => {
            Options::read(&MANIFEST, arguments)?;
            Ok(Command::Manifest)
        }
        Some("--help" | "-h" | "help") => Ok(Command::Help),
        Some("--version" | "-V") => Ok(Command::Version),
        _ => Err(UsageError::Command(first.display().to_string())),
    }
}
