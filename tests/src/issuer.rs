//! An authorization server on loopback that does what a test says: rotates its keys, goes away,
//! stalls, talks without end, lies. It counts what it is asked.

mod key;
mod token;

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Form, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

pub use self::{
    key::{Key, Kind},
    token::{Draft, compact, encode, mac},
};

/// How the server answers, whatever it is asked.
#[derive(Debug, Clone, Default)]
pub enum Mood {
    /// As it should.
    #[default]
    Well,
    /// With this status and no body.
    Status(u16),
    /// With a redirect to this URL.
    Redirect(String),
    /// With this text.
    Text(String),
    /// Not at all, once it was asked.
    Stall,
    /// One byte of white space every 100 ms, without end.
    Trickle,
}

/// The server. It ends with the test's runtime, or when it is told to.
#[derive(Debug)]
pub struct TestIssuer {
    url: String,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Desk {
    state: Mutex<Said>,
    asked: Notify,
}

/// What it says.
#[derive(Debug, Default)]
pub struct Said {
    /// Its JWK Set.
    pub keys: Vec<Value>,
    /// `Cache-Control` of the JWK Set.
    pub cache_control: Option<String>,
    /// Its metadata, by path.
    pub metadata: HashMap<String, Value>,
    /// What introspection answers, by token. Other tokens are not active.
    pub tokens: HashMap<String, String>,
    /// How it answers.
    pub mood: Mood,
    /// What was asked, oldest first: paths, of introspection with the credentials.
    pub asked: Vec<String>,
}

impl TestIssuer {
    /// A server with these keys.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start(keys: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let desk = Arc::new(Desk::default());
        desk.said().keys = keys;
        let router = Router::new()
            .route("/jwks", get(jwks))
            .route("/introspect", post(introspect))
            .fallback(metadata)
            .with_state(Arc::clone(&desk));
        let task =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Self { url, desk, task }
    }

    /// Its address, without a path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of its keys.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("{}/jwks", self.url)
    }

    /// What it says, to look at and to change.
    ///
    /// # Panics
    /// Never, in a test that has not panicked already.
    pub fn said(&self) -> MutexGuard<'_, Said> {
        self.desk.said()
    }

    /// How often a path was asked for.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.said().asked.iter().filter(|asked| asked.starts_with(path)).count()
    }

    /// Waits until it is asked for something. What was asked before does not count, but for the last.
    pub async fn is_asked(&self) {
        self.desk.asked.notified().await;
    }

    /// Closes its socket.
    pub async fn close(self) {
        self.task.abort();
        let _cancelled = self.task.await;
    }
}

impl Desk {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.state.lock().expect("a state")
    }

    fn note(&self, asked: String) -> Mood {
        let mut said = self.said();
        said.asked.push(asked);
        self.asked.notify_one();
        said.mood.clone()
    }
}

async fn jwks(State(desk): State<Arc<Desk>>) -> Response {
    let mood = desk.note("/jwks".into());
    let (document, cache_control) = {
        let said = desk.said();
        (json!({ "keys": said.keys }), said.cache_control.clone())
    };
    let mut response = answer(mood, document.to_string()).await;
    if let Some(value) = cache_control {
        response.headers_mut().insert(header::CACHE_CONTROL, value.parse().expect("a header"));
    }
    response
}

async fn introspect(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let credentials = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let mood = desk.note(format!("/introspect {}", credentials.unwrap_or_default()));
    let known = form.get("token").and_then(|token| desk.said().tokens.get(token).cloned());
    answer(mood, known.unwrap_or_else(|| r#"{"active":false}"#.into())).await
}

async fn metadata(State(desk): State<Arc<Desk>>, uri: Uri) -> Response {
    let mood = desk.note(uri.path().into());
    let document = desk.said().metadata.get(uri.path()).cloned();
    match document {
        Some(document) => answer(mood, document.to_string()).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn answer(mood: Mood, text: String) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    match mood {
        Mood::Well => (json, text).into_response(),
        Mood::Text(text) => (json, text).into_response(),
        Mood::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Mood::Redirect(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Mood::Stall => pending().await,
        Mood::Trickle => (json, Body::from_stream(trickle())).into_response(),
    }
}

fn trickle() -> impl stream::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok(Bytes::from_static(b" ")), ()))
    })
}
