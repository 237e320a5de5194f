//! What a token endpoint answers: a token, or why not. No word of it is repeated.

use std::{collections::BTreeSet, time::Duration};

use reqwest::StatusCode;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use crate::{
    credential::{Credential, CredentialError},
    fetch::Answer,
    secret::Secret,
};

/// The errors of RFC 6749 §5.2, RFC 8707 §2 and RFC 8693 §2.2.2 by which it is refused. An invalid
/// subject token is an `invalid_request`.
const REFUSALS: [&str; 6] = [
    "access_denied",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
];

/// Those that say that this server is not set up to ask.
const DEFECTS: [&str; 2] = ["invalid_client", "unsupported_grant_type"];

/// The members of an answer, overwritten when they are no longer needed.
struct Members(Map<String, Value>);

impl Members {
    fn of(answer: &Answer) -> Result<Self, CredentialError> {
        Ok(Self(answer.object()?))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn secret(&mut self, name: &str) -> Option<Secret> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Some(Secret::new(text)),
            _ => None,
        }
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        for member in self.0.values_mut() {
            if let Value::String(text) = member {
                text.zeroize();
            }
        }
    }
}

/// The credential of a successful answer (RFC 6749 §5.1), if it is one for what was asked.
pub(super) fn granted(
    answer: &Answer,
    asked: &BTreeSet<&str>,
    issued_type: Option<&str>,
) -> Result<Credential, CredentialError> {
    let mut members = Members::of(answer)?;
    let token = members.secret("access_token").ok_or_else(|| {
        CredentialError::unavailable("the token endpoint's answer has no access token")
    })?;
    if !members.text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(CredentialError::defect("the token that was issued is no bearer token"));
    }
    if issued_type.is_some() && members.text("issued_token_type") != issued_type {
        return Err(CredentialError::defect("what was issued is not an access token"));
    }
    exactly(&members, asked)?;
    let credential = Credential::bearer(token)?.with_scopes(asked.iter().copied());
    Ok(match lifetime(&members)? {
        Some(lifetime) => credential.with_lifetime(lifetime),
        None => credential,
    })
}

/// The scopes that were granted are those that were asked for. Where nothing is said of them, they
/// are.
fn exactly(members: &Members, asked: &BTreeSet<&str>) -> Result<(), CredentialError> {
    let granted: BTreeSet<_> = match members.0.get("scope") {
        None => return Ok(()),
        Some(Value::String(scope)) => scope.split(' ').filter(|scope| !scope.is_empty()).collect(),
        Some(_) => return Err(CredentialError::defect("the scope that was granted is unreadable")),
    };
    if !granted.is_subset(asked) {
        return Err(CredentialError::defect(
            "more was granted than the tool's scopes: narrow the client's, or map the tool's \
             scopes with `.map_scope(…)`",
        ));
    }
    if granted.len() < asked.len() {
        return Err(CredentialError::refused("less was granted than the tool's scopes"));
    }
    Ok(())
}

fn lifetime(members: &Members) -> Result<Option<Duration>, CredentialError> {
    match members.0.get("expires_in") {
        None => Ok(None),
        Some(seconds) => {
            let seconds = seconds.as_u64().ok_or_else(|| {
                CredentialError::defect("`expires_in` is not a whole number of seconds")
            })?;
            Ok(Some(Duration::from_secs(seconds)))
        }
    }
}

/// What an answer of another status means.
pub(super) fn refused(status: StatusCode, answer: &Answer) -> CredentialError {
    let members = Members::of(answer).ok();
    let said = members.as_ref().and_then(|members| members.text("error"));
    let known = |codes: &[&'static str]| codes.iter().find(|code| said == Some(code)).copied();
    if let Some(code) = known(&REFUSALS) {
        return CredentialError::refused(format!("the authorization server refuses: {code}"));
    }
    if let Some(code) = known(&DEFECTS) {
        return CredentialError::defect(format!("the authorization server refuses: {code}"));
    }
    CredentialError::unavailable(format!("the token endpoint: the answer has status {status}"))
}
