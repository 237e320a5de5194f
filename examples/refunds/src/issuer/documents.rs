//! What everybody may read: the server's metadata (RFC 8414; the same for OpenID Connect Discovery,
//! of which clients try both places) and its keys.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::IntoResponse,
};
use serde_json::{Value, json};

use super::{Office, locked, register::GRANT_TYPES, user::OFFLINE};

/// Pages may read it, too; keys turn over, so nobody keeps it for long.
const PUBLIC: [(HeaderName, HeaderValue); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
];

pub(super) async fn metadata(State(office): State<Arc<Office>>) -> impl IntoResponse {
    (PUBLIC, Json(document(&office)))
}

fn document(office: &Office) -> Value {
    let at = |path: &str| format!("{}{path}", office.url);
    let mut scopes: Vec<_> = locked(&office.user).scopes.iter().cloned().collect();
    scopes.push(OFFLINE.into());
    let mut document = json!({
        "issuer": office.url,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "registration_endpoint": at("/register"),
        "jwks_uri": at("/jwks.json"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
        // OpenID Connect Discovery wants these two, although no ID token is issued here.
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    if office.introspection.is_some() {
        document["introspection_endpoint"] = at("/introspect").into();
    }
    document
}

pub(super) async fn jwks(State(office): State<Arc<Office>>) -> impl IntoResponse {
    (PUBLIC, Json(locked(&office.keys).published()))
}
