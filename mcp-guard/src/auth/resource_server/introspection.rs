//! Opaque tokens, which only their issuer can read (RFC 7662).

mod cache;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use self::cache::{Cache, Digest, Standing};
use super::{
    flight::{Flight, take_off},
    jwt::Vouched,
    refused::{Denied, Refused},
};
use crate::fetch::{ClientSecret, Fetch, FetchError};

/// The introspection endpoint of one issuer.
pub(super) struct Introspection {
    issuer: String,
    endpoint: String,
    secret: ClientSecret,
    fetch: Fetch,
    cache: Mutex<Cache>,
}

/// What comes of a question, for everybody who waits for it.
type Answered = Option<Standing>;

/// Where the answer about a token is.
enum Next {
    Known(Standing),
    Wait(Flight<Answered>),
    TooMany,
}

impl Introspection {
    pub(super) fn new(
        issuer: String,
        endpoint: String,
        secret: ClientSecret,
        fetch: Fetch,
    ) -> Arc<Self> {
        Arc::new(Self { issuer, endpoint, secret, fetch, cache: Mutex::default() })
    }

    /// What the issuer says of the token, now or a moment ago.
    pub(super) async fn ask(self: &Arc<Self>, token: &str) -> Result<Vouched, Denied> {
        let standing = match self.next(token) {
            Next::Known(standing) => Some(standing),
            Next::Wait(flight) => flight.await.flatten(),
            Next::TooMany => None,
        };
        match standing.ok_or(Denied::Unavailable)? {
            Standing::Active(claims) => Ok(Vouched::by_introspection((*claims).clone())),
            Standing::Inactive => Err(Refused("its issuer says that it is not active").into()),
        }
    }

    /// Looks and starts under one lock, so that no two callers ask about one token.
    fn next(self: &Arc<Self>, token: &str) -> Next {
        let digest = cache::digest(token);
        let mut cache = self.cache();
        if let Some(standing) = cache.standing(&digest) {
            return Next::Known(standing);
        }
        if let Some(flight) = cache.flight(&digest) {
            return Next::Wait(flight);
        }
        let question = Arc::clone(self).question(digest, SecretString::from(token));
        cache.start(digest, || take_off(question)).map_or(Next::TooMany, Next::Wait)
    }

    async fn question(self: Arc<Self>, digest: Digest, token: SecretString) -> Answered {
        let answered = self.request(&token).await;
        self.cache().land(digest, answered.clone());
        answered
    }

    async fn request(&self, token: &SecretString) -> Answered {
        let answer = self.introspect(token).await;
        let log = |error: &FetchError| {
            tracing::warn!(issuer = self.issuer, %error, "a token could not be introspected");
        };
        answer.inspect_err(log).ok()
    }

    /// `active` is a boolean (RFC 7662 §2.2). Without it nothing has been said.
    async fn introspect(&self, token: &SecretString) -> Result<Standing, FetchError> {
        let form = [("token", token.expose_secret()), ("token_type_hint", "access_token")];
        let answer = self.fetch.post_form(&self.endpoint, &form, Some(&self.secret)).await?;
        if answer.len() > cache::MAX_CLAIMS {
            return Err(FetchError::TooLarge);
        }
        let claims = answer.object()?;
        match claims.get("active") {
            Some(Value::Bool(true)) => Ok(Standing::Active(Arc::new(claims))),
            Some(Value::Bool(false)) => Ok(Standing::Inactive),
            _ => Err(FetchError::Unreadable),
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
