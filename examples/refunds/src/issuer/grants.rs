//! What has been granted: codes and refresh tokens, each until it is taken, once; and what opaque access
//! tokens stand for.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use super::{
    answer::Refused,
    token::{Claims, LASTS},
};
use crate::settings;

/// How long a code waits to be exchanged.
const CODE_LASTS: Duration = Duration::from_secs(60);
/// How long a refresh token does.
const REFRESH_LASTS: Duration = Duration::from_secs(24 * 60 * 60);
/// How many of each wait at most.
const MOST: usize = 1024;

/// What a person has agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) client: String,
    pub(super) scopes: BTreeSet<String>,
    /// The server that tokens are for.
    pub(super) resource: String,
}

/// A grant that waits behind a code, and what its taker has to show besides.
#[derive(Debug, Clone)]
pub(super) struct Agreed {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    /// Of PKCE (RFC 7636), with S256.
    pub(super) challenge: String,
}

#[derive(Default)]
pub(super) struct Grants {
    codes: Waiting<Agreed>,
    refresh: Waiting<Grant>,
    access: Waiting<Claims>,
}

impl Grants {
    pub(super) fn code(&mut self, agreed: Agreed) -> Result<String, Refused> {
        self.codes.add(agreed, CODE_LASTS)
    }

    /// Whether it is used well or not, a code is used once.
    pub(super) fn take_code(&mut self, code: &str) -> Option<Agreed> {
        self.codes.take(code)
    }

    pub(super) fn refresh_token(&mut self, grant: Grant) -> Result<String, Refused> {
        self.refresh.add(grant, REFRESH_LASTS)
    }

    pub(super) fn take_refresh_token(&mut self, token: &str) -> Option<Grant> {
        self.refresh.take(token)
    }

    /// An access token that stands for these claims.
    pub(super) fn opaque(&mut self, claims: Claims) -> Result<String, Refused> {
        self.access.add(claims, Duration::from_secs(LASTS))
    }

    /// What an opaque access token stands for.
    pub(super) fn access_token(&self, token: &str) -> Option<&Claims> {
        self.access.look(token)
    }
}

/// What waits behind secrets, so long.
struct Waiting<T>(HashMap<String, (Instant, T)>);

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Waiting<T> {
    fn add(&mut self, value: T, lasts: Duration) -> Result<String, Refused> {
        let now = Instant::now();
        self.0.retain(|_, (until, _)| *until > now);
        if self.0.len() >= MOST {
            return Err(Refused::TemporarilyUnavailable);
        }
        let secret = settings::new_token().map_err(|_| Refused::ServerError)?;
        self.0.insert(secret.clone(), (now + lasts, value));
        Ok(secret)
    }

    fn look(&self, secret: &str) -> Option<&T> {
        let (until, value) = self.0.get(secret)?;
        (*until > Instant::now()).then_some(value)
    }

    fn take(&mut self, secret: &str) -> Option<T> {
        let (until, value) = self.0.remove(secret)?;
        (until > Instant::now()).then_some(value)
    }
}
