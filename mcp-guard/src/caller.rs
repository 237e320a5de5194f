//! Who is calling.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt,
    sync::Arc,
};

use serde_json::Value;

use crate::{error::ConfigError, secret::Secret};

/// The issuer of a caller that the operator named, rather than an authorization server.
pub const LOCAL_ISSUER: &str = "local";

/// An identified caller: who they are, and which scopes they hold.
///
/// Made by an [`Authenticate`](crate::Authenticate) implementation, or for stdio from the
/// operator's configuration. A tool that takes `&Caller` is given the one of the call; nothing
/// that the model sends can change it.
///
/// `(tenant, issuer, subject)` is the identity under which idempotency keys are kept, after
/// `iss` and `sub` of RFC 9068.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    issuer: String,
    tenant: Option<String>,
    subject: String,
    client: Option<String>,
    scopes: BTreeSet<String>,
    claims: BTreeMap<String, Value>,
    token: Presented,
}

/// The token by which a caller was identified, where it is to be exchanged. It is not who they are.
#[derive(Clone, Default)]
struct Presented(Option<Arc<Secret>>);

impl PartialEq for Presented {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Presented {}

impl Caller {
    /// A caller as `subject` of `issuer`, without scopes.
    #[must_use]
    pub fn new(issuer: impl Into<String>, subject: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            tenant: None,
            subject: subject.into(),
            client: None,
            scopes: BTreeSet::new(),
            claims: BTreeMap::new(),
            token: Presented::default(),
        }
    }

    /// A caller that the operator names: its issuer is [`LOCAL_ISSUER`].
    #[must_use]
    pub fn local(subject: impl Into<String>) -> Self {
        Self::new(LOCAL_ISSUER, subject)
    }

    /// The caller of a server on stdio, from the operator's environment: `MCP_GUARD_SUBJECT`
    /// (required), `MCP_GUARD_TENANT`, and `MCP_GUARD_SCOPES`, separated by spaces.
    ///
    /// # Errors
    /// When `MCP_GUARD_SUBJECT` is missing or empty, a variable is not Unicode, or a scope is not a
    /// scope-token of RFC 6749 §3.3.
    pub fn from_env() -> Result<Self, ConfigError> {
        let subject = variable("MCP_GUARD_SUBJECT")?.ok_or_else(|| {
            ConfigError::new(
                "MCP_GUARD_SUBJECT is not set: name who is calling, for example \
                 MCP_GUARD_SUBJECT=support-agent MCP_GUARD_SCOPES=\"refunds orders\"",
            )
        })?;
        let mut caller = Self::local(subject);
        if let Some(tenant) = variable("MCP_GUARD_TENANT")? {
            caller = caller.with_tenant(tenant);
        }
        let scopes = variable("MCP_GUARD_SCOPES")?.unwrap_or_default();
        for scope in scopes.split_ascii_whitespace() {
            if !is_scope_token(scope) {
                return Err(ConfigError::new(
                    "MCP_GUARD_SCOPES has a scope with a character that RFC 6749 does not allow; \
                     separate scopes by spaces",
                ));
            }
        }
        Ok(caller.with_scopes(scopes.split_ascii_whitespace()))
    }

    /// Sets the tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Sets the OAuth client through which the caller acts.
    #[must_use]
    pub fn with_client(mut self, client: impl Into<String>) -> Self {
        self.client = Some(client.into());
        self
    }

    /// Adds scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Adds a claim that tools may see: something else that the issuer says of the caller.
    #[must_use]
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Keeps the access token that the caller sent, for a transport of your own: a credential source
    /// that [acts for subject tokens](crate::ActsFor::SubjectToken) can exchange it. No tool can reach
    /// it, and it is never passed on.
    #[must_use]
    pub fn with_token(mut self, token: Secret) -> Self {
        self.token = Presented(Some(Arc::new(token)));
        self
    }

    /// The same in all but the name.
    #[cfg(feature = "adversary")]
    pub(crate) fn with_subject(mut self, subject: String) -> Self {
        self.subject = subject;
        self
    }

    /// The same, when its scopes have been revoked.
    #[cfg(feature = "adversary")]
    pub(crate) fn without_scopes(mut self) -> Self {
        self.scopes.clear();
        self
    }

    /// The access token that the caller sent, if it was kept.
    pub(crate) fn token(&self) -> Option<&Secret> {
        self.token.0.as_deref()
    }

    /// Who says who the caller is.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The organization that the caller belongs to, if there are several.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Who the caller is, to the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The OAuth client through which the caller acts.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// The scopes that the caller holds, in order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// Whether the caller holds `scope`.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// The claims that were kept.
    pub(crate) fn claims(&self) -> &BTreeMap<String, Value> {
        &self.claims
    }

    /// A claim of the caller's token that was asked to be kept, such as `email`, if the token had it.
    /// Its type is the issuer's affair: check it.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }
}

/// Who it is, without the scopes' noise and what the claims may tell of a person.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("issuer", &self.issuer)
            .field("tenant", &self.tenant)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// `scope-token` of RFC 6749 §3.3: printable ASCII without space, `"` and `\`.
pub(crate) fn is_scope_token(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

fn variable(name: &str) -> Result<Option<String>, ConfigError> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(ConfigError::new(format!("{name} is not Unicode text")))
        }
    }
}
