//! One issuer, and the way from its token to a caller.

use std::{sync::Arc, time::Duration};

use super::{
    claims::{self, Expected, Form},
    discovery::Discovery,
    introspection::Introspection,
    issuer::{Issuer, Means, Rules, shown},
    jwks::{Jwks, KeySource},
    jwt::{Jwt, Signing, Vouched},
    refused::{Denied, Refused},
};
use crate::{caller::Caller, clock::Timestamp, fetch::Fetch};

/// An issuer whose tokens are taken.
pub(super) struct Trusted {
    name: String,
    rules: Rules,
    source: Source,
    fetch: Fetch,
    mistakes: Vec<String>,
}

/// What vouches for its tokens.
enum Source {
    Keys(Arc<Jwks>),
    Introspection(Arc<Introspection>),
}

impl Trusted {
    pub(super) fn new(issuer: Issuer) -> Self {
        let fetch = Fetch::new(issuer.reach);
        let mistakes = issuer.mistakes(&fetch);
        let Issuer { name, means, rules, max_stale, .. } = issuer;
        let source = Source::new(&name, means, &fetch, max_stale);
        Self { name, rules, source, fetch, mistakes }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is asked about its tokens, which need not be JWTs then.
    pub(super) fn introspects(&self) -> bool {
        matches!(self.source, Source::Introspection(_))
    }

    /// What is wrong with how it is set up. It makes the client that will be used, too.
    pub(super) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.mistakes.clone();
        if !self.fetch.is_usable() {
            mistakes.push(format!(
                "the issuer `{}` cannot be asked over TLS: install the system's `ca-certificates`, \
                 or name a file of them in SSL_CERT_FILE",
                shown(&self.name)
            ));
        }
        mistakes
    }

    /// The caller whose token it is. A JWT has been read already.
    pub(super) async fn identify(
        &self,
        token: &str,
        jwt: Option<&Jwt<'_>>,
        resource: &str,
        now: Timestamp,
    ) -> Result<Caller, Denied> {
        let (vouched, form) = self.vouch(token, jwt).await?;
        let expected = Expected {
            issuer: &self.name,
            audience: self.rules.audience.as_deref().unwrap_or(resource),
            rules: &self.rules,
            now,
            form,
        };
        Ok(claims::caller(&vouched, &expected)?)
    }

    async fn vouch(&self, token: &str, jwt: Option<&Jwt<'_>>) -> Result<(Vouched, Form), Denied> {
        match (&self.source, jwt) {
            (Source::Introspection(endpoint), _) => {
                Ok((endpoint.ask(token).await?, Form::Introspection))
            }
            (Source::Keys(keys), Some(jwt)) => {
                let signing = jwt.signing(&self.rules)?;
                Ok((prove(keys, jwt, &signing).await?, signing.form))
            }
            (Source::Keys(_), None) => Err(Refused("it is not a JWT").into()),
        }
    }
}

impl Source {
    fn new(issuer: &str, means: Means, fetch: &Fetch, max_stale: Duration) -> Self {
        let (issuer, fetch) = (issuer.to_owned(), fetch.clone());
        let keys = match means {
            Means::Discover => KeySource::Discovered(Discovery::new(issuer.clone())),
            Means::Jwks(url) => KeySource::Pinned(url),
            Means::Introspect { endpoint, secret } => {
                return Self::Introspection(Introspection::new(issuer, endpoint, secret, fetch));
            }
        };
        Self::Keys(Jwks::new(issuer, keys, fetch, max_stale))
    }
}

/// The claims, if one of the issuer's keys has signed them: as they are known, or after one more look
/// where the token's key is not among them.
async fn prove(jwks: &Arc<Jwks>, jwt: &Jwt<'_>, signing: &Signing) -> Result<Vouched, Denied> {
    let keys = jwks.current().await?;
    if let Some(vouched) = keys.prove(jwt, signing) {
        return Ok(vouched);
    }
    let unsigned = Refused("none of the issuer's keys that it can mean has signed it");
    if keys.knows(signing) {
        return Err(unsigned.into());
    }
    let renewed = jwks.renewed().await?;
    renewed.prove(jwt, signing).ok_or(unsigned.into())
}
