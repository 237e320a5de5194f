//! Sessions (`Mcp-Session-Id`), which clients of revisions before 2026-07-28 may have.
//!
//! `rmcp` takes whoever names a session for the one who began it. A session's identifier is no
//! credential ("MUST NOT use sessions for authentication", MCP, Security Best Practices): here it
//! belongs to the caller who began it, and to any other there is no such session.
//!
//! Which request begins one, `rmcp` alone decides, by the body: an `initialize` does, whatever revision
//! its header names. So a place is taken where the session is made.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use futures_util::Stream;
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_server::session::{
        ServerSseMessage, SessionId, SessionManager,
        local::{LocalSessionManager, LocalSessionManagerError},
    },
};

use crate::{
    caller::Caller,
    key::PrincipalId,
    rate::{Slot, Slots},
};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// The sessions that there are, and whose they are.
pub(super) struct Sessions {
    inner: LocalSessionManager,
    places: Arc<Slots<PrincipalId>>,
    owners: Mutex<HashMap<SessionId, Owner>>,
}

struct Owner {
    principal: PrincipalId,
    /// Given back when the session has ended.
    _place: Slot<PrincipalId>,
}

tokio::task_local! {
    /// Whose request is answered.
    static ASKED: Arc<Asked>;
}

struct Asked {
    by: PrincipalId,
    found_no_place: AtomicBool,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSession {
    #[error("there are as many sessions as there may be")]
    Full,
    #[error(transparent)]
    Failed(#[from] LocalSessionManagerError),
}

/// What a request says of sessions.
enum Named<'r> {
    One(&'r str),
    /// It may begin one.
    None,
    Unreadable,
}

impl Sessions {
    /// So many in all, and so many of one caller.
    pub(super) fn new(in_all: usize, of_one: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: LocalSessionManager::default(),
            places: Slots::new(in_all, of_one),
            owners: Mutex::default(),
        })
    }

    /// Puts the check of whose they are in front of a router.
    pub(super) fn in_front_of(self: Arc<Self>, router: Router) -> Router {
        router.layer(from_fn_with_state(self, keep_apart))
    }

    fn is_of(&self, session: &str, principal: PrincipalId) -> bool {
        self.owners().get(session).is_some_and(|owner| owner.principal == principal)
    }

    /// A place for one more session of whoever is answered.
    fn place(&self) -> Option<Owner> {
        ASKED
            .try_with(|asked| {
                let place = self.places.take(asked.by);
                asked.found_no_place.store(place.is_none(), Ordering::Relaxed);
                place.map(|place| Owner { principal: asked.by, _place: place })
            })
            .ok()
            .flatten()
    }

    /// Nothing that is done under the lock can panic half-way.
    fn owners(&self) -> MutexGuard<'_, HashMap<SessionId, Owner>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `rmcp`'s own sessions, none of which is made without a place, or outlives it.
impl SessionManager for Sessions {
    type Error = NoSession;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    /// Whose it is is noted before its identifier is known to anybody.
    async fn create_session(&self) -> Result<(SessionId, Self::Transport), NoSession> {
        let owner = self.place().ok_or(NoSession::Full)?;
        let (session, transport) = self.inner.create_session().await?;
        self.owners().insert(session.clone(), owner);
        Ok((session, transport))
    }

    async fn initialize_session(
        &self,
        session: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, NoSession> {
        Ok(self.inner.initialize_session(session, message).await?)
    }

    async fn has_session(&self, session: &SessionId) -> Result<bool, NoSession> {
        Ok(self.inner.has_session(session).await?)
    }

    /// Of one that is deleted, and of one that ends by itself.
    async fn close_session(&self, session: &SessionId) -> Result<(), NoSession> {
        let closed = self.inner.close_session(session).await;
        self.owners().remove(session);
        Ok(closed?)
    }

    async fn create_stream(
        &self,
        session: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, NoSession> {
        Ok(self.inner.create_stream(session, message).await?)
    }

    async fn accept_message(
        &self,
        session: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), NoSession> {
        Ok(self.inner.accept_message(session, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        session: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, NoSession> {
        Ok(self.inner.create_standalone_stream(session).await?)
    }

    async fn resume(
        &self,
        session: &SessionId,
        last_event: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, NoSession> {
        Ok(self.inner.resume(session, last_event).await?)
    }
}

impl<'r> Named<'r> {
    fn by(headers: &'r HeaderMap) -> Self {
        let mut named = headers.get_all(SESSION_ID).iter();
        match (named.next(), named.next()) {
            (None, _) => Self::None,
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
        Named::One(session) if sessions.is_of(session, principal) => next.run(request).await,
        // As of one that has ended: the client begins another (MCP, Session Management).
        Named::One(_) | Named::Unreadable => StatusCode::NOT_FOUND.into_response(),
        Named::None => answer(principal, request, next).await,
    }
}

/// Goes on with a request that may begin a session.
async fn answer(principal: PrincipalId, request: Request, next: Next) -> Response {
    let asked = Arc::new(Asked { by: principal, found_no_place: AtomicBool::new(false) });
    let response = ASKED.scope(Arc::clone(&asked), next.run(request)).await;
    if asked.found_no_place.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")]).into_response();
    }
    response
}
