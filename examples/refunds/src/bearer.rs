//! Tokens of people and services that everyone here knows, as opposed to those of an issuer.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// A token, hashed: comparing hashes tells nothing about how much of a guess was right.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of this token.
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Whether the request with these headers bears the token.
    pub(crate) fn is_borne_by(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = sent.and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| Self::of(token) == *self)
    }
}
