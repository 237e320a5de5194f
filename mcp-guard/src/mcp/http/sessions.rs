//! Sessions (`Mcp-Session-Id`), which clients of revisions before 2026-07-28 may have.
//!
//! `rmcp` takes whoever names a session for the one who began it. A session's identifier is no
//! credential ("MUST NOT use sessions for authentication", MCP, Security Best Practices): here it
//! belongs to the caller who began it, and to any other there is no such session.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use rmcp::transport::streamable_http_server::session::{
    SessionManager as _, local::LocalSessionManager,
};

use crate::{
    auth::step_up::is_modern,
    caller::Caller,
    key::PrincipalId,
    rate::{Slot, Slots},
};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// The sessions that there are, and whose they are.
pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    places: Arc<Slots<PrincipalId>>,
    owners: Mutex<HashMap<String, Owner>>,
}

struct Owner {
    principal: PrincipalId,
    /// Given back when the session has ended.
    _place: Slot<PrincipalId>,
}

/// What a request says of sessions.
enum Named<'r> {
    One(&'r str),
    /// It may begin one.
    New,
    /// A client that has none.
    None,
    Unreadable,
}

impl Sessions {
    /// So many in all, and so many of one caller.
    pub(super) fn new(in_all: usize, of_one: usize) -> Arc<Self> {
        Arc::new(Self {
            manager: Arc::default(),
            places: Slots::new(in_all, of_one),
            owners: Mutex::default(),
        })
    }

    pub(super) fn manager(&self) -> Arc<LocalSessionManager> {
        Arc::clone(&self.manager)
    }

    /// Puts the check of whose they are in front of a router.
    pub(super) fn in_front_of(self: &Arc<Self>, router: Router) -> Router {
        router.layer(from_fn_with_state(Arc::clone(self), keep_apart))
    }

    fn is_of(&self, session: &str, principal: PrincipalId) -> bool {
        self.owners().get(session).is_some_and(|owner| owner.principal == principal)
    }

    /// A place for one more session of this caller's.
    async fn place(&self, principal: PrincipalId) -> Option<Slot<PrincipalId>> {
        if let Some(place) = self.places.take(principal) {
            return Some(place);
        }
        self.forget_ended().await;
        self.places.take(principal)
    }

    async fn forget_ended(&self) {
        let known: Vec<String> = self.owners().keys().cloned().collect();
        for session in known {
            // What cannot be found out about has not ended.
            if let Ok(false) = self.manager.has_session(&session.as_str().into()).await {
                self.owners().remove(&session);
            }
        }
    }

    /// Nothing that is done under the lock can panic half-way.
    fn owners(&self) -> MutexGuard<'_, HashMap<String, Owner>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'r> Named<'r> {
    fn by(headers: &'r HeaderMap) -> Self {
        let mut named = headers.get_all(SESSION_ID).iter();
        match (named.next(), named.next()) {
            (None, _) if is_modern(headers) => Self::None,
            (None, _) => Self::New,
            (Some(only), None) => only.to_str().map_or(Self::Unreadable, Self::One),
            (Some(_), Some(_)) => Self::Unreadable,
        }
    }
}

async fn keep_apart(
    State(sessions): State<Arc<Sessions>>,
    request: Request,
    next: Next,
) -> Response {
    // The authentication layer is in front of this one, and lets nobody pass without a caller.
    let Some(caller) = request.extensions().get::<Arc<Caller>>() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let principal = PrincipalId::of(caller);
    match Named::by(request.headers()) {
        Named::None => next.run(request).await,
        Named::One(session) if sessions.is_of(session, principal) => next.run(request).await,
        // As of one that has ended: the client begins another (MCP, Session Management).
        Named::One(_) | Named::Unreadable => StatusCode::NOT_FOUND.into_response(),
        Named::New => begin(&sessions, principal, request, next).await,
    }
}

/// Goes on with a request that may begin a session, and notes whose it is before its identifier is
/// known to anybody.
async fn begin(
    sessions: &Sessions,
    principal: PrincipalId,
    request: Request,
    next: Next,
) -> Response {
    let Some(place) = sessions.place(principal).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")]).into_response();
    };
    let response = next.run(request).await;
    if let Some(session) = response.headers().get(SESSION_ID).and_then(|id| id.to_str().ok()) {
        let owner = Owner { principal, _place: place };
        sessions.owners().insert(session.to_owned(), owner);
    }
    response
}
