//! The server under test: guarded tools, one for each way in which a backend can fail.

mod backend;
mod composed;
pub mod doomed;
pub mod engine;
pub mod issued;
pub mod leaky;
mod options;
mod orders;
pub mod transactional;
mod trouble;

use std::{process::ExitCode, sync::Arc, time::Duration};

pub use backend::{CANARY, PANIC_CANARY};
use mcp_guard::{GuardBuilder, Quota, Rates, prelude::*, store};
pub use options::{Options, Tokens, Transport};
use rustix::process::Signal;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

use crate::{
    crash::{fuse::Fuse, store::Fused},
    ledger::Ledger,
};
use backend::Backend;
use issued::Issued;

/// The token of a caller with every scope.
pub const AGENT_TOKEN: &str = "token-of-the-agent-5f0c2e91";
/// The token of the same caller, without scopes.
pub const INTRUDER_TOKEN: &str = "token-of-the-intruder-a8d3b764";

/// The server as a program: reads its command line, logs to the standard error, serves.
pub async fn program(words: impl IntoIterator<Item = String>) -> ExitCode {
    // The log goes where a test can read it; `rmcp` logs whole results at DEBUG.
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("info"))
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let options = match Options::parse(words) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guard-fixture: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves as `options` say, until the client has gone or the process is told to stop.
///
/// On HTTP, the first line on the standard output is the URL.
///
/// # Errors
/// When the guard cannot be built or its transport fails.
pub async fn serve(options: Options) -> Result<(), mcp_guard::Error> {
    let mut builder = Guard::builder().name("guard-fixture", env!("CARGO_PKG_VERSION"));
    if options.hide_unauthorized {
        builder = builder.hide_unauthorized();
    }
    if let Some(calls) = options.pace {
        let quota = Quota::new(calls, Duration::from_secs(2));
        builder = builder.rates(Rates::new().per_caller(quota));
    }
    // A full disk is played by a limit of the size of files, whose signal would end the process.
    let _survived = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    let store = store::open(&options.store_url()).await?;
    let builder = with_tools(builder, &options, store);
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
            let url = format!("http://{}/mcp", listener.local_addr()?);
            println!("{url}");
            let tokens = StaticTokens::new()
                .token(AGENT_TOKEN, caller(&options.scopes))
                .token(INTRUDER_TOKEN, caller(&[]));
            let builder = builder.http(Http::bind("127.0.0.1:0"));
            let guard = match options.engine {
                Some(_) => builder.authenticate(engine::Bearers),
                None if options.tokens == Tokens::Issued => {
                    builder.authenticate(Issued::new(tokens, &url))
                }
                None => builder.authenticate(tokens),
            };
            let guard = guard.build()?;
            if options.composed {
                return composed::serve_http(&guard, listener).await;
            }
            guard.serve_http_on(listener).await
        }
    }
}

fn with_tools(
    builder: GuardBuilder,
    options: &Options,
    store: Arc<dyn store::Store>,
) -> GuardBuilder {
    if options.leaky {
        return leaky::register(builder);
    }
    if let Some(settings) = &options.engine {
        return engine::register(builder, &options.folder, store, settings);
    }
    let effects = Ledger::at(options.folder.join("effects.jsonl"));
    let attempts = Ledger::at(options.folder.join("attempts.jsonl"));
    if !options.doomed {
        let builder = match options.tokens {
            Tokens::HandedOut => builder,
            Tokens::Issued => issued::register(builder),
        };
        let builder = builder.provide(Backend { effects, attempts }).store(store);
        return trouble::register(orders::register(builder));
    }
    let fuse = Fuse::default();
    let builder = transactional::register(builder, &*store);
    let builder = doomed::register(builder, effects, attempts, fuse.clone());
    let builder = match options.look_after {
        Some(every) => doomed::register_looked_after(builder, every),
        None => builder,
    };
    builder.store(Fused::new(store, fuse))
}

fn caller(scopes: &[String]) -> Caller {
    Caller::local("agent").with_tenant("acme").with_scopes(scopes)
}
