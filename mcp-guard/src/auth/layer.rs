//! The layer in front of an MCP endpoint: bearer token first, then the raw checks of the body, then
//! the server. Nothing that was sent is parsed before its sender is known.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;

use super::{
    AuthenticateError, bearer,
    challenge::{Challenges, NotAdmitted},
    step_up::{self, Expects, Lacking},
};
use crate::{
    caller::Caller,
    guard::Guard,
    mcp,
    secret::Secret,
    wire::{self, Fault, Refused},
};

/// Who is let in, and what the others are told.
struct Door {
    guard: Guard,
    challenges: Challenges,
}

/// Puts the layer in front of a router.
pub(crate) fn protect(router: Router, guard: Guard) -> Router {
    let challenges = Challenges::of(&guard);
    router.layer(from_fn_with_state(Arc::new(Door { guard, challenges }), admit))
}

async fn admit(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let Door { guard, challenges } = &*door;
    let caller = match authenticate(guard, request.headers(), request.uri()).await {
        Ok(caller) => Arc::new(caller),
        Err(why) => return challenges.refuse(why),
    };
    let mut request = match check_body(guard, request).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    bearer::strip(request.headers_mut());
    let (expects, lacking) = (Expects::of(request.headers()), Lacking::default());
    request.extensions_mut().insert(Arc::clone(&caller));
    request.extensions_mut().insert(lacking.clone());
    let response = next.run(request).await;
    step_up::challenge(response, &lacking, expects, (challenges, &caller))
}

async fn authenticate(
    guard: &Guard,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Caller, NotAdmitted> {
    let token = bearer::token_of(headers, uri)?;
    let Some(parts) = guard.core().http() else {
        return Err(NotAdmitted::Unavailable);
    };
    // A panic would end the connection without an answer.
    let asked = AssertUnwindSafe(async { parts.authenticate.authenticate(token).await });
    let found = asked.catch_unwind().await.unwrap_or(Err(AuthenticateError::Unavailable));
    let found = found.map(|caller| keep_token(guard, caller, token));
    found.map_err(|error| match error {
        AuthenticateError::InvalidToken => NotAdmitted::InvalidToken,
        AuthenticateError::Unavailable => NotAdmitted::Unavailable,
    })
}

/// Keeps the token with its caller, where a credential source exchanges it.
fn keep_token(guard: &Guard, caller: Caller, token: &str) -> Caller {
    if guard.core().credentials().exchange_tokens() {
        caller.with_token(Secret::new(token.to_owned()))
    } else {
        caller
    }
}

/// Reads the body, no more of it than a message may have, and checks it on its bytes.
async fn check_body(guard: &Guard, request: Request) -> Result<Request, Response> {
    if request.method() != Method::POST {
        return Ok(request);
    }
    let limits = guard.core().settings().wire;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, limits.max_bytes)
        .await
        .map_err(|_| refuse(StatusCode::PAYLOAD_TOO_LARGE, &Refused::unread(Fault::TooLarge)))?;
    wire::check(&body, limits).map_err(|refused| refuse(StatusCode::BAD_REQUEST, &refused))?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn refuse(status: StatusCode, refused: &Refused) -> Response {
    tracing::warn!(fault = ?refused.fault, "a message was refused before it was parsed");
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], mcp::http::refusal(refused)).into_response()
}
