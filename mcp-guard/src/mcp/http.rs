//! `rmcp`'s Streamable HTTP service around a guard, or around another handler.

mod sessions;

use std::sync::Arc;

use ::http::request::Parts;
use axum::Router;
use rmcp::{
    ServerHandler,
    model::Extensions,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde_json::json;

use self::sessions::Sessions;
use super::protocol_error;
use crate::{
    auth::step_up::Lacking,
    guard::Reply,
    serve::Http,
    wire::{Refused, WireLimits},
};

/// Serves a handler. Without sessions, unless the operator wants them: there is then none that
/// another principal could take over.
pub(crate) fn router<S>(handler: S, http: &Http, limits: WireLimits) -> Router
where
    S: ServerHandler + Clone,
{
    let config = config(http, limits);
    let handler = move || Ok(handler.clone());
    let Some((in_all, of_one)) = http.limits().sessions() else {
        let none = Arc::new(NeverSessionManager::default());
        let service = StreamableHttpService::new(handler, none, config);
        return Router::new().route_service(http.endpoint(), service);
    };
    let sessions = Sessions::new(in_all, of_one);
    let config = config.with_legacy_session_mode(true);
    let service = StreamableHttpService::new(handler, Arc::clone(&sessions), config);
    sessions.in_front_of(Router::new().route_service(http.endpoint(), service))
}

fn config(http: &Http, limits: WireLimits) -> StreamableHttpServerConfig {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(limits.max_bytes)
        .with_allowed_origins(http.origins())
        .enforce_origin_validation();
    match http.hosts() {
        [] => config,
        hosts => config.with_allowed_hosts(hosts),
    }
}

/// Leaves word for the authentication layer, if there is one, of a scope that the caller lacks.
pub(super) fn tell_what_is_lacking(extensions: &Extensions, reply: &Reply) {
    let parts = extensions.get::<Parts>();
    let lacking = parts.and_then(|parts| parts.extensions.get::<Lacking>());
    if let (Some(lacking), Some(required)) = (lacking, reply.required_scopes()) {
        lacking.of(required);
    }
}

/// The answer to a message that was refused before it was parsed.
pub(crate) fn refusal(refused: &Refused) -> String {
    let error = protocol_error(refused.fault);
    json!({"jsonrpc": "2.0", "id": refused.id, "error": error}).to_string()
}
