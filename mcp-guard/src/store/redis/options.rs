//! How a store in Redis is opened.

use std::{fmt, sync::Arc, time::Duration};

use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion,
    TlsCertificates,
};

use super::{
    RedisStore,
    link::{Link, Terms},
    sweeper,
};
use crate::{clock::Clock, store::StoreError};

/// Settings of a [`RedisStore`], from [`RedisStore::options`].
#[must_use = "settings do nothing until `connect`"]
pub struct RedisOptions {
    url: String,
    prefix: String,
    root_certificate: Option<Vec<u8>>,
    clock: Option<Arc<dyn Clock>>,
    require_durable: bool,
    connect_timeout: Duration,
    operation_timeout: Duration,
    max_in_flight: usize,
    sweep_every: Duration,
}

impl RedisOptions {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            prefix: "mcp-guard".to_owned(),
            root_certificate: None,
            clock: None,
            require_durable: false,
            connect_timeout: Duration::from_secs(2),
            operation_timeout: Duration::from_secs(5),
            max_in_flight: 256,
            sweep_every: Duration::from_secs(60),
        }
    }

    /// What all keys begin with, in braces: `mcp-guard` where nothing is said. Deployments that
    /// share a server must not share it.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The certificates of the authorities that the server's certificate is verified against, as
    /// PEM, instead of the system's.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificate = Some(pem.into());
        self
    }

    /// Refuses a server that may forget what it has acknowledged when it crashes, or that does not
    /// say. Whether a failover forgets cannot be seen from here.
    pub fn require_durable(mut self, require: bool) -> Self {
        self.require_durable = require;
        self
    }

    /// How long connecting may take: two seconds where nothing is said.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long an operation may take, with all that it waits for: five seconds where nothing is
    /// said.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = timeout;
        self
    }

    /// How many operations may wait for an answer at once, while others wait for their turn: 256
    /// where nothing is said.
    pub fn max_in_flight(mut self, operations: usize) -> Self {
        self.max_in_flight = operations;
        self
    }

    /// How often what need not be remembered is dropped: every minute where nothing is said.
    pub fn sweep_every(mut self, interval: Duration) -> Self {
        self.sweep_every = interval;
        self
    }

    /// A clock of the test's instead of the server's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// As [`RedisStore::connect`].
    pub async fn connect(self) -> Result<RedisStore, StoreError> {
        self.check()?;
        let client = self.client()?;
        let Self { prefix, clock, require_durable, connect_timeout, .. } = self;
        let terms = Terms {
            prefix: format!("{{{prefix}}}:"),
            clock,
            require_durable,
            connect_timeout,
            operation_timeout: self.operation_timeout,
            max_in_flight: self.max_in_flight,
        };
        let link = Link::open(client, terms).await?;
        Ok(RedisStore::over(link, |link| sweeper::start(link, self.sweep_every)))
    }

    fn check(&self) -> Result<(), StoreError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if self.prefix.is_empty() || self.prefix.len() > 64 || !self.prefix.chars().all(plain) {
            return Err(wrong("its prefix must be 1 to 64 letters, digits and `-_.:`"));
        }
        let timeouts = [self.connect_timeout, self.operation_timeout, self.sweep_every];
        if timeouts.iter().any(Duration::is_zero) {
            return Err(wrong("a timeout or interval of zero leaves no time; give a longer one"));
        }
        if !(1..=tokio::sync::Semaphore::MAX_PERMITS).contains(&self.max_in_flight) {
            return Err(wrong("at least one operation must be allowed in flight"));
        }
        Ok(())
    }

    fn client(&self) -> Result<Client, StoreError> {
        // The library's own error may show parts of a URL, which may be a password's.
        let info = self.url.as_str().into_connection_info().map_err(|_| {
            wrong("its URL must be `redis://[user:password@]host[:port][/database]`, or `rediss://…` for TLS")
        })?;
        let tls = match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                return Err(wrong("`#insecure` in its URL turns off what TLS is for; remove it"));
            }
            ConnectionAddr::TcpTls { .. } => true,
            _ if self.root_certificate.is_some() => {
                return Err(wrong("a root certificate is given and its URL is not `rediss://…`"));
            }
            _ => false,
        };
        let info = speaking(info);
        let client = if tls { self.verifying(info) } else { Client::open(info) };
        client.map_err(|error| StoreError::Unusable(error.to_string()))
    }

    fn verifying(&self, info: ConnectionInfo) -> redis::RedisResult<Client> {
        // With several providers in a build, rustls knows none until one is chosen. One that the
        // server's own crate has chosen stays.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let root_cert = self.root_certificate.clone();
        Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert })
    }
}

/// In the newer protocol, the end of a connection is told at once.
fn speaking(info: ConnectionInfo) -> ConnectionInfo {
    let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    info.set_redis_settings(redis)
}

fn wrong(what: &str) -> StoreError {
    StoreError::Unusable(what.to_owned())
}

/// Without the URL, which may hold a password.
impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("prefix", &self.prefix)
            .field("require_durable", &self.require_durable)
            .finish_non_exhaustive()
    }
}
