//! Where an issuer's keys are, from its URL alone: RFC 8414 and OpenID Connect Discovery 1.0, in the
//! order that the MCP authorization specification gives.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::time::Instant;

use crate::fetch::{Fetch, FetchError};

/// How long an issuer's metadata is kept.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// The metadata of one issuer.
pub(super) struct Discovery {
    issuer: String,
    known: Mutex<Option<(String, Instant)>>,
}

impl Discovery {
    pub(super) fn new(issuer: String) -> Self {
        Self { issuer, known: Mutex::default() }
    }

    /// The issuer's `jwks_uri`.
    pub(super) async fn jwks_uri(&self, fetch: &Fetch) -> Result<String, FetchError> {
        if let Some(uri) = self.known() {
            return Ok(uri);
        }
        let uri = self.discover(fetch).await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((uri.clone(), Instant::now()));
        Ok(uri)
    }

    /// Asks again next time: what was known led nowhere.
    pub(super) fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn known(&self) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(_, since)| since.elapsed() < KEPT).map(|(uri, _)| uri.clone())
    }

    /// Goes on to the next place where there is no usable document, and no further when the server
    /// does not answer at all.
    async fn discover(&self, fetch: &Fetch) -> Result<String, FetchError> {
        let mut failed = FetchError::Target;
        for url in well_known(&self.issuer) {
            match self.ask(fetch, &url).await {
                Ok(uri) => return Ok(uri),
                Err(error @ (FetchError::Status(_) | FetchError::Unreadable)) => failed = error,
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    }

    /// A document whose `issuer` is not this one, to the letter, is another's (RFC 8414 §3.3).
    async fn ask(&self, fetch: &Fetch, url: &str) -> Result<String, FetchError> {
        let document = fetch.get(url).await?.object()?;
        if document.get("issuer").and_then(Value::as_str) != Some(&self.issuer) {
            tracing::warn!(issuer = self.issuer, "metadata names another issuer");
            return Err(FetchError::Unreadable);
        }
        let uri = document.get("jwks_uri").and_then(Value::as_str);
        uri.map(str::to_owned).ok_or(FetchError::Unreadable)
    }
}

/// RFC 8414 §3.1 puts the well-known part in front of the issuer's path, OpenID Connect Discovery
/// 1.0 §4.1 behind it.
fn well_known(issuer: &str) -> Vec<String> {
    let issuer = issuer.trim_end_matches('/');
    let host = issuer.find("://").map_or(0, |scheme| scheme + 3);
    let path = issuer[host..].find('/').map_or(issuer.len(), |slash| host + slash);
    let (origin, path) = issuer.split_at(path);
    let mut urls = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        urls.push(format!("{issuer}/.well-known/openid-configuration"));
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_looked_for_where_the_specifications_put_it() {
        for issuer in ["https://a.example", "https://a.example/"] {
            assert_eq!(
                well_known(issuer),
                [
                    "https://a.example/.well-known/oauth-authorization-server",
                    "https://a.example/.well-known/openid-configuration",
                ]
            );
        }
        assert_eq!(
            well_known("https://a.example:8443/tenant/1"),
            [
                "https://a.example:8443/.well-known/oauth-authorization-server/tenant/1",
                "https://a.example:8443/.well-known/openid-configuration/tenant/1",
                "https://a.example:8443/tenant/1/.well-known/openid-configuration",
            ]
        );
    }
}
