//! Errors as OAuth says them (RFC 6749 §5.2), and answers that nobody may keep.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;

/// What holds a token or a code is nobody's to keep.
pub(super) const NO_STORE: [(HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// Who asks is not known, or has not shown that it is them.
    InvalidClient,
    /// The code, or the refresh token, is not valid for this client and this request.
    InvalidGrant,
    /// The client has not registered for this grant.
    UnauthorizedClient,
    /// There is no such grant here.
    UnsupportedGrantType,
    /// There is no such response type here.
    UnsupportedResponseType,
    /// None of these scopes may be granted.
    InvalidScope,
    /// Tokens are not issued for that server (RFC 8707 §2).
    InvalidTarget,
    /// A redirection goes elsewhere than to this machine (RFC 7591 §3.2.2).
    InvalidRedirectUri,
    /// The client asks to be what it cannot be here (RFC 7591 §3.2.2).
    InvalidClientMetadata,
    /// There is no room for more.
    TemporarilyUnavailable,
    /// A defect here.
    ServerError,
}

impl Refused {
    /// The error code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = Json(json!({"error": self.code()}));
        let mut response = (status, NO_STORE, body).into_response();
        if self == Self::InvalidClient {
            let basic = HeaderValue::from_static("Basic realm=\"issuer\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}

/// An answer with a secret in it.
pub(super) fn secret(status: StatusCode, body: &impl Serialize) -> Response {
    (status, NO_STORE, Json(json!(body))).into_response()
}
