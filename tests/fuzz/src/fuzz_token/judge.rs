//! What a token must be to be taken, read by itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use mcp_guard::Caller;
use serde_json::{Value, json};

use super::{ISSUER, NOW, RESOURCE, issuer::Keys};
use crate::lexical::Shape;

/// How far clocks may be apart, in seconds: the default.
const LEEWAY: f64 = 60.0;
/// The time, in seconds.
const TIME: f64 = 1_700_000_000.0;

/// A header and claims, for which a key's signature is all that is missing. The header names no key: one
/// alone fits the algorithm.
pub(super) fn honest(alg: &str) -> String {
    let header = json!({"typ": "at+jwt", "alg": alg});
    let claims = json!({
        "iss": ISSUER, "aud": RESOURCE, "sub": "alice", "client_id": "agent", "iat": NOW,
        "exp": NOW + 300, "jti": "1", "scope": "refunds",
    });
    format!("{header}\n{claims}")
}

/// What is wrong with a token that was taken.
pub(super) fn judge(token: &str, caller: &Caller, keys: &Keys) -> Result<(), &'static str> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err("it has not three parts") };
    let message = &token[..header.len() + 1 + claims.len()];
    let (header, claims) = (once(header)?, once(claims)?);
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "its signature is not text")?;
    let alg = header["alg"].as_str().ok_or("it names no algorithm")?;
    if !keys.signed(alg, message, &signature) {
        return Err("no key has signed it");
    }
    let never = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"];
    if never.iter().any(|name| header.get(*name).is_some()) {
        return Err("its header brings something along");
    }
    let typ = header["typ"].as_str().ok_or("it has no type")?.to_ascii_lowercase();
    if typ != "at+jwt" && typ != "application/at+jwt" {
        return Err("it is another kind of token");
    }
    check(&claims, caller)
}

fn check(claims: &Value, caller: &Caller) -> Result<(), &'static str> {
    let time = |name: &str| claims.get(name).map(|time| time.as_f64().unwrap_or(f64::NAN));
    let is_for_us = match &claims["aud"] {
        Value::String(only) => only == RESOURCE,
        Value::Array(all) => all.iter().any(|one| one == RESOURCE),
        _ => false,
    };
    let rules = [
        (claims["iss"] == ISSUER, "it is another issuer's"),
        (is_for_us, "it is for somebody else"),
        (time("exp").is_some_and(|end| end - TIME > -LEEWAY), "it has expired"),
        (time("iat").is_some_and(|begin| begin - TIME <= LEEWAY), "it is from the future"),
        (time("nbf").is_none_or(|begin| begin - TIME <= LEEWAY), "it is not valid yet"),
        (claims.get("cnf").is_none(), "it is bound to a key"),
        (claims["sub"] == caller.subject(), "its subject is another"),
        (caller.issuer() == ISSUER, "the caller is another issuer's"),
        (
            Some(&claims["client_id"]) == caller.client().map(Value::from).as_ref(),
            "its client is another",
        ),
        (scopes_are_in(claims, caller), "the caller has more scopes"),
    ];
    rules.into_iter().find(|(is_kept, _)| !is_kept).map_or(Ok(()), |(_, rule)| Err(rule))
}

fn scopes_are_in(claims: &Value, caller: &Caller) -> bool {
    let granted = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    caller.scopes().all(|scope| granted.split(' ').any(|one| one == scope))
}

/// A part that is one object, in which nothing is said twice.
fn once(part: &str) -> Result<Value, &'static str> {
    let text = URL_SAFE_NO_PAD.decode(part).map_err(|_| "a part is not text")?;
    let read: Value = serde_json::from_slice(&text).map_err(|_| "a part is not JSON")?;
    if members(&read) != Shape::of(&text).members {
        return Err("something is said twice");
    }
    if read.is_object() { Ok(read) } else { Err("a part is not an object") }
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Value::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}
