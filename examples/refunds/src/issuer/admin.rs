//! What only whoever holds the admin token may do, for tests and for the demo: turn keys over, change
//! what the person may do, and have tokens made that nobody should accept.

use std::{collections::BTreeSet, io, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{post, put},
};
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, Serialize};

use super::{Office, answer::NO_STORE, grants::Grant, locked, token::Claims};
use crate::bearer::TokenHash;

/// What is wrong with a token that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Nothing.
    Valid,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// It is for another server.
    AnotherAudience,
    /// It says that somebody else has issued it.
    AnotherIssuer,
    /// It says that our key has signed it, and has not.
    Forged,
}

/// A token that is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    /// The server that it is for.
    pub(crate) resource: String,
    /// Whatever the person may do.
    pub(crate) scopes: BTreeSet<String>,
    /// Whose it is; unset: the person's.
    pub(crate) subject: Option<String>,
}

/// Whoever holds an issuer's admin token.
pub(crate) struct Control {
    http: Client,
    base: String,
    token: String,
}

pub(super) fn routes(token: &str) -> Router<Arc<Office>> {
    Router::new()
        .route("/admin/rotate", post(rotate))
        .route("/admin/scopes", put(set_scopes))
        .route("/admin/token", post(make_token))
        .route_layer(middleware::from_fn_with_state(TokenHash::of(token), admit))
}

async fn admit(State(admin): State<TokenHash>, request: Request, next: Next) -> Response {
    if admin.is_borne_by(request.headers()) {
        return next.run(request).await;
    }
    StatusCode::UNAUTHORIZED.into_response()
}

/// Done twice, it takes back what the key before has signed.
async fn rotate(State(office): State<Arc<Office>>) -> StatusCode {
    match locked(&office.keys).rotate() {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn set_scopes(
    State(office): State<Arc<Office>>,
    Json(scopes): Json<BTreeSet<String>>,
) -> StatusCode {
    locked(&office.user).scopes = scopes;
    StatusCode::NO_CONTENT
}

async fn make_token(State(office): State<Arc<Office>>, Json(wanted): Json<Wanted>) -> Response {
    match office.make(wanted) {
        Ok(token) => (NO_STORE, token).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Office {
    fn make(&self, wanted: Wanted) -> io::Result<String> {
        const HOUR: u64 = 60 * 60;
        let Wanted { kind, resource, scopes, subject } = wanted;
        let grant = Grant { client: "admin".into(), scopes, resource };
        let mut claims = self.claims(&grant).map_err(|refused| io::Error::other(refused.code()))?;
        claims.sub = subject.unwrap_or(claims.sub);
        match kind {
            Kind::Valid | Kind::Forged => {}
            Kind::Expired => claims = at(claims, |time| time - HOUR),
            Kind::NotYet => claims = at(claims, |time| time + HOUR),
            Kind::AnotherAudience => claims.aud = "https://elsewhere.example/mcp".into(),
            Kind::AnotherIssuer => claims.iss = "https://elsewhere.example".into(),
        }
        let keys = locked(&self.keys);
        if kind == Kind::Forged { keys.forge(&claims) } else { keys.sign(&claims) }
    }
}

fn at(claims: Claims, time: impl Fn(u64) -> u64) -> Claims {
    let (exp, nbf, iat) = (time(claims.exp), time(claims.nbf), time(claims.iat));
    Claims { exp, nbf, iat, ..claims }
}

impl Control {
    /// The issuer at `base`.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub(crate) fn new(base: &str, token: &str) -> reqwest::Result<Self> {
        let http = Client::builder().no_proxy().build()?;
        Ok(Self { http, base: base.to_owned(), token: token.to_owned() })
    }

    /// Has the issuer sign with a new key.
    ///
    /// # Errors
    /// When it cannot be told.
    pub(crate) async fn rotate(&self) -> reqwest::Result<()> {
        self.tell(self.http.post(self.address("rotate"))).await?;
        Ok(())
    }

    /// Has a token made.
    ///
    /// # Errors
    /// When the issuer cannot be asked.
    pub(crate) async fn token(&self, wanted: &Wanted) -> reqwest::Result<String> {
        self.tell(self.http.post(self.address("token")).json(wanted)).await?.text().await
    }

    fn address(&self, path: &str) -> String {
        format!("{}/admin/{path}", self.base)
    }

    async fn tell(&self, request: RequestBuilder) -> reqwest::Result<reqwest::Response> {
        request.bearer_auth(&self.token).send().await?.error_for_status()
    }
}
