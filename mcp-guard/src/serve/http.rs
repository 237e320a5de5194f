//! Streamable HTTP.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use rmcp::ServerHandler;
use tokio::net::TcpListener;

use super::{admission, admission::Limits, listen, proxies::Proxies, stop_signal};
use crate::{
    auth::{layer::protect, well_known},
    error::{ConfigError, Error},
    guard::{Guard, HttpParts},
    mcp,
    rate::Quota,
};

/// Where and for whom a guard is served over HTTP.
#[derive(Debug, Clone)]
pub struct Http {
    address: String,
    path: String,
    hosts: Vec<String>,
    origins: Vec<String>,
    limits: Limits,
}

impl Http {
    /// Serves at this address, such as `127.0.0.1:8787`. Put a TLS proxy in front of any other than
    /// a loopback address.
    #[must_use]
    pub fn bind(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            path: "/mcp".into(),
            hosts: vec![],
            origins: vec![],
            limits: Limits::default(),
        }
    }

    /// The path of the endpoint. Default `/mcp`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The values of `Host` that are served, with or without a port, instead of loopback names
    /// alone. Anything else is refused: it is how a web page would reach a server on this machine
    /// (DNS rebinding).
    #[must_use]
    pub fn allow_hosts<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// The values of `Origin` that are served, such as `https://app.example.com:443`. By default a
    /// request that has one, as every browser's, is refused.
    #[must_use]
    pub fn allow_origins<O: Into<String>>(mut self, origins: impl IntoIterator<Item = O>) -> Self {
        self.origins.extend(origins.into_iter().map(Into::into));
        self
    }

    /// How many requests one address may send, whoever sends them. By default any number: a proxy in
    /// front has one address for everybody, unless [`behind`](Self::behind) says so.
    ///
    /// One more is answered 429 with `Retry-After`, before its token or body is looked at. An IPv6
    /// address counts with all of its /64. Counts are kept like those of [`Rates`](crate::Rates).
    #[must_use]
    pub fn per_address(mut self, quota: Quota) -> Self {
        self.limits.per_address = Some(quota);
        self
    }

    /// How many requests may be under way. Default 768. One more is answered 503 with `Retry-After`,
    /// at once.
    #[must_use]
    pub fn max_concurrent_requests(mut self, requests: usize) -> Self {
        self.limits.requests = requests;
        self
    }

    /// How many of them may be one address's. By default all of them.
    #[must_use]
    pub fn max_concurrent_requests_per_address(mut self, requests: usize) -> Self {
        self.limits.requests_per_address = Some(requests);
        self
    }

    /// How many connections may be open. Default 896. One more is answered 503 and closed. Only where
    /// the guard listens itself: [`serve_http`](Guard::serve_http).
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.limits.connections = connections;
        self
    }

    /// How many of them may be one address's. By default all of them: a proxy in front has one address
    /// for everybody. The connections of proxies that are named by [`behind`](Self::behind) do not
    /// count, and an IPv6 address counts with all of its /64.
    #[must_use]
    pub fn max_connections_per_address(mut self, connections: usize) -> Self {
        self.limits.connections_per_address = Some(connections);
        self
    }

    /// How long a client may take to send the head of a request, and again its body, and how long it
    /// may take nothing of an answer. Default 30 s. A head that takes longer, or does not come, and an
    /// answer of which nothing is taken end the connection (where the guard listens itself); a body
    /// that takes longer is answered 408.
    #[must_use]
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.limits.read_timeout = timeout;
        self
    }

    /// Says which proxies stand in front, so that the client's address is told by them. By default the
    /// address is the connection's, and no header counts.
    #[must_use]
    pub fn behind(mut self, proxies: Proxies) -> Self {
        self.limits.proxies = proxies;
        self
    }

    /// Gives clients of revisions before 2026-07-28 sessions (`Mcp-Session-Id`), so many at most. By
    /// default there are none, and the guard's tools need none; a server of your own does if it asks
    /// such clients something while a tool runs (sampling, elicitation, roots), or lets them take up a
    /// stream that broke off.
    ///
    /// A session belongs to the caller who began it; to any other it does not exist (404). It ends when
    /// it is deleted, or five minutes after its last message. While there are as many as there may be,
    /// another is refused with 503. In a session, a call for which a scope is lacking is answered with
    /// the envelope alone: its answer is a stream, which has begun by then, so that there is no
    /// challenge to step up.
    #[must_use]
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.limits.sessions = Some(sessions);
        self
    }

    /// How many of them may be one caller's. By default all of them. Without
    /// [`max_sessions`](Self::max_sessions), there are none.
    #[must_use]
    pub fn max_sessions_per_caller(mut self, sessions: usize) -> Self {
        self.limits.sessions_per_caller = Some(sessions);
        self
    }

    /// What may come in before anybody knows whose it is.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether the path is one path, and not a pattern.
    pub(crate) fn has_plain_path(&self) -> bool {
        self.path.starts_with('/') && !self.path.contains(['{', '}'])
    }

    /// The path of the endpoint.
    pub(crate) fn endpoint(&self) -> &str {
        &self.path
    }

    pub(crate) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    pub(crate) fn origins(&self) -> &[String] {
        &self.origins
    }
}

impl Guard {
    /// Serves MCP over Streamable HTTP until the process is asked to end (SIGTERM, Ctrl-C). Calls
    /// that are under way then are carried to their end.
    ///
    /// # Errors
    /// When the guard has no `.http(…)`, or the address cannot be bound.
    pub async fn serve_http(self) -> Result<(), Error> {
        let address = self.http_config()?.address.clone();
        self.serve_http_on(TcpListener::bind(address).await?).await
    }

    /// Serves on a socket that is already bound: its address is then known before the first
    /// request.
    ///
    /// # Errors
    /// When the guard has no `.http(…)`, or the socket fails.
    pub async fn serve_http_on(self, listener: TcpListener) -> Result<(), Error> {
        let router = self.router()?;
        let address = listener.local_addr()?;
        warn_if_public(address);
        tracing::info!(%address, "serving MCP over HTTP");
        let stop = stop_signal()?;
        let limits = self.http_config()?.limits();
        if !listen::serve(listener, router, limits, &stop, self.gives_up(&stop)).await {
            tracing::warn!("ended while clients kept unfinished requests open");
        }
        self.drained().await;
        Ok(())
    }

    /// The endpoint as an `axum` router, to stand beside other routes. Authentication, the raw checks
    /// and the limits of [`Http`] are part of it, and so is the metadata that tells clients where to
    /// get a token.
    ///
    /// Where a limit is per address, serve it with
    /// `into_make_service_with_connect_info::<SocketAddr>()`: a request of which the connection's
    /// address is not known is answered 500. When your server has shut down, await
    /// [`drained`](Guard::drained): calls outlive the connections that they came over.
    ///
    /// # Errors
    /// When the guard has no `.http(…)`.
    pub fn router(&self) -> Result<Router, Error> {
        self.protect(self.clone())
    }

    /// A router for a server of your own that has this guard's [`routes`](Guard::routes), behind
    /// this guard's authentication and raw checks. It is served and shut down like
    /// [`router`](Guard::router).
    ///
    /// # Errors
    /// When the guard has no `.http(…)`.
    pub fn protect<S>(&self, handler: S) -> Result<Router, Error>
    where
        S: ServerHandler + Clone,
    {
        let parts = self.http_parts()?;
        self.watch();
        let router = mcp::http::router(handler, &parts.http, self.core().settings().wire);
        let router =
            protect(router, self.clone()).merge(well_known::metadata(self, &parts.http.path));
        Ok(admission::in_front_of(router, parts.door.clone()))
    }

    fn http_config(&self) -> Result<&Http, Error> {
        self.http_parts().map(|parts| &parts.http)
    }

    fn http_parts(&self) -> Result<&HttpParts, Error> {
        match self.core().http() {
            Some(parts) => Ok(parts),
            None => Err(ConfigError::new(
                "the guard is not set up for HTTP: add `.http(Http::bind(\"127.0.0.1:8787\"))` and \
                 `.authenticate(…)`",
            )
            .into()),
        }
    }
}

fn warn_if_public(address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "serving beyond this machine without TLS: put a TLS proxy in front");
    }
}
