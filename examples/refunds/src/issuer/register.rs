//! Dynamic client registration (RFC 7591).

use std::{sync::Arc, time::SystemTime};

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    Office,
    answer::{Refused, secret},
    clients::Client,
    local, locked,
};
use crate::{bearer::TokenHash, settings};

/// What a client can register for.
pub(super) const GRANT_TYPES: [&str; 3] =
    ["authorization_code", "refresh_token", "client_credentials"];
/// How a client can show who it is.
const METHODS: [&str; 3] = ["none", "client_secret_basic", "client_secret_post"];
const MOST_REDIRECTS: usize = 8;

/// What a client says of itself. What is not understood is left out of the answer, as the RFC has it.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Registered<'a> {
    client_id: &'a str,
    client_id_issued_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    /// Never.
    client_secret_expires_at: u64,
    redirect_uris: &'a [String],
    grant_types: &'a [String],
    response_types: &'a [&'static str],
    token_endpoint_auth_method: &'a str,
}

pub(super) async fn register(
    State(office): State<Arc<Office>>,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Response {
    let Ok(Json(asked)) = asked else {
        return Refused::InvalidClientMetadata.into_response();
    };
    match add(&office, asked) {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

fn add(office: &Office, asked: Asked) -> Result<Response, Refused> {
    let method = asked.token_endpoint_auth_method.unwrap_or_else(|| "client_secret_basic".into());
    let grant_types = asked.grant_types.unwrap_or_else(|| vec!["authorization_code".into()]);
    let known = |kind: &String| GRANT_TYPES.contains(&kind.as_str());
    if !METHODS.contains(&method.as_str()) || !grant_types.iter().all(known) {
        return Err(Refused::InvalidClientMetadata);
    }
    let codes = grant_types.iter().any(|kind| kind == "authorization_code");
    let here = asked.redirect_uris.iter().all(|uri| local::url(uri).is_some());
    if !here
        || codes == asked.redirect_uris.is_empty()
        || asked.redirect_uris.len() > MOST_REDIRECTS
    {
        return Err(Refused::InvalidRedirectUri);
    }
    let id = settings::new_token().map_err(|_| Refused::ServerError)?;
    let its_secret = match method.as_str() {
        "none" => None,
        _ => Some(settings::new_token().map_err(|_| Refused::ServerError)?),
    };
    let client = Client {
        id,
        secret: its_secret.as_deref().map(TokenHash::of),
        redirect_uris: asked.redirect_uris,
        grant_types,
    };
    let answer = Registered {
        client_id: &client.id,
        client_id_issued_at: now(),
        client_secret: its_secret.as_deref(),
        client_secret_expires_at: 0,
        redirect_uris: &client.redirect_uris,
        grant_types: &client.grant_types,
        response_types: if codes { &["code"] } else { &[] },
        token_endpoint_auth_method: &method,
    };
    let response = secret(StatusCode::CREATED, &answer);
    locked(&office.clients).add(client);
    Ok(response)
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
