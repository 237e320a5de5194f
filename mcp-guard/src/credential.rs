//! The credentials with which tools reach their backends. The model never holds one.

mod cache;
#[cfg(feature = "credentials")]
mod client_credentials;
mod environment;
mod file;
mod minter;
#[cfg(feature = "credentials")]
mod oauth;
mod source;
mod sources;
#[cfg(feature = "credentials")]
mod token_exchange;
mod withhold;

use std::{fmt, time::Duration};

#[cfg(feature = "credentials")]
pub use client_credentials::ClientCredentials;
pub use environment::EnvironmentCredential;
pub use file::FileCredential;
pub use source::{ActsFor, CredentialError, CredentialRequest, CredentialSource, MintFuture};
pub(crate) use sources::Sources;
#[cfg(feature = "credentials")]
pub use token_exchange::TokenExchange;
use tokio::time::Instant;

use crate::{
    clock::{Clock as _, SystemClock, Timestamp},
    secret::Secret,
};

/// A bearer credential for a tool's backend (RFC 6750), minted for the tool's own scopes.
///
/// A tool takes it as `credential: &Credential`. It is minted when every gate has passed, so that a
/// call that is refused mints nothing, and used until shortly before it expires. What a body returns
/// or fails with is withheld where the credential's text is in it.
pub struct Credential {
    token: Secret,
    scopes: Option<Vec<String>>,
    expiry: Option<Expiry>,
}

/// When a credential is no longer valid: a clock that is set says it early, one that stands does not
/// say it late.
struct Expiry {
    lifetime: Duration,
    at: Timestamp,
    by_then: Instant,
}

impl Credential {
    /// The bearer token that an authorization server, or the operator, gave out. It has no end, so
    /// that a new one is asked for at every call, unless [a lifetime](Self::with_lifetime) is set.
    ///
    /// # Errors
    /// When it is empty, longer than 16 KiB, or has a character that cannot stand in a header: it is
    /// of visible ASCII characters (RFC 6749 Appendix A.12, without the space).
    pub fn bearer(token: Secret) -> Result<Self, CredentialError> {
        const MAX_BYTES: usize = 16 * 1024;
        let text = token.expose();
        if text.is_empty() || text.len() > MAX_BYTES || !text.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(CredentialError::defect(
                "a bearer token is of 1 to 16384 visible ASCII characters",
            ));
        }
        Ok(Self { token, scopes: None, expiry: None })
    }

    /// How long it is valid, from now on: `expires_in` of RFC 6749 §5.1.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        let at = SystemClock.now().map(|now| now.after(lifetime));
        let by_then = Instant::now().checked_add(lifetime);
        self.expiry = at.zip(by_then).map(|(at, by_then)| Expiry { lifetime, at, by_then });
        self
    }

    /// The scopes that it was granted, by the names of the authorization server. Without them, those
    /// of the tool are taken.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The token. Hand it to the backend, and keep no copy.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.token.expose()
    }

    /// When it is no longer valid, where that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expiry.as_ref().map(|expiry| expiry.at)
    }

    /// The scopes that it was granted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().flatten().map(String::as_str)
    }

    /// Authenticates a request with it (RFC 6750 §2.1): the `Authorization` header, in place of one
    /// that the request has already. The header is marked as sensitive, so that it is not printed.
    #[cfg(feature = "credentials")]
    pub fn authorize(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
        let text = zeroize::Zeroizing::new(format!("Bearer {}", self.expose()));
        match HeaderValue::from_str(&text) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.headers(HeaderMap::from_iter([(AUTHORIZATION, value)]))
            }
            // Its characters were looked at. Should one not fit, sending the request fails.
            Err(_) => request.bearer_auth(self.expose()),
        }
    }

    /// Takes it to be granted what was asked for, unless it says what it was granted.
    fn or_for(mut self, scopes: &[&str]) -> Self {
        self.scopes.get_or_insert_with(|| scopes.iter().map(ToString::to_string).collect());
        self
    }

    /// Whether it can be used for another call: not for the last quarter of its life, and not for its
    /// last thirty seconds.
    fn is_fresh(&self) -> bool {
        const MARGIN: Duration = Duration::from_secs(30);
        let Some((expiry, now)) = self.expiry.as_ref().zip(SystemClock.now()) else {
            return false;
        };
        let left = expiry.by_then.saturating_duration_since(Instant::now());
        left.min(expiry.at.since(now)) > MARGIN.min(expiry.lifetime / 4)
    }
}

/// What it is for, never what it is.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}
