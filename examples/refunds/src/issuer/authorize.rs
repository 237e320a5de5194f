//! The authorization endpoint (RFC 6749 §4.1, with PKCE of RFC 7636 and resources of RFC 8707). A real
//! one shows a page and asks; here the person has agreed beforehand.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use reqwest::Url;
use serde::Deserialize;

use super::{
    Office,
    answer::{NO_STORE, Refused},
    clients::Client,
    grants::{Agreed, Grant},
    local, locked,
};

/// A repeated parameter is none of these (RFC 6749 §3.1).
#[derive(Deserialize)]
pub(super) struct Asked {
    client_id: String,
    redirect_uri: String,
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    resource: String,
    state: Option<String>,
}

pub(super) async fn authorize(
    State(office): State<Arc<Office>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Ok(Query(asked)) = asked else {
        return (StatusCode::BAD_REQUEST, "a parameter is missing or repeated").into_response();
    };
    let client = locked(&office.clients).find(&asked.client_id);
    let client = client.filter(|client| client.redirect_uris.contains(&asked.redirect_uri));
    // Without both, there is nobody to whom the person could be sent back.
    let (Some(client), Some(mut to)) = (client, local::url(&asked.redirect_uri)) else {
        return (StatusCode::BAD_REQUEST, "the client has not registered this").into_response();
    };
    match agree(&office, &client, &asked) {
        Ok(code) => to.query_pairs_mut().append_pair("code", &code),
        Err(refused) => to.query_pairs_mut().append_pair("error", refused.code()),
    };
    back(to, asked.state.as_deref(), &office.url)
}

/// A code, for what the person agrees to.
fn agree(office: &Office, client: &Client, asked: &Asked) -> Result<String, Refused> {
    if asked.response_type != "code" {
        return Err(Refused::UnsupportedResponseType);
    }
    if !client.may("authorization_code") {
        return Err(Refused::UnauthorizedClient);
    }
    if asked.code_challenge_method != "S256" || asked.code_challenge.len() != 43 {
        return Err(Refused::InvalidRequest);
    }
    if local::url(&asked.resource).is_none() {
        return Err(Refused::InvalidTarget);
    }
    let scopes = locked(&office.user).grants(&asked.scope);
    if scopes.is_empty() {
        return Err(Refused::InvalidScope);
    }
    let resource = asked.resource.clone();
    locked(&office.grants).code(Agreed {
        grant: Grant { client: client.id.clone(), scopes, resource },
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.code_challenge.clone(),
    })
}

/// Back to the client, which learns who answered it (RFC 9207).
fn back(mut to: Url, state: Option<&str>, issuer: &str) -> Response {
    if let Some(state) = state {
        to.query_pairs_mut().append_pair("state", state);
    }
    to.query_pairs_mut().append_pair("iss", issuer);
    (StatusCode::FOUND, NO_STORE, [(header::LOCATION, to.to_string())]).into_response()
}
