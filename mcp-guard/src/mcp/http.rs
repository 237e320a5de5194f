//! `rmcp`'s Streamable HTTP service around a guard, or around another handler.

use std::sync::Arc;

use ::http::request::Parts;
use rmcp::{
    ServerHandler,
    model::Extensions,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde_json::json;

use super::protocol_error;
use crate::{
    auth::step_up::Lacking,
    guard::Reply,
    serve::Http,
    wire::{Refused, WireLimits},
};

/// Serves a handler, without sessions: there is then none that another principal could take over.
pub(crate) fn service<S>(
    handler: S,
    http: &Http,
    limits: WireLimits,
) -> StreamableHttpService<S, NeverSessionManager>
where
    S: ServerHandler + Clone,
{
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(limits.max_bytes)
        .with_allowed_origins(http.origins())
        .enforce_origin_validation();
    let config = match http.hosts() {
        [] => config,
        hosts => config.with_allowed_hosts(hosts),
    };
    let sessions = Arc::new(NeverSessionManager::default());
    StreamableHttpService::new(move || Ok(handler.clone()), sessions, config)
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
