//! The server under test: guarded tools, one for each way in which a backend can fail.

mod backend;
mod composed;
mod options;
mod orders;
mod trouble;

pub use backend::{CANARY, PANIC_CANARY};
use mcp_guard::prelude::*;
pub use options::{Options, Transport};
use tokio::net::TcpListener;

use crate::ledger::Ledger;
use backend::Backend;

/// The token of a caller with every scope.
pub const AGENT_TOKEN: &str = "token-of-the-agent-5f0c2e91";
/// The token of the same caller, without scopes.
pub const INTRUDER_TOKEN: &str = "token-of-the-intruder-a8d3b764";

/// Serves as `options` say, until the client has gone or the process is told to stop.
///
/// On HTTP, the first line on the standard output is the URL.
///
/// # Errors
/// When the guard cannot be built or its transport fails.
pub async fn serve(options: Options) -> Result<(), mcp_guard::Error> {
    let backend = Backend {
        effects: Ledger::at(options.folder.join("effects.jsonl")),
        attempts: Ledger::at(options.folder.join("attempts.jsonl")),
    };
    let mut builder = Guard::builder()
        .name("guard-fixture", env!("CARGO_PKG_VERSION"))
        .provide(backend)
        .store(SqliteStore::open(options.folder.join("store.db")).await?);
    if options.hide_unauthorized {
        builder = builder.hide_unauthorized();
    }
    builder = trouble::register(orders::register(builder));
    match options.transport {
        Transport::Stdio => {
            let guard = builder.identity(caller(&options.scopes)).build()?;
            if options.composed {
                return composed::serve_stdio(guard).await;
            }
            guard.serve_stdio().await
        }
        Transport::Http => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            println!("http://{}/mcp", listener.local_addr()?);
            let tokens = StaticTokens::new()
                .token(AGENT_TOKEN, caller(&options.scopes))
                .token(INTRUDER_TOKEN, caller(&[]));
            let guard = builder.http(Http::bind("127.0.0.1:0")).authenticate(tokens).build()?;
            if options.composed {
                return composed::serve_http(&guard, listener).await;
            }
            guard.serve_http_on(listener).await
        }
    }
}

fn caller(scopes: &[String]) -> Caller {
    Caller::local("agent").with_tenant("acme").with_scopes(scopes)
}
