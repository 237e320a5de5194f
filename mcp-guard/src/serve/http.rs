//! Streamable HTTP.

use std::{future::IntoFuture as _, net::SocketAddr};

use axum::{Router, serve::ListenerExt as _};
use rmcp::ServerHandler;
use tokio::net::TcpListener;

use super::stop_signal;
use crate::{
    auth::layer::protect,
    error::{ConfigError, Error},
    guard::Guard,
    mcp,
};

/// Where and for whom a guard is served over HTTP.
#[derive(Debug, Clone)]
pub struct Http {
    address: String,
    path: String,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Http {
    /// Serves at this address, such as `127.0.0.1:8787`. Put a TLS proxy in front of any other than
    /// a loopback address.
    #[must_use]
    pub fn bind(address: impl Into<String>) -> Self {
        Self { address: address.into(), path: "/mcp".into(), hosts: vec![], origins: vec![] }
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

    /// Whether the path is one path, and not a pattern.
    pub(crate) fn has_plain_path(&self) -> bool {
        self.path.starts_with('/') && !self.path.contains(['{', '}'])
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
        // Without it a small answer waits for the acknowledgement of its header: 40 ms a call.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY was not set");
            }
        });
        let stopped = stop.clone().cancelled_owned();
        tokio::select! {
            served = axum::serve(listener, router).with_graceful_shutdown(stopped).into_future() => {
                served?;
            }
            () = self.gives_up(&stop) => {
                tracing::warn!("ended while clients kept unfinished requests open");
            }
        }
        self.core().drained().await;
        Ok(())
    }

    /// The endpoint as an `axum` router, to stand beside other routes. Authentication and the raw
    /// checks are part of it.
    ///
    /// # Errors
    /// When the guard has no `.http(…)`.
    pub fn router(&self) -> Result<Router, Error> {
        self.protect(self.clone())
    }

    /// A router for a server of your own that has this guard's [`routes`](Guard::routes), behind
    /// this guard's authentication and raw checks.
    ///
    /// # Errors
    /// When the guard has no `.http(…)`.
    pub fn protect<S>(&self, handler: S) -> Result<Router, Error>
    where
        S: ServerHandler + Clone,
    {
        let http = self.http_config()?;
        self.watch();
        let service = mcp::http::service(handler, http, self.core().settings().wire);
        let router = Router::new().route_service(&http.path, service);
        Ok(protect(router, self.clone()))
    }

    fn http_config(&self) -> Result<&Http, Error> {
        match self.core().http() {
            Some(parts) => Ok(&parts.http),
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
