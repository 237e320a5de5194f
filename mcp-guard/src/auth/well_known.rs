//! The documents at well-known places that anybody may read (RFC 9728 §3).

use std::collections::BTreeSet;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use serde_json::json;

use super::metadata::{ProtectedResource, WELL_KNOWN};
use crate::guard::Guard;

/// For any page, as it is for any client; and for an hour, which is how long a change of issuers may
/// take to be seen.
const PUBLIC: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
];

/// What a page is told that asks before it sends a header of its own, as MCP clients do.
const PREFLIGHT: [(HeaderName, HeaderValue); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET")),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600")),
];

/// The metadata of a guard that has any: at the root, and with the path appended, both that of the
/// endpoint and the one by which clients know it.
pub(crate) fn metadata(guard: &Guard, path: &str) -> Router {
    // A path may have parts that begin with `:`, which the router would take for a pattern of old.
    let router = Router::new().without_v07_checks();
    let Some(resource) =
        guard.core().http().and_then(|parts| parts.authenticate.protected_resource())
    else {
        return router;
    };
    let document = Bytes::from(document(guard, resource));
    let paths = [resource.path(), path.trim_end_matches('/'), ""];
    let places = BTreeSet::from(paths.map(|path| format!("{WELL_KNOWN}{path}")));
    places.into_iter().filter(|place| place != path).fold(router, |router, place| {
        let document = document.clone();
        let read = get(move || async move { (PUBLIC, document).into_response() });
        router.route(&place, read.options(async || (StatusCode::NO_CONTENT, PREFLIGHT)))
    })
}

fn document(guard: &Guard, resource: &ProtectedResource) -> String {
    let mut document = json!({
        "resource": resource.resource(),
        "authorization_servers": resource.authorization_servers(),
        "bearer_methods_supported": ["header"],
        "resource_name": guard.core().server().name,
    });
    let scopes = guard.core().toolbox().scopes();
    if !scopes.is_empty() {
        document["scopes_supported"] = json!(scopes);
    }
    document.to_string()
}
