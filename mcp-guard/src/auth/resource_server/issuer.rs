//! An authorization server whose tokens are taken, and by which rules.

mod check;

use std::time::Duration;

pub(super) use self::check::shown;
use super::algorithm::SigningAlgorithm;
use crate::fetch::{ClientSecret, Reach};

/// An authorization server whose access tokens are taken, and the rules for them.
///
/// The rules are its own: a token is checked with the keys, algorithms and audience of the issuer
/// that it names, and with no other's.
///
/// ```
/// use mcp_guard::{Issuer, SigningAlgorithm};
///
/// let issuer = Issuer::discover("https://auth.example.com")
///     .algorithms([SigningAlgorithm::ES256])
///     .tenant_claim("org_id")
///     .keep_claims(["email"]);
/// ```
#[must_use = "an issuer is trusted when it is given to `ResourceServer::issuer`"]
pub struct Issuer {
    pub(super) name: String,
    pub(super) means: Means,
    pub(super) rules: Rules,
    pub(super) reach: Reach,
    pub(super) max_stale: Duration,
}

/// How the issuer's tokens are checked.
pub(super) enum Means {
    /// By keys that its metadata leads to.
    Discover,
    /// By keys at this URL.
    Jwks(String),
    /// By asking it.
    Introspect { endpoint: String, secret: ClientSecret },
}

/// What an issuer's tokens are held to.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) algorithms: Vec<SigningAlgorithm>,
    pub(super) audience: Option<String>,
    pub(super) plain_typ: bool,
    pub(super) scp: bool,
    pub(super) tenant_claim: Option<String>,
    pub(super) kept: Vec<String>,
    pub(super) leeway: Duration,
}

/// How far the issuer's clock may be off, unless it is said.
const LEEWAY: Duration = Duration::from_secs(10);

/// How old keys may be while the issuer does not answer, unless it is said.
const MAX_STALE: Duration = Duration::from_secs(60 * 60);

impl Issuer {
    /// The issuer at this URL, which is the `iss` of its tokens to the letter. Its JWTs are checked
    /// with the keys that its metadata leads to (RFC 8414, OpenID Connect Discovery 1.0), which must
    /// name the same issuer.
    pub fn discover(issuer: impl Into<String>) -> Self {
        Self::new(issuer, Means::Discover)
    }

    /// An issuer whose JWTs are checked with the keys (RFC 7517 §5) at this URL.
    pub fn jwks(issuer: impl Into<String>, jwks_url: impl Into<String>) -> Self {
        Self::new(issuer, Means::Jwks(jwks_url.into()))
    }

    /// An issuer that is asked about every token (RFC 7662), as this client. Its tokens need not be
    /// JWTs. What it says is kept for 30 s, so that is how long a token is still taken after it was
    /// revoked; a token that is not active is not asked about again for 10 s.
    ///
    /// There can be one such issuer: an opaque token does not say whose it is, and must not be shown
    /// to another.
    pub fn introspect(
        issuer: impl Into<String>,
        endpoint: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        let secret = ClientSecret::new(client_id, client_secret.into());
        Self::new(issuer, Means::Introspect { endpoint: endpoint.into(), secret })
    }

    fn new(issuer: impl Into<String>, means: Means) -> Self {
        let rules = Rules {
            algorithms: SigningAlgorithm::DEFAULT.to_vec(),
            audience: None,
            plain_typ: false,
            scp: false,
            tenant_claim: None,
            kept: Vec::new(),
            leeway: LEEWAY,
        };
        let reach = Reach::default();
        Self { name: issuer.into(), means, rules, reach, max_stale: MAX_STALE }
    }

    /// The algorithms that its JWTs may be signed with, and no others (RFC 8725 §3.1). Default RS256,
    /// PS256, ES256 and EdDSA.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = SigningAlgorithm>) -> Self {
        self.rules.algorithms = algorithms.into_iter().collect();
        self
    }

    /// What its tokens have in `aud` for this server, where that is not the resource identifier.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.rules.audience = Some(audience.into());
        self
    }

    /// Takes JWTs whose `typ` is `JWT` or missing, of an issuer that does not follow RFC 9068. Such
    /// a token need not have a `client_id`; `azp` is read in its place. Its ID tokens are then told
    /// apart by their audience and claims alone.
    pub fn accept_plain_typ(mut self) -> Self {
        self.rules.plain_typ = true;
        self
    }

    /// Reads scopes from the claim `scp`, a text or a list, or from `scope` where there is none. A
    /// token whose two claims differ is refused. By default `scope` alone is read.
    pub fn scopes_from_scp(mut self) -> Self {
        self.rules.scp = true;
        self
    }

    /// The claim that names the caller's tenant. A token without it, or in which it is not a short
    /// text, is refused. By default callers have no tenant.
    pub fn tenant_claim(mut self, claim: impl Into<String>) -> Self {
        self.rules.tenant_claim = Some(claim.into());
        self
    }

    /// Claims that tools may see, by [`Caller::claim`](crate::Caller::claim), where a token has them.
    pub fn keep_claims<C: Into<String>>(mut self, claims: impl IntoIterator<Item = C>) -> Self {
        self.rules.kept.extend(claims.into_iter().map(Into::into));
        self
    }

    /// How far its clock may be off from this machine's, in `exp`, `nbf` and `iat`. Default 10 s, at
    /// most 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// How old its keys may be while they cannot be had anew; then its tokens are not taken any more.
    /// Default 1 h, at least 15 min, at most 24 h. While it answers, its keys are asked for again after 5
    /// minutes, or what its `Cache-Control` says between 1 and 15.
    pub fn max_stale(mut self, limit: Duration) -> Self {
        self.max_stale = limit;
        self
    }

    /// Lets its endpoints be at addresses of a private network, carrier-grade NAT or loopback. By
    /// default a name that leads there is not followed. Link-local addresses and those of cloud
    /// metadata services never are.
    pub fn allow_private_addresses(mut self) -> Self {
        self.reach.private_addresses = true;
        self
    }

    /// Lets its endpoints be plain HTTP on loopback: for development and tests.
    pub fn allow_http_on_loopback(mut self) -> Self {
        self.reach.http_on_loopback = true;
        self
    }
}
