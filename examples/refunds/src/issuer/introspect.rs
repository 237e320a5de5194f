//! What a token is, for a server that has to know (RFC 7662).

use std::sync::Arc;

use axum::{
    Json,
    extract::{Form, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Office,
    answer::{NO_STORE, Refused},
    locked, token,
};
use crate::bearer::TokenHash;

/// The name of the servers that may ask.
pub(crate) const SERVER: &str = "refunds";

#[derive(Deserialize)]
pub(super) struct Asked {
    token: String,
}

pub(super) async fn introspect(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    asked: Result<Form<Asked>, FormRejection>,
) -> Response {
    let Some(expected) = &office.introspection else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let shown = token::basic(&headers).ok().flatten();
    if !shown.is_some_and(|(id, secret)| id == SERVER && TokenHash::of(&secret) == *expected) {
        return Refused::InvalidClient.into_response();
    }
    let Ok(Form(asked)) = asked else {
        return Refused::InvalidRequest.into_response();
    };
    let mut answer = json!({"active": false});
    if let Some(claims) = locked(&office.grants).access_token(&asked.token) {
        answer = json!(claims);
        answer["active"] = json!(true);
        answer["token_type"] = json!("Bearer");
    }
    (NO_STORE, Json(answer)).into_response()
}
