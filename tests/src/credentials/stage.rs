//! A guard on a real socket, with a store in a file, between its callers and its backend.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{Arc, Mutex},
};

use mcp_guard::{CredentialSource, prelude::*, reqwest};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Authority, Backend, tools, tools::Payments};
use crate::{
    fixture::Fixture,
    ledger::Ledger,
    wire::{Version, Wire},
};

/// The token of a caller with every scope.
pub const ALICE: &str = "CANARY-subject-of-alice-1f7a";
/// The token of another one.
pub const BOB: &str = "CANARY-subject-of-bob-93c2";

/// A caller of these tests, with these scopes.
#[must_use]
pub fn caller(subject: &str, scopes: &[&str]) -> Caller {
    Caller::new("https://issuer.test", subject).with_scopes(scopes.iter().copied())
}

/// The server's account at this authority.
#[must_use]
pub fn client(authority: &Authority) -> ClientCredentials {
    ClientCredentials::new(authority.url(), "guard", Secret::new("CANARY-client-secret".into()))
        .allow_http_on_loopback()
        .map_scope("refunds", "payments.refunds.write")
}

/// An exchange of callers' tokens at this authority.
#[must_use]
pub fn exchange(authority: &Authority) -> TokenExchange {
    TokenExchange::new(authority.url(), "guard", Secret::new("CANARY-client-secret".into()))
        .allow_http_on_loopback()
        .map_scope("refunds", "payments.refunds.write")
}

/// A file with a secret in it, for this user alone.
///
/// # Panics
/// When it cannot be written.
pub fn write_secret(path: &Path, secret: &str) {
    // Beside it first: whoever reads it finds the one or the other.
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside);
    file.and_then(|mut file| file.write_all(secret.as_bytes())).expect("written");
    fs::rename(beside, path).expect("renamed");
}

/// The arguments of a refund.
#[must_use]
pub fn refund(key: &str, order_id: &str, amount_cents: u64) -> Value {
    json!({"idempotency_key": key, "order_id": order_id, "amount_cents": amount_cents})
}

/// What one test works in.
#[derive(Debug)]
pub struct Stage {
    fixture: Fixture,
    url: String,
    /// What the tools act on.
    pub backend: Backend,
    looked: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    /// Serves the tools with credentials from this source.
    pub async fn with(source: impl CredentialSource) -> Self {
        Self::set(source, |builder| builder).await
    }

    /// Serves the tools with credentials from this source, set up so.
    ///
    /// # Panics
    /// When there is no guard.
    pub async fn set(
        source: impl CredentialSource,
        set: impl FnOnce(GuardBuilder) -> GuardBuilder,
    ) -> Self {
        let fixture = Fixture::new();
        let backend = Backend::start(fixture.effects()).await;
        let looked = Arc::default();
        let payments = Payments {
            url: backend.url.clone(),
            client: reqwest::Client::new(),
            looked: Arc::clone(&looked),
        };
        let store = SqliteStore::open(fixture.folder().join("store.db")).await.expect("a store");
        let every = ["refunds", "orders"];
        let tokens = StaticTokens::new()
            .token(ALICE, caller("alice", &every))
            .token(BOB, caller("bob", &every))
            .token("CANARY-subject-of-nobody", caller("nobody", &[]));
        let builder = tools::register(Guard::builder().provide(payments).store(store))
            .credentials(source)
            .http(Http::bind("127.0.0.1:0"))
            .authenticate(tokens);
        let guard = set(builder).build().expect("a guard");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        tokio::spawn(async move { guard.serve_http_on(listener).await });
        Self { fixture, url, backend, looked }
    }

    /// A connection for whoever bears this token.
    pub async fn bearer(&self, token: &str) -> Wire {
        Wire::join(&self.url, token, Version::V2026July).await
    }

    /// What was done.
    #[must_use]
    pub fn effects(&self) -> Ledger {
        self.fixture.effects()
    }

    /// The folder that the store is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.fixture.folder()
    }

    /// The credentials with which unknown outcomes were looked into.
    ///
    /// # Panics
    /// Never, in a test that has not panicked already.
    #[must_use]
    pub fn looked(&self) -> Vec<String> {
        self.looked.lock().expect("a list").clone()
    }
}
