//! The command line.

use std::{
    ffi::{OsStr, OsString},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
An MCP server that refunds orders, and the payments service behind it.

Usage:
  refunds                                  Serve MCP on standard input and output
  refunds http [--listen ADDRESS]          Serve MCP over HTTP (default 127.0.0.1:8787)
  refunds payments [--listen ADDRESS] [--db FILE]
                                           Run the payments service (default 127.0.0.1:4242)
  refunds demo                             Watch an agent try everything, and the ledger hold
  refunds --help | --version

Environment of the MCP server:
  MCP_GUARD_SUBJECT           Who is calling. Without it, and without REFUNDS_PAYMENTS_URL, a trial
                              caller that may read orders and make refunds
  MCP_GUARD_SCOPES            What they may do, separated by spaces: \"orders refunds\"
  MCP_GUARD_TENANT            The organization they belong to, if there are several
  REFUNDS_STORE               File in which keys and answers are kept (default: refunds.db in your
                              data folder)
  REFUNDS_PAYMENTS_URL        Address of the payments service. Without it, the server runs one of
                              its own with play money, its ledger beside the store
  REFUNDS_PAYMENTS_TOKEN      Token of the service account there; the model never sees it
  REFUNDS_PAYMENTS_TIMEOUT_MS How long the payments service may take (default 5000)
  REFUNDS_HTTP_TOKEN          http: the bearer token of the caller named above
  REFUNDS_HTTP_TOKENS         http: a file with more callers, one a line: TOKEN SUBJECT SCOPE...
  REFUNDS_LEASE_MS            How long a call that died counts as under way (default 60000)
  RUST_LOG                    What is logged to standard error (default: warn)

Environment of the payments service:
  REFUNDS_PAYMENTS_TOKEN       Token that it asks of its callers
  REFUNDS_PAYMENTS_ADMIN_TOKEN Token that allows telling it to misbehave; without it, nobody may
";

const HTTP: SocketAddr = loopback(8787);
const PAYMENTS: SocketAddr = loopback(4242);

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// What the person asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Stdio,
    Http { listen: SocketAddr },
    Payments { listen: SocketAddr, ledger: Option<PathBuf> },
    Demo,
    Help,
    Version,
}

/// What is wrong with the command line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("there is no command `{0}`: write `http`, `payments` or `demo`, or nothing for stdio")]
    Command(String),
    #[error("`{command}` does not take `{argument}`")]
    Argument { command: &'static str, argument: String },
    #[error("`{0}` needs a value after it")]
    Value(String),
    #[error("`{0}` is given twice")]
    Twice(String),
    #[error("`{0}` is not an address: write it as 127.0.0.1:8787")]
    Address(String),
}

/// Reads the arguments that follow the program's name.
///
/// # Errors
/// When they are not a command, or one with an argument that it does not take.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut arguments = arguments.into_iter();
    let Some(first) = arguments.next() else {
        return Ok(Command::Stdio);
    };
    match first.to_str() {
        Some("http") => {
            let options = Options::read("refunds http", &["--listen"], arguments)?;
            Ok(Command::Http { listen: options.address("--listen", HTTP)? })
        }
        Some("payments") => {
            let options = Options::read("refunds payments", &["--listen", "--db"], arguments)?;
            Ok(Command::Payments {
                listen: options.address("--listen", PAYMENTS)?,
                ledger: options.value("--db").map(PathBuf::from),
            })
        }
        Some("demo") => Options::read("refunds demo", &[], arguments).map(|_| Command::Demo),
        Some("--help" | "-h" | "help") => Ok(Command::Help),
        Some("--version" | "-V") => Ok(Command::Version),
        _ => Err(UsageError::Command(first.display().to_string())),
    }
}

/// The options of one command, in pairs of name and value.
struct Options(Vec<(&'static str, OsString)>);

impl Options {
    fn read(
        command: &'static str,
        names: &[&'static str],
        arguments: impl Iterator<Item = OsString>,
    ) -> Result<Self, UsageError> {
        let mut read = Self(Vec::new());
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let Some(name) = names.iter().copied().find(|name| argument == *name) else {
                let argument = argument.display().to_string();
                return Err(UsageError::Argument { command, argument });
            };
            if read.value(name).is_some() {
                return Err(UsageError::Twice(name.to_owned()));
            }
            let value = arguments.next().ok_or_else(|| UsageError::Value(name.to_owned()))?;
            read.0.push((name, value));
        }
        Ok(read)
    }

    fn value(&self, name: &str) -> Option<&OsStr> {
        self.0.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_os_str())
    }

    fn address(&self, name: &str, default: SocketAddr) -> Result<SocketAddr, UsageError> {
        let Some(value) = self.value(name) else {
            return Ok(default);
        };
        value
            .to_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| UsageError::Address(value.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, UsageError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn commands_and_their_options() {
        assert_eq!(read(""), Ok(Command::Stdio));
        assert_eq!(read("demo"), Ok(Command::Demo));
        assert_eq!(read("http"), Ok(Command::Http { listen: HTTP }));
        let listen = loopback(0);
        assert_eq!(read("http --listen 127.0.0.1:0"), Ok(Command::Http { listen }));
        assert_eq!(
            read("payments --db x.db --listen 127.0.0.1:0"),
            Ok(Command::Payments { listen, ledger: Some("x.db".into()) })
        );
        assert_eq!(read("payments"), Ok(Command::Payments { listen: PAYMENTS, ledger: None }));
        assert_eq!(read("--help"), Ok(Command::Help));
    }

    #[test]
    fn a_mistake_is_named() {
        for (line, says) in [
            ("htpp", "no command `htpp`"),
            ("--listen 1", "no command `--listen`"),
            ("demo fast", "`refunds demo` does not take `fast`"),
            ("http --db x", "`refunds http` does not take `--db`"),
            ("http --listen", "`--listen` needs a value"),
            ("http --listen 8787", "`8787` is not an address"),
            ("http --listen 127.0.0.1:1 --listen 127.0.0.1:2", "`--listen` is given twice"),
        ] {
            let error = read(line).unwrap_err().to_string();
            assert!(error.contains(says), "{line}: {error}");
        }
    }
}
