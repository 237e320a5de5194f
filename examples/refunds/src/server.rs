//! Putting the MCP server together, as the operator configured it.

mod issued;
mod tokens;

use std::{
    io::{IsTerminal, stdin},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use issued::Resource;
use mcp_guard::{ConfigError, Error, Manifest, MemoryStore, Quota, Rates, Store, prelude::*};
use rmcp::ServiceExt as _;
use tokio::net::TcpListener;

use crate::{
    bare::Bare,
    issuer::{Issuer, User},
    payments::{Ledger, Payments, Service, TRIAL_DEPOSITS, TRIAL_ORDERS, Tokens},
    settings::{self, StorePlace},
    tools::{create_refund, get_order, refund_delivery, return_deposit},
};

/// Serves MCP on standard input and output, for one caller whom the operator names.
///
/// # Errors
/// When the configuration does not fit, or a stream fails.
pub(crate) async fn stdio(store: &StorePlace) -> Result<(), Error> {
    if stdin().is_terminal() {
        eprintln!(
            "refunds: serving MCP on standard input, which is for an MCP client and not for a \
             person.\n         To see it at work: refunds demo (or: cargo run -p refunds -- demo)\n\
             \x20        To stop it: Ctrl-C. To see what else it does: refunds --help"
        );
    }
    let backend = Backend::from_env(store).await?;
    let caller = backend.caller()?;
    let identified = Guard::builder().identity(caller);
    let guard = with_tools(identified, backend.payments, store.open().await?)?.build()?;
    guard.serve_stdio().await
}

/// Serves MCP over HTTP, for callers with a bearer token: of the issuer, if one is named, else one that
/// the operator has handed out. The first line on standard output is the address.
///
/// # Errors
/// When the configuration does not fit, or the port cannot be opened.
pub(crate) async fn http(
    listen: SocketAddr,
    store: &StorePlace,
    issuer: Option<String>,
) -> Result<(), Error> {
    let backend = Backend::from_env(store).await?;
    let listener = TcpListener::bind(listen).await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let http = Http::bind(listen.to_string());
    let admitting = match issuer {
        Some(issuer) => Resource::from_env(&url)?.admitting(http, &issuer)?,
        None => Guard::builder().http(http).authenticate(tokens::accepted(&backend)?),
    };
    let guard = with_tools(admitting, backend.payments, store.open().await?)?.build()?;
    println!("{url}");
    eprintln!("refunds: serving MCP at {url}");
    guard.serve_http_on(listener).await
}

/// Runs an authorization server, for people who try things out. The first line on standard output is
/// its address.
///
/// # Errors
/// When the person whom it knows is not named well, or the port cannot be opened.
pub(crate) async fn issuer(listen: SocketAddr) -> Result<(), Error> {
    let admin = settings::text("REFUNDS_ISSUER_ADMIN_TOKEN")?;
    let introspection = settings::text("REFUNDS_INTROSPECTION_SECRET")?;
    let user = User::from_env()?;
    let issuer = Issuer::open(listen, user, admin, introspection.as_deref()).await?;
    println!("{}", issuer.url());
    eprintln!(
        "refunds: issuer at {}. It asks nobody for a password: it is for trying things out",
        issuer.url()
    );
    Ok(issuer.run().await?)
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
        None => StorePlace::chosen(None)?.ledger()?,
    };
    let service = Service::open(listen, open_ledger(&ledger)?, tokens).await?;
    println!("{}", service.url());
    eprintln!("refunds: payments service at {}, ledger in {}", service.url(), ledger.display());
    Ok(service.run().await?)
}

/// The server's tools on the store of a server, for its operators. Nobody can call them, so they
/// reach no payments service.
///
/// # Errors
/// When no server has used the store, or it cannot be opened.
pub(crate) async fn for_operators(store: &StorePlace) -> Result<Guard, Error> {
    let unreachable = Payments::new("http://127.0.0.1:0", "", Payments::TIMEOUT)?;
    let store = store.open_existing().await?;
    Ok(with_tools(Guard::builder(), unreachable, store)?.build()?)
}

/// What the server allows, for review.
///
/// # Errors
/// When the configuration does not fit.
pub(crate) fn manifest() -> Result<Manifest, Error> {
    let unreachable = Payments::new("http://127.0.0.1:0", "", Payments::TIMEOUT)?;
    let nothing_kept = Arc::new(MemoryStore::new()?);
    Ok(with_tools(Guard::builder(), unreachable, nothing_kept)?.build()?.manifest())
}

/// Serves the bare twin of the tools, which nothing guards, on standard input and output.
///
/// # Errors
/// When no payments service is named, or a stream fails.
pub(crate) async fn bare() -> Result<(), Error> {
    let payments = Payments::from_env()?.ok_or_else(|| {
        ConfigError::new("REFUNDS_PAYMENTS_URL is not set: the bare tools move play money only")
    })?;
    let session = Bare::new(payments).serve(rmcp::transport::stdio()).await;
    let ended = session.map_err(|error| Error::Session(error.to_string()))?.waiting().await;
    ended.map(drop).map_err(|error| Error::Session(error.to_string()))
}

fn with_tools(
    builder: GuardBuilder,
    payments: Payments,
    store: Arc<dyn Store>,
) -> Result<GuardBuilder, ConfigError> {
    let rates = Rates::new().per_caller(Quota::per_second(20).burst(100));
    Ok(unrated(builder, payments, store)?.rates(rates))
}

/// The tools, for callers who may call as often as they like.
///
/// # Errors
/// When the configuration does not fit.
pub(crate) fn unrated(
    builder: GuardBuilder,
    payments: Payments,
    store: Arc<dyn Store>,
) -> Result<GuardBuilder, ConfigError> {
    let mut builder = builder
        .name("refunds", env!("CARGO_PKG_VERSION"))
        .provide(payments)
        .store(store)
        .tool::<return_deposit>()
        .tool::<create_refund>()
        .tool::<refund_delivery>()
        .tool::<get_order>();
    if let Some(lease) = settings::millis("REFUNDS_LEASE_MS")? {
        builder = builder.lease(lease);
    }
    if let Some(pause) = settings::millis("REFUNDS_RECONCILE_MS")? {
        builder = builder.reconcile_every(pause);
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
    async fn from_env(store: &StorePlace) -> Result<Self, Error> {
        if let Some(payments) = Payments::from_env()? {
            return Ok(Self { payments, trial: false });
        }
        let payments = embedded_payments(&store.ledger()?).await?;
        Ok(Self { payments, trial: true })
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
async fn embedded_payments(path: &Path) -> Result<Payments, Error> {
    let token = settings::new_token()?;
    let tokens = Tokens { account: token.clone(), admin: None };
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let service = Service::open(listen, open_ledger(path)?, tokens).await?;
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
        ledger.add_deposits(TRIAL_DEPOSITS)?;
        Ok(ledger)
    });
    opened.map_err(|error| {
        ConfigError::new(format!("the ledger {} cannot be used: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it is meant: `MCP_GUARD_ACCEPT=1 cargo test -p refunds`.
    #[test]
    fn the_policy_does_not_loosen_unseen() {
        manifest().expect("a guard").assert_not_loosened("policy.json");
    }
}
