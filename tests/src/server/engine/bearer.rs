//! Tokens that say themselves whose they are: for tests alone, which play any caller.

use std::fmt::Write as _;

use mcp_guard::{Authenticate, AuthenticateError, AuthenticateFuture, Caller};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Claims {
    issuer: String,
    tenant: Option<String>,
    subject: String,
    client: Option<String>,
    scopes: Vec<String>,
    /// What differs between two tokens of one caller.
    id: u32,
}

/// A token of this caller's: another one for each `id`.
///
/// # Panics
/// Never: a caller can be written down.
#[must_use]
pub fn token(caller: &Caller, id: u32) -> String {
    let claims = Claims {
        issuer: caller.issuer().into(),
        tenant: caller.tenant().map(Into::into),
        subject: caller.subject().into(),
        client: caller.client().map(Into::into),
        scopes: caller.scopes().map(Into::into).collect(),
        id,
    };
    let text = serde_json::to_string(&claims).expect("JSON");
    text.bytes().fold(String::new(), |mut token, byte| {
        write!(token, "{byte:02x}").expect("a string");
        token
    })
}

/// Believes every token.
#[derive(Debug)]
pub struct Bearers;

impl Authenticate for Bearers {
    fn authenticate<'a>(&'a self, token: &'a str) -> AuthenticateFuture<'a> {
        Box::pin(async move { read(token).ok_or(AuthenticateError::InvalidToken) })
    }
}

fn read(token: &str) -> Option<Caller> {
    let digits: Vec<_> = token.bytes().map(|digit| char::from(digit).to_digit(16)).collect();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [Some(high), Some(low)] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    let text: Vec<u8> = pairs.collect::<Option<_>>()?;
    let claims: Claims = serde_json::from_slice(&text).ok()?;
    let caller = Caller::new(claims.issuer, claims.subject).with_scopes(claims.scopes);
    let caller = claims.tenant.into_iter().fold(caller, Caller::with_tenant);
    Some(claims.client.into_iter().fold(caller, Caller::with_client))
}
