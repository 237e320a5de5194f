//! The scopes of a token: `scope` (RFC 9068 §2.2.3, RFC 6749 §3.3), or the `scp` of some issuers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Refused;
use crate::caller::is_scope_token;

/// The scopes. Where `scp` is read and both are there, they must say the same: otherwise it would
/// depend on the reader what the caller may do.
pub(super) fn read(claims: &Map<String, Value>, scp: bool) -> Result<BTreeSet<String>, Refused> {
    let scope = claims.get("scope").map(text).transpose()?;
    let scp = claims.get("scp").filter(|_| scp).map(text_or_list).transpose()?;
    match (scope, scp) {
        (Some(scope), Some(scp)) if scope != scp => {
            Err(Refused("`scope` and `scp` say different things"))
        }
        (scope, scp) => Ok(scp.or(scope).unwrap_or_default()),
    }
}

fn text_or_list(value: &Value) -> Result<BTreeSet<String>, Refused> {
    match value {
        Value::Array(all) => collect(all.iter().map(Value::as_str)),
        other => text(other),
    }
}

/// Scope tokens with one space between them. An empty text has none.
fn text(value: &Value) -> Result<BTreeSet<String>, Refused> {
    match value.as_str() {
        Some("") => Ok(BTreeSet::new()),
        Some(scopes) => collect(scopes.split(' ').map(Some)),
        None => collect([None]),
    }
}

/// A scope that is there twice is there.
fn collect<'a>(
    scopes: impl IntoIterator<Item = Option<&'a str>>,
) -> Result<BTreeSet<String>, Refused> {
    let valid =
        |scope: Option<&str>| scope.filter(|scope| is_scope_token(scope)).map(str::to_owned);
    let all: Option<_> = scopes.into_iter().map(valid).collect();
    all.ok_or(Refused("its scopes are malformed"))
}
