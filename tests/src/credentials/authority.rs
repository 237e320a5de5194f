//! An authorization server's token endpoint, which counts what it is asked and answers as it is told.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify, time::sleep};

/// How the endpoint behaves.
#[derive(Debug, Clone)]
pub enum Mood {
    /// It issues a token with these members of the answer set; `null` leaves one out.
    Grants(Value),
    /// It refuses with this error, and a canary for a description.
    Refuses(u16, &'static str),
    /// It answers this, whatever it is.
    Says(u16, String),
    /// It gives the subject token back.
    Echoes,
    /// It does not answer.
    Stalls,
    /// It answers after so long.
    Takes(Duration),
}

impl Mood {
    /// It issues what it is asked for, for an hour.
    #[must_use]
    pub fn good() -> Self {
        Self::Grants(json!({}))
    }
}

/// One request to the endpoint.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The form, in its order.
    pub form: Vec<(String, String)>,
}

impl Asked {
    /// The values of this name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.form.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The only value of this name; empty where there is none.
    ///
    /// # Panics
    /// When there are several.
    #[must_use]
    pub fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert!(all.len() <= 1, "{name} is there {} times", all.len());
        all.first().copied().unwrap_or_default()
    }
}

/// A running authorization server. It ends with the runtime.
#[derive(Debug, Clone)]
pub struct Authority {
    url: String,
    state: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    mood: Mutex<Mood>,
    asked: Mutex<Vec<Asked>>,
    issued: AtomicUsize,
    came: Notify,
}

impl Authority {
    /// Starts one that issues what it is asked for.
    ///
    /// # Panics
    /// When there is no socket.
    pub async fn start() -> Self {
        let state = Arc::new(Shared {
            mood: Mutex::new(Mood::good()),
            asked: Mutex::default(),
            issued: AtomicUsize::new(0),
            came: Notify::new(),
        });
        let router = Router::new().route("/token", post(token)).with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("http://{}/token", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// The URL of its token endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Behaves so from now on.
    ///
    /// # Panics
    /// Never, in a test that has not panicked already.
    pub fn is(&self, mood: Mood) {
        *self.state.mood.lock().expect("a mood") = mood;
    }

    /// What it was asked so far.
    ///
    /// # Panics
    /// Never, in a test that has not panicked already.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().expect("a list").clone()
    }

    /// Waits until it has been asked so many times.
    pub async fn was_asked(&self, times: usize) {
        while self.asked().len() < times {
            self.state.came.notified().await;
        }
    }
}

async fn token(State(state): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = reqwest::Url::parse(&format!("http://form/?{body}")).expect("a form");
    let asked = Asked { authorization, form: query.query_pairs().into_owned().collect() };
    let mood = state.mood.lock().expect("a mood").clone();
    state.asked.lock().expect("a list").push(asked.clone());
    state.came.notify_one();
    match mood {
        Mood::Grants(members) => grant(&state, &asked, &members),
        Mood::Echoes => {
            let subject = asked.one("subject_token").to_owned();
            grant(&state, &asked, &json!({"access_token": subject}))
        }
        Mood::Refuses(status, error) => {
            let body = json!({"error": error, "error_description": "CANARY-description"});
            answer(status, body.to_string())
        }
        Mood::Says(status, body) => answer(status, body),
        Mood::Stalls => std::future::pending().await,
        Mood::Takes(time) => {
            sleep(time).await;
            grant(&state, &asked, &json!({}))
        }
    }
}

fn grant(state: &Shared, asked: &Asked, members: &Value) -> Response {
    let number = 1 + state.issued.fetch_add(1, Ordering::SeqCst);
    let mut body = json!({
        "access_token": format!("CANARY-issued-{number}"),
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "CANARY-refresh",
    });
    if !asked.one("subject_token").is_empty() {
        body["issued_token_type"] = json!("urn:ietf:params:oauth:token-type:access_token");
    }
    for (name, value) in members.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let kept = body.as_object_mut().expect("an object");
    kept.retain(|_, value| !value.is_null());
    answer(200, body.to_string())
}

fn answer(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
