//! Putting the MCP server together, as the operator configured it.

use std::{
    fs,
    io::{IsTerminal, stdin},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use mcp_guard::{ConfigError, Error, prelude::*};
use tokio::net::TcpListener;

use crate::{
    payments::{Ledger, Payments, Service, TRIAL_ORDERS, Tokens},
    settings,
    tools::{create_refund, get_order},
};

/// Serves MCP on standard input and output, for one caller whom the operator names.
///
/// # Errors
/// When the configuration does not fit, or a stream fails.
pub(crate) async fn stdio() -> Result<(), Error> {
    if stdin().is_terminal() {
        eprintln!(
            "refunds: serving MCP on standard input, which is for an MCP client and not for a \
             person.\n         To see it at work: refunds demo (or: cargo run -p refunds -- demo)\n\
             \x20        To stop it: Ctrl-C. To see what else it does: refunds --help"
        );
    }
    let backend = Backend::from_env().await?;
    let caller = backend.caller()?;
    builder(backend).await?.identity(caller).build()?.serve_stdio().await
}

/// Serves MCP over HTTP, for callers with a bearer token. The first line on standard output is the
/// address.
///
/// # Errors
/// When the configuration does not fit, or the port cannot be opened.
pub(crate) async fn http(listen: SocketAddr) -> Result<(), Error> {
    let backend = Backend::from_env().await?;
    let tokens = tokens(&backend)?;
    let http = Http::bind(listen.to_string());
    let guard = builder(backend).await?.http(http).authenticate(tokens).build()?;
    let listener = TcpListener::bind(listen).await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    println!("{url}");
    eprintln!("refunds: serving MCP at {url}");
    guard.serve_http_on(listener).await
}

/// Runs the payments service by itself. The first line on standard output is its address.
///
/// # Errors
/// When its token is not set, or the ledger or the port cannot be opened.
pub(crate) async fn payments(listen: SocketAddr, ledger: Option<&Path>) -> Result<(), Error> {
    let tokens = Tokens {
        account: settings::required(
            "REFUNDS_PAYMENTS_TOKEN",
            "the token that the service is to ask of its callers",
        )?,
        admin: settings::text("REFUNDS_PAYMENTS_ADMIN_TOKEN")?,
    };
    let ledger = match ledger {
        Some(path) => path.to_owned(),
        None => settings::ledger_path()?,
    };
    let service = Service::open(listen, open_ledger(&ledger)?, tokens).await?;
    println!("{}", service.url());
    eprintln!("refunds: payments service at {}, ledger in {}", service.url(), ledger.display());
    Ok(service.run().await?)
}

async fn builder(backend: Backend) -> Result<GuardBuilder, Error> {
    let mut builder = Guard::builder()
        .name("refunds", env!("CARGO_PKG_VERSION"))
        .provide(backend.payments)
        .store(SqliteStore::open(settings::store_path()?).await?)
        .tool::<create_refund>()
        .tool::<get_order>();
    if let Some(lease) = settings::millis("REFUNDS_LEASE_MS")? {
        builder = builder.lease(lease);
    }
    Ok(builder)
}

/// The payments service that the tools use.
struct Backend {
    payments: Payments,
    /// It is one of our own, with play money.
    trial: bool,
}

impl Backend {
    /// The service that the operator named, else one of our own.
    async fn from_env() -> Result<Self, Error> {
        match Payments::from_env()? {
            Some(payments) => Ok(Self { payments, trial: false }),
            None => Ok(Self { payments: embedded_payments().await?, trial: true }),
        }
    }

    /// Whom the operator named. Only play money may be moved by nobody in particular.
    fn caller(&self) -> Result<Caller, ConfigError> {
        if self.trial && settings::text("MCP_GUARD_SUBJECT")?.is_none() {
            return Ok(Caller::local("trial").with_scopes(["orders", "refunds"]));
        }
        Caller::from_env()
    }
}

/// Starts a payments service inside this process, on a port and with a token that nobody else
/// knows. It ends with the process; its ledger stays.
async fn embedded_payments() -> Result<Payments, Error> {
    let path = settings::ledger_path()?;
    let token = settings::new_token()?;
    let tokens = Tokens { account: token.clone(), admin: None };
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let service = Service::open(listen, open_ledger(&path)?, tokens).await?;
    let url = service.url();
    tokio::spawn(async move {
        if let Err(error) = service.run().await {
            tracing::error!(%error, "the payments service ended");
        }
    });
    eprintln!(
        "refunds: REFUNDS_PAYMENTS_URL is not set, so this is a trial with play money. Ledger: {}",
        path.display()
    );
    Ok(Payments::new(&url, &token, Payments::timeout_from_env()?)?)
}

fn open_ledger(path: &Path) -> Result<Ledger, ConfigError> {
    settings::make_folder_of(path)?;
    let opened = Ledger::open(path).and_then(|ledger| {
        ledger.add_orders(TRIAL_ORDERS)?;
        Ok(ledger)
    });
    opened.map_err(|error| {
        ConfigError::new(format!("the ledger {} cannot be used: {error}", path.display()))
    })
}

/// The bearer tokens that are accepted, and whom each stands for.
fn tokens(backend: &Backend) -> Result<StaticTokens, Error> {
    let own = settings::text("REFUNDS_HTTP_TOKEN")?;
    let file = settings::text("REFUNDS_HTTP_TOKENS")?;
    let mut tokens = StaticTokens::new();
    if let Some(path) = &file {
        let listed = fs::read_to_string(path).map_err(|error| {
            ConfigError::new(format!("REFUNDS_HTTP_TOKENS: {path} cannot be read: {error}"))
        })?;
        for (token, caller) in listed_callers(&listed)? {
            tokens = tokens.token(token, caller);
        }
    }
    match (own, file) {
        (Some(token), _) => Ok(tokens.token(&token, backend.caller()?)),
        (None, Some(_)) => Ok(tokens),
        (None, None) if backend.trial => {
            let token = settings::new_token()?;
            eprintln!("refunds: send the header `Authorization: Bearer {token}`");
            Ok(tokens.token(&token, backend.caller()?))
        }
        (None, None) => Err(ConfigError::new(
            "nobody may call over HTTP yet: set REFUNDS_HTTP_TOKEN to the bearer token of \
             MCP_GUARD_SUBJECT, or REFUNDS_HTTP_TOKENS to a file with lines of TOKEN SUBJECT SCOPE…",
        )
        .into()),
    }
}

/// Reads lines of `TOKEN SUBJECT SCOPE…`. Empty lines and those that begin with `#` are skipped.
fn listed_callers(text: &str) -> Result<Vec<(&str, Caller)>, ConfigError> {
    let mut callers = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        let Some(token) = words.next().filter(|word| !word.starts_with('#')) else {
            continue;
        };
        let subject = words.next().ok_or_else(|| {
            ConfigError::new(format!(
                "REFUNDS_HTTP_TOKENS: line {number} names nobody: write TOKEN SUBJECT SCOPE…"
            ))
        })?;
        callers.push((token, Caller::local(subject).with_scopes(words)));
    }
    Ok(callers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_callers_are_read_line_by_line() {
        let text = "# who may call\n\n secret-1 alice refunds orders\nsecret-2 bob\n";
        let callers = listed_callers(text).unwrap();
        assert_eq!(callers.len(), 2);
        assert_eq!(callers[0].0, "secret-1");
        assert_eq!(callers[0].1, Caller::local("alice").with_scopes(["orders", "refunds"]));
        assert_eq!(callers[1], ("secret-2", Caller::local("bob")));
    }

    #[test]
    fn a_line_without_a_subject_is_named_and_its_token_is_not() {
        let error = listed_callers("a b\nsecret-1\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("secret-1"), "{error}");
    }
}
