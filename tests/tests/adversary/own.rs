//! A guard of its own kind: an open tool, a budget of the tenant's, a short memory, a body that takes its
//! time.

use std::{
    convert::Infallible,
    future::IntoFuture as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router, extract::Request, middleware::Next, response::Response, serve::ListenerExt as _,
};
use mcp_guard::{
    MemoryStore,
    adversary::{Adversary, LedgerEntry},
    prelude::*,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;

/// The books, and how long it takes to write into them.
#[derive(Clone, Default)]
pub(crate) struct Books(Arc<Mutex<Vec<LedgerEntry>>>, Duration);

impl Books {
    /// Books in which an entry takes so long.
    pub(crate) fn slow(takes: Duration) -> Self {
        Self(Arc::default(), takes)
    }

    async fn write(&self, entry: LedgerEntry) -> Done {
        tokio::time::sleep(self.1).await;
        self.0.lock().expect("books").push(entry);
        Done { done: true }
    }

    pub(crate) fn since(&self, since: usize) -> Vec<LedgerEntry> {
        self.0.lock().expect("books")[since..].to_vec()
    }
}

#[derive(Serialize, JsonSchema)]
struct Done {
    done: bool,
}

#[derive(Debug, thiserror::Error, ToolError)]
#[error("order {0} does not exist")]
#[tool_error(rejected, code = "order_not_found", public)]
struct NoSuchOrder(u64);

/// Leave a note. Whoever is identified may.
#[guarded_tool(idempotent, any_caller)]
async fn leave_note(
    books: &Books,
    /// What it says.
    text: String,
    /// Whether it is left although there is one.
    force: Option<bool>,
    /// Whether nothing is left in truth.
    dry_run: Option<bool>,
    /// Who has read it.
    approved: Option<bool>,
) -> Result<Done, Infallible> {
    let _ = (force, dry_run, approved);
    Ok(books.write(LedgerEntry::on(text)).await)
}

/// Move money between the tenant's accounts.
#[guarded_tool(
    idempotent(retain = "1h", tombstone = "2d"),
    scope = "payments",
    budget(amount_cents <= 3_000, per = "24h", of = tenant)
)]
async fn transfer(
    books: &Books,
    /// Amount, in cents.
    #[schemars(range(min = 1))]
    amount_cents: u64,
) -> Result<Done, Infallible> {
    Ok(books.write(LedgerEntry::on("account").amount(amount_cents)).await)
}

/// Look up an order.
#[guarded_tool(read_only, scope = "payments")]
async fn look(
    /// Order to look up.
    #[schemars(range(min = 1))]
    order: u64,
) -> Result<Done, NoSuchOrder> {
    if order < 1_000 { Err(NoSuchOrder(order)) } else { Ok(Done { done: true }) }
}

pub(crate) fn tools(books: &Books, store: MemoryStore) -> GuardBuilder {
    let builder = Guard::builder().provide(books.clone()).store(store);
    builder.tool::<leave_note>().tool::<transfer>().tool::<look>()
}

pub(crate) fn knowing(adversary: Adversary, books: Books) -> Adversary {
    adversary
        .judged_by(move |since| books.since(since))
        .example("leave_note", |n| json!({"text": format!("note {n}")}))
        .example("transfer", |_| json!({"amount_cents": 100}))
        .example("look", |n| json!({"order": 1_000 + n}))
        .foreign("look", json!({"order": 7}), json!({"order": 900}))
}

pub(crate) fn agent() -> Caller {
    Caller::local("agent").with_scopes(["payments"])
}

/// Serves the tools over HTTP, in sessions, behind what `gate` lets through.
pub(crate) async fn over_http<F>(
    books: &Books,
    gate: impl Fn(Request, Next) -> F + Clone + Send + Sync + 'static,
) -> String
where
    F: Future<Output = Response> + Send + 'static,
{
    let http = Http::bind("127.0.0.1:0").max_sessions(64);
    let tokens = StaticTokens::new().token("agent", agent());
    let store = MemoryStore::new().expect("a store");
    let guard = tools(books, store).http(http).authenticate(tokens).build().expect("a guard");
    let router: Router = guard.router().expect("a router");
    let router = router.layer(axum::middleware::from_fn(gate));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    // Without it, each call takes 40 ms.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

/// Lets everything through.
pub(crate) async fn open(request: Request, next: Next) -> Response {
    next.run(request).await
}
