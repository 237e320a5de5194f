//! An answer: bounded, and read strictly.

use std::time::Duration;

use reqwest::{Response, header};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{FetchError, MAX_ANSWER};
use crate::wire::{self, WireLimits};

/// How deep an answer may be nested.
const MAX_DEPTH: usize = 16;

/// The whole answer to a request. It has no `Debug`: there may be secrets in it.
pub(crate) struct Answer {
    body: Zeroizing<Vec<u8>>,
    max_age: Option<Duration>,
}

impl Answer {
    /// Reads no more than an answer may have, whatever its header says of its length.
    pub(super) async fn read(mut response: Response) -> Result<Self, FetchError> {
        let max_age = max_age(&response);
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::of(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { body, max_age })
    }

    /// Its length in bytes.
    #[cfg_attr(
        not(feature = "jwt"),
        expect(dead_code, reason = "introspection has a limit of its own")
    )]
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    /// The JSON object that it is, if no member of one is there twice.
    ///
    /// # Errors
    /// [`FetchError::Unreadable`], without a word of it.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, FetchError> {
        let limits = WireLimits { max_bytes: MAX_ANSWER, max_depth: MAX_DEPTH };
        wire::object(&self.body, limits).map_err(|_| FetchError::Unreadable)
    }

    /// How long it may be kept: `max-age` of `Cache-Control` (RFC 9111 §5.2.2.1), zero for `no-store`
    /// and `no-cache`.
    #[cfg_attr(not(feature = "jwt"), expect(dead_code, reason = "keys are kept by it"))]
    pub(crate) fn max_age(&self) -> Option<Duration> {
        self.max_age
    }
}

fn max_age(response: &Response) -> Option<Duration> {
    let values = response.headers().get_all(header::CACHE_CONTROL).iter();
    let directives = values.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    let ages = directives.filter_map(|directive| age_of(&directive.trim().to_ascii_lowercase()));
    ages.min()
}

fn age_of(directive: &str) -> Option<Duration> {
    if matches!(directive, "no-store" | "no-cache") {
        return Some(Duration::ZERO);
    }
    let seconds = directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok()?;
    Some(Duration::from_secs(seconds))
}
