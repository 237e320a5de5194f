//! The backend that tools act on: it writes down each effect, once for each key, and who asked for it.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::net::TcpListener;

use crate::ledger::{Entry, Ledger};

/// How the backend behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// It acts.
    Acts,
    /// It acts, and fails: nobody is told that it did.
    Forgets,
    /// It does nothing, and answers with what it was sent.
    Blurts,
}

/// A running backend. It ends with the runtime.
#[derive(Debug, Clone)]
pub struct Backend {
    pub(super) url: String,
    state: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    effects: Ledger,
    manners: Mutex<Manners>,
    bearers: Mutex<Vec<String>>,
}

impl Backend {
    pub(super) async fn start(effects: Ledger) -> Self {
        let (manners, bearers) = (Mutex::new(Manners::Acts), Mutex::default());
        let state = Arc::new(Shared { effects, manners, bearers });
        let router = Router::new().route("/refunds", post(act)).with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("http://{}/refunds", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Behaves so from now on.
    ///
    /// # Panics
    /// Never, in a test that has not panicked already.
    pub fn is(&self, manners: Manners) {
        *self.state.manners.lock().expect("manners") = manners;
    }

    /// The bearer tokens that it was sent, each as often as it came.
    ///
    /// # Panics
    /// Never, in a test that has not panicked already.
    #[must_use]
    pub fn bearers(&self) -> Vec<String> {
        self.state.bearers.lock().expect("a list").clone()
    }
}

async fn act(State(state): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let entry: Entry = serde_json::from_str(&body).expect("an entry");
    let sent: Vec<_> = headers.get_all(header::AUTHORIZATION).iter().collect();
    let [sent] = sent[..] else { return StatusCode::BAD_REQUEST.into_response() };
    let sent = sent.to_str().expect("text").to_owned();
    let Some(bearer) = sent.strip_prefix("Bearer ") else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    state.bearers.lock().expect("a list").push(bearer.to_owned());
    let manners = *state.manners.lock().expect("manners");
    if manners == Manners::Blurts {
        return (StatusCode::BAD_REQUEST, format!("a quirk: you sent {sent}")).into_response();
    }
    let (position, _new) = state.effects.append_once(&entry).expect("a ledger");
    match manners {
        Manners::Forgets => StatusCode::GATEWAY_TIMEOUT.into_response(),
        _ => format!("re_{position}").into_response(),
    }
}
