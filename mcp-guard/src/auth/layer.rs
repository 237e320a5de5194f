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

use super::AuthenticateError;
use crate::{
    caller::Caller,
    guard::Guard,
    mcp,
    wire::{self, Fault, Refused},
};

/// The longest token that is looked at.
pub(super) const MAX_TOKEN: usize = 8 * 1024;

/// Puts the layer in front of a router.
pub(crate) fn protect(router: Router, guard: Guard) -> Router {
    router.layer(from_fn_with_state(guard, admit))
}

async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let caller = match authenticate(&guard, request.headers(), request.uri()).await {
        Ok(caller) => caller,
        Err(refused) => return refused.into_response(),
    };
    let mut request = match check_body(&guard, request).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    // No tool must see the token.
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(Arc::new(caller));
    next.run(request).await
}

/// Why a request is not let in.
#[derive(Debug, PartialEq, Eq)]
enum NotAdmitted {
    /// No token came: RFC 6750 §3 wants a challenge without an error code.
    NoToken,
    /// The token is not valid.
    InvalidToken,
    /// The request carries its token in a way that is not allowed.
    InvalidRequest,
    /// The token cannot be checked.
    Unavailable,
}

impl IntoResponse for NotAdmitted {
    fn into_response(self) -> Response {
        let (status, challenge) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "Bearer"),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "Bearer error=\"invalid_token\""),
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "Bearer error=\"invalid_request\""),
            Self::Unavailable => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
        (status, [(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]).into_response()
    }
}

async fn authenticate(
    guard: &Guard,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Caller, NotAdmitted> {
    let token = bearer_token(headers, uri)?;
    let Some(parts) = guard.core().http() else {
        return Err(NotAdmitted::Unavailable);
    };
    // A panic would end the connection without an answer.
    let asked = AssertUnwindSafe(async { parts.authenticate.authenticate(token).await });
    asked.catch_unwind().await.unwrap_or(Err(AuthenticateError::Unavailable)).map_err(|error| {
        match error {
            AuthenticateError::InvalidToken => NotAdmitted::InvalidToken,
            AuthenticateError::Unavailable => NotAdmitted::Unavailable,
        }
    })
}

/// The one bearer token of a request (RFC 6750 §2.1). In the query it would end up in logs, and two
/// of them could be read differently by a proxy.
fn bearer_token<'a>(headers: &'a HeaderMap, uri: &Uri) -> Result<&'a str, NotAdmitted> {
    let in_query = uri.query().into_iter().flat_map(|query| query.split('&'));
    if in_query.into_iter().any(|pair| pair.split('=').next() == Some("access_token")) {
        return Err(NotAdmitted::InvalidRequest);
    }
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(NotAdmitted::NoToken)?;
    if values.next().is_some() {
        return Err(NotAdmitted::InvalidRequest);
    }
    let value = value.to_str().map_err(|_| NotAdmitted::InvalidToken)?;
    let (scheme, token) = value.split_once(' ').ok_or(NotAdmitted::InvalidToken)?;
    let token = token.trim_start_matches(' ');
    let fits =
        scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_TOKEN && is_token68(token);
    if fits { Ok(token) } else { Err(NotAdmitted::InvalidToken) }
}

/// `b64token` of RFC 6750 §2.1.
fn is_token68(token: &str) -> bool {
    let unpadded = token.trim_end_matches('=');
    !unpadded.is_empty()
        && unpadded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn token_of(values: &[&str], uri: &str) -> Result<String, NotAdmitted> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).expect("a header"));
        }
        bearer_token(&headers, &uri.parse().expect("a URI")).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_taken() {
        assert_eq!(token_of(&["Bearer abc"], "/mcp").as_deref(), Ok("abc"));
        assert_eq!(token_of(&["bearer a-b._~+/=="], "/mcp?x=1").as_deref(), Ok("a-b._~+/=="));
    }

    #[test]
    fn anything_else_is_not() {
        use NotAdmitted::{InvalidRequest, InvalidToken, NoToken};
        let long = format!("Bearer {}", "x".repeat(MAX_TOKEN + 1));
        for (values, uri, expected) in [
            (&[][..], "/mcp", NoToken),
            (&["Bearer a", "Bearer b"][..], "/mcp", InvalidRequest),
            (&["Bearer a"][..], "/mcp?access_token=a", InvalidRequest),
            (&["Basic abc"][..], "/mcp", InvalidToken),
            (&["Bearer"][..], "/mcp", InvalidToken),
            (&["Bearer "][..], "/mcp", InvalidToken),
            (&["Bearer a b"][..], "/mcp", InvalidToken),
            (&["Bearer a,Bearer b"][..], "/mcp", InvalidToken),
            (&[long.as_str()][..], "/mcp", InvalidToken),
        ] {
            assert_eq!(token_of(values, uri), Err(expected), "{values:?}");
        }
    }
}
