//! The official conformance suite, and the server of our own that it is run against: everything that
//! the protocol has, served by a guard.
//!
//! Guarded tools answer with an envelope. So what the suite asks of a tool's content (pictures, sounds,
//! questions to the client, tasks) is an ordinary tool's, beside the guarded ones, behind the same
//! guard.

mod asking;
mod changes;
mod content;
mod everything;
mod guarded;
mod jobs;
mod rounds;
mod suite;

use std::io;

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::{Next, from_fn},
};
use mcp_guard::{Http, MemoryStore, prelude::*};
use tokio::{net::TcpListener, task::JoinHandle};

use self::everything::Everything;
pub use self::suite::{REVISIONS, Report, Revision};
use crate::server::AGENT_TOKEN;

/// A server with all that the suite asks for. It ends with this value.
#[derive(Debug)]
pub struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves on a free port of the loopback interface.
    ///
    /// # Errors
    /// When the guard cannot be built, or the socket cannot be bound.
    ///
    /// # Panics
    /// Never here. In its task, when the socket fails.
    pub async fn start() -> Result<Self, mcp_guard::Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        // The suite is a page of this server's own, too, and its tools ask clients of 2025-11-25.
        let http = Http::bind("127.0.0.1:0").allow_origins([&origin]).max_sessions(1000);
        let tokens = StaticTokens::new().token(AGENT_TOKEN, Caller::new("suite", "referee"));
        let guard = guarded::register(Guard::builder())
            .name("mcp-guard-conformance", env!("CARGO_PKG_VERSION"))
            .store(MemoryStore::new()?)
            .http(http)
            .authenticate(tokens)
            .build()?;
        let router = guard.protect(Everything::new(&guard))?.layer(from_fn(log_in));
        let url = format!("{origin}/mcp");
        let task = tokio::spawn(async move {
            let served: io::Result<()> = axum::serve(listener, router).await;
            served.expect("a socket that stays open");
        });
        Ok(Self { url, task })
    }

    /// Where it serves.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The suite has no token to show. Nobody is let in without one: it is put in here, as by a proxy.
async fn log_in(mut request: Request, next: Next) -> axum::response::Response {
    let bearer = format!("Bearer {AGENT_TOKEN}");
    let bearer = HeaderValue::try_from(bearer).expect("a token is visible ASCII");
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    next.run(request).await
}
