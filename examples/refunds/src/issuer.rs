//! An authorization server, for this machine alone: it listens on a loopback address, sends nobody
//! anywhere else, and its tokens are for servers here. It knows one person, who agrees to everything
//! that they may do. All else is as OAuth 2.1 has it, so that MCP clients get through discovery,
//! registration, authorization and step-up as with a real one.
//!
//! What it keeps is in memory, bounded, and gone with the process.

mod admin;
mod answer;
mod authorize;
mod clients;
mod documents;
mod grants;
mod introspect;
mod keys;
mod local;
mod register;
#[cfg(test)]
mod tests;
mod token;
mod user;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub(crate) use admin::{Control, Kind, Wanted};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use clients::Clients;
use grants::Grants;
pub(crate) use introspect::SERVER;
use keys::Keys;
use tokio::net::TcpListener;
pub(crate) use user::User;

use crate::bearer::TokenHash;

/// No request needs more.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// An authorization server on an open port. It answers nobody before [`run`](Issuer::run).
pub(crate) struct Issuer {
    listener: TcpListener,
    office: Arc<Office>,
    admin: Option<String>,
}

/// What the server knows.
struct Office {
    /// The issuer's identifier, and the server's own address.
    url: String,
    keys: Mutex<Keys>,
    clients: Mutex<Clients>,
    grants: Mutex<Grants>,
    user: Mutex<User>,
    /// Of the servers that may ask about tokens. With it, tokens are opaque.
    introspection: Option<TokenHash>,
}

impl Issuer {
    /// Opens the port; port 0 takes a free one. With an `admin` token, its bearer may turn keys over and
    /// have any token made. With a secret for `introspection`, tokens are opaque, and servers that hold
    /// it may ask what they are (RFC 7662).
    ///
    /// # Errors
    /// When the address is not a loopback one, or cannot be opened, or no key can be made.
    pub(crate) async fn open(
        listen: SocketAddr,
        user: User,
        admin: Option<String>,
        introspection: Option<&str>,
    ) -> io::Result<Self> {
        if !listen.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the issuer asks nobody for a password: it listens on a loopback address only",
            ));
        }
        let listener = TcpListener::bind(listen).await?;
        let office = Office {
            url: format!("http://{}", listener.local_addr()?),
            keys: Mutex::new(Keys::new()?),
            clients: Mutex::default(),
            grants: Mutex::default(),
            user: Mutex::new(user),
            introspection: introspection.map(TokenHash::of),
        };
        Ok(Self { listener, office: Arc::new(office), admin })
    }

    /// The issuer's identifier: its address, as a URL.
    pub(crate) fn url(&self) -> &str {
        &self.office.url
    }

    /// Serves for good.
    ///
    /// # Errors
    /// When the server fails.
    pub(crate) async fn run(self) -> io::Result<()> {
        let admin = self.admin.iter().map(|token| admin::routes(token));
        let router = admin.fold(routes(), Router::merge);
        let router = router
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(middleware::from_fn_with_state(Arc::clone(&self.office), by_its_own_name))
            .with_state(self.office);
        axum::serve(self.listener, router).await
    }
}

fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(documents::metadata))
        .route("/.well-known/openid-configuration", get(documents::metadata))
        .route("/jwks.json", get(documents::jwks))
        .route("/register", post(register::register))
        .route("/authorize", get(authorize::authorize))
        .route("/token", post(token::token))
        .route("/introspect", post(introspect::introspect))
}

/// A page that had its own name bound to this machine (DNS rebinding) would be given the person's
/// tokens.
async fn by_its_own_name(
    State(office): State<Arc<Office>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host == office.url.strip_prefix("http://") {
        return next.run(request).await;
    }
    StatusCode::MISDIRECTED_REQUEST.into_response()
}

/// What is behind the lock. Nothing here panics while it holds one.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
