//! An OAuth 2.1 resource server: whose access tokens are taken, and for what.

mod algorithm;
mod claims;
mod discovery;
mod flight;
mod introspection;
mod issuer;
mod jwk;
mod jwks;
mod jwt;
mod key_set;
mod refused;
mod trusted;

use std::sync::Arc;

pub use algorithm::SigningAlgorithm;
pub use issuer::Issuer;

use self::{
    jwt::Jwt,
    refused::{Denied, Refused},
    trusted::Trusted,
};
use super::{Authenticate, AuthenticateFuture, ProtectedResource, bearer::MAX_TOKEN};
use crate::{
    caller::Caller,
    clock::{Clock, SystemClock},
    fetch::{Fetch, Reach},
};

/// Takes the access tokens of authorization servers: JWTs (RFC 9068, checked after RFC 8725), and
/// opaque ones by introspection (RFC 7662).
///
/// ```
/// use mcp_guard::{Issuer, ResourceServer};
///
/// let server = ResourceServer::new("https://payments.example.com/mcp")
///     .issuer(Issuer::discover("https://auth.example.com"));
/// ```
///
/// A token is taken when its issuer vouches for it, it is for this server (`aud`), it is valid now,
/// and everything in it is said once and has the type that it must have. What is refused is answered
/// in one way, and the reason is logged without a word of the token. While it cannot be told whether
/// a token is valid, the answer is 503, and nobody is let in.
#[must_use = "it does nothing until it is given to `GuardBuilder::authenticate`"]
pub struct ResourceServer {
    resource: ProtectedResource,
    issuers: Vec<Trusted>,
    clock: Arc<dyn Clock>,
}

impl ResourceServer {
    /// The server with this resource identifier (RFC 8707 §2): the URL that its clients use, such as
    /// `https://payments.example.com/mcp`. Tokens must have it in `aud`, to the letter.
    pub fn new(resource: impl Into<String>) -> Self {
        let none: [String; 0] = [];
        Self {
            resource: ProtectedResource::new(resource, none),
            issuers: Vec::new(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Takes the tokens of this issuer.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(Trusted::new(issuer));
        let names = self.issuers.iter().map(Trusted::name);
        self.resource = ProtectedResource::new(self.resource.resource(), names);
        self
    }

    /// Tells the time by another clock than the system's, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    async fn identify(&self, token: &str) -> Result<Caller, Denied> {
        if token.len() > MAX_TOKEN {
            return Err(Refused("it is too long").into());
        }
        let now = self.clock.now().ok_or(Denied::Unavailable)?;
        let jwt = if Jwt::is_one(token) { Some(Jwt::read(token)?) } else { None };
        let issuer = match &jwt {
            Some(jwt) => self.alleged(jwt).ok_or(Refused("its issuer is not one of ours"))?,
            None => self.introspecting().next().ok_or(Refused("it is not a JWT"))?,
        };
        issuer.identify(token, jwt.as_ref(), self.resource.resource(), now).await
    }

    /// The issuer that a token names. It alone says whether that is so.
    fn alleged(&self, jwt: &Jwt<'_>) -> Option<&Trusted> {
        let name = jwt.alleged_issuer()?;
        self.issuers.iter().find(|issuer| issuer.name() == name)
    }

    fn introspecting(&self) -> impl Iterator<Item = &Trusted> {
        self.issuers.iter().filter(|issuer| issuer.introspects())
    }

    fn own_mistakes(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        // It is never asked, so any address will do; its form is that of a URL that could be.
        let anywhere = Fetch::new(Reach { private_addresses: true, http_on_loopback: true });
        if let Some(mistake) = anywhere.mistake(self.resource.resource()) {
            wrong.push(format!("the resource identifier of `ResourceServer::new(…)` {mistake}"));
        }
        if self.issuers.is_empty() {
            wrong.push(
                "the resource server trusts nobody: add \
                 `.issuer(Issuer::discover(\"https://auth.example.com\"))`"
                    .into(),
            );
        }
        if self.introspecting().count() > 1 {
            wrong.push(
                "two issuers are asked about tokens: an opaque token does not say whose it is, and \
                 must not be shown to another; give each a server of its own"
                    .into(),
            );
        }
        wrong
    }

    fn repeated(&self) -> impl Iterator<Item = String> {
        let repeated = self.issuers.iter().enumerate().filter(|(place, issuer)| {
            self.issuers[..*place].iter().any(|earlier| earlier.name() == issuer.name())
        });
        repeated.map(|(_, issuer)| {
            format!(
                "the issuer `{}` is there twice: keep one of them",
                issuer::shown(issuer.name())
            )
        })
    }
}

impl Authenticate for ResourceServer {
    fn authenticate<'a>(&'a self, token: &'a str) -> AuthenticateFuture<'a> {
        Box::pin(async move { self.identify(token).await.map_err(Denied::answer) })
    }

    fn protected_resource(&self) -> Option<&ProtectedResource> {
        Some(&self.resource)
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.own_mistakes();
        mistakes.extend(self.issuers.iter().flat_map(Trusted::mistakes));
        mistakes.extend(self.repeated());
        mistakes
    }
}
