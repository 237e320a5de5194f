//! The token endpoint (RFC 6749 §3.2): access tokens are JWTs (RFC 9068), or opaque.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Form, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Office,
    answer::{Refused, secret},
    clients::Client,
    grants::Grant,
    local, locked,
    register::now,
    user::OFFLINE,
};
use crate::settings;

/// How long an access token holds, in seconds.
pub(super) const LASTS: u64 = 300;

/// A repeated parameter is none of these (RFC 6749 §3.2).
#[derive(Deserialize)]
pub(super) struct Asked {
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
    code: Option<String>,
    code_verifier: Option<String>,
    redirect_uri: Option<String>,
    refresh_token: Option<String>,
    scope: Option<String>,
    resource: Option<String>,
}

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Debug, Clone, Serialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: String,
    pub(super) exp: u64,
    pub(super) nbf: u64,
    pub(super) iat: u64,
    pub(super) jti: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) org: Option<String>,
}

#[derive(Serialize)]
struct Issued {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

pub(super) async fn token(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    asked: Result<Form<Asked>, FormRejection>,
) -> Response {
    let issued = asked.map_err(|_| Refused::InvalidRequest).and_then(|Form(asked)| {
        let client = client(&office, &headers, &asked)?;
        issue(&office, &client, &asked)
    });
    match issued {
        Ok(issued) => secret(StatusCode::OK, &issued),
        Err(refused) => refused.into_response(),
    }
}

fn issue(office: &Office, client: &Client, asked: &Asked) -> Result<Issued, Refused> {
    let may = |grant_type| client.may(grant_type).then_some(()).ok_or(Refused::UnauthorizedClient);
    match asked.grant_type.as_str() {
        "authorization_code" => {
            may("authorization_code")?;
            on_behalf(office, for_code(office, client, asked)?)
        }
        "refresh_token" => {
            may("refresh_token")?;
            on_behalf(office, refreshed(office, client, asked)?)
        }
        "client_credentials" => {
            may("client_credentials")?;
            of_its_own(office, client, asked)
        }
        _ => Err(Refused::UnsupportedGrantType),
    }
}

/// Who asks: by their secret, in one of its two places, or by nothing but their name.
fn client(office: &Office, headers: &HeaderMap, asked: &Asked) -> Result<Client, Refused> {
    let basic = basic(headers)?;
    let (id, shown) = match (&basic, &asked.client_secret) {
        (Some(_), Some(_)) => return Err(Refused::InvalidRequest),
        (Some((id, shown)), None) => (id.as_str(), Some(shown.as_str())),
        (None, shown) => {
            (asked.client_id.as_deref().ok_or(Refused::InvalidClient)?, shown.as_deref())
        }
    };
    let client = locked(&office.clients).find(id);
    client.filter(|client| client.is_shown_by(shown)).ok_or(Refused::InvalidClient)
}

/// The credentials of `client_secret_basic`, each form-encoded (RFC 6749 §2.3.1).
pub(super) fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refused> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let credentials = || {
        let coded = value.to_str().ok()?.strip_prefix("Basic ")?;
        let text = String::from_utf8(BASE64_STANDARD.decode(coded).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        let plain = |part: &str| {
            let spaced = part.replace('+', " ");
            Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
        };
        Some((plain(id)?, plain(secret)?))
    };
    credentials().map(Some).ok_or(Refused::InvalidClient)
}

/// What was agreed to, for whoever asked for it (RFC 6749 §4.1.3, RFC 7636 §4.6).
fn for_code(office: &Office, client: &Client, asked: &Asked) -> Result<Grant, Refused> {
    let (code, verifier) =
        asked.code.as_ref().zip(asked.code_verifier.as_ref()).ok_or(Refused::InvalidRequest)?;
    let agreed = locked(&office.grants).take_code(code).ok_or(Refused::InvalidGrant)?;
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let theirs = agreed.grant.client == client.id
        && asked.redirect_uri.as_ref() == Some(&agreed.redirect_uri)
        && challenge == agreed.challenge;
    if !theirs {
        return Err(Refused::InvalidGrant);
    }
    for_resource(agreed.grant, asked)
}

/// The same again, or less of it (RFC 6749 §6). The person may have lost scopes since.
fn refreshed(office: &Office, client: &Client, asked: &Asked) -> Result<Grant, Refused> {
    let token = asked.refresh_token.as_ref().ok_or(Refused::InvalidRequest)?;
    let mut grant =
        locked(&office.grants).take_refresh_token(token).ok_or(Refused::InvalidGrant)?;
    if grant.client != client.id {
        return Err(Refused::InvalidGrant);
    }
    let still = locked(&office.user).grants(&joined(&grant.scopes));
    let asked_for = |scope: &String| {
        asked.scope.as_ref().is_none_or(|asked| asked.split_ascii_whitespace().any(|s| s == scope))
    };
    grant.scopes = still.into_iter().filter(asked_for).collect();
    for_resource(grant, asked)
}

/// A token is for the server that was agreed to (RFC 8707 §2.2).
fn for_resource(grant: Grant, asked: &Asked) -> Result<Grant, Refused> {
    match &asked.resource {
        Some(resource) if *resource != grant.resource => Err(Refused::InvalidTarget),
        _ => Ok(grant),
    }
}

fn on_behalf(office: &Office, grant: Grant) -> Result<Issued, Refused> {
    if grant.scopes.is_empty() {
        return Err(Refused::InvalidScope);
    }
    let claims = office.claims(&grant)?;
    let lasting = grant.scopes.contains(OFFLINE);
    let refresh = lasting.then(|| locked(&office.grants).refresh_token(grant)).transpose()?;
    office.issued(claims, refresh)
}

/// A client for itself (RFC 6749 §4.4), with no more than the person may do.
fn of_its_own(office: &Office, client: &Client, asked: &Asked) -> Result<Issued, Refused> {
    if client.secret.is_none() {
        return Err(Refused::UnauthorizedClient);
    }
    let resource = asked.resource.clone().filter(|resource| local::url(resource).is_some());
    let mut scopes = locked(&office.user).grants(asked.scope.as_deref().unwrap_or_default());
    scopes.remove(OFFLINE);
    if scopes.is_empty() {
        return Err(Refused::InvalidScope);
    }
    let resource = resource.ok_or(Refused::InvalidTarget)?;
    let claims = office.claims(&Grant { client: client.id.clone(), scopes, resource })?;
    office.issued(Claims { sub: client.id.clone(), ..claims }, None)
}

impl Office {
    /// What a token says of the person and the grant.
    pub(super) fn claims(&self, grant: &Grant) -> Result<Claims, Refused> {
        let user = locked(&self.user).clone();
        let iat = now();
        Ok(Claims {
            iss: self.url.clone(),
            sub: user.subject,
            aud: grant.resource.clone(),
            exp: iat + LASTS,
            nbf: iat,
            iat,
            jti: settings::new_token().map_err(|_| Refused::ServerError)?,
            client_id: grant.client.clone(),
            scope: joined(&grant.scopes),
            org: user.tenant,
        })
    }

    fn issued(&self, claims: Claims, refresh_token: Option<String>) -> Result<Issued, Refused> {
        let (token_type, scope) = ("Bearer", claims.scope.clone());
        let access_token = match self.introspection {
            Some(_) => locked(&self.grants).opaque(claims)?,
            None => locked(&self.keys).sign(&claims).map_err(|_| Refused::ServerError)?,
        };
        Ok(Issued { access_token, token_type, expires_in: LASTS, scope, refresh_token })
    }
}

fn joined(scopes: &BTreeSet<String>) -> String {
    scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}
