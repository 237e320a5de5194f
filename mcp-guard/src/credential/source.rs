//! Where credentials come from.

use std::{borrow::Cow, future::Future, pin::Pin};

use super::Credential;
use crate::{caller::Caller, secret::Secret};

/// What [`CredentialSource::mint`] returns.
pub type MintFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Credential, CredentialError>> + Send + 'a>>;

/// Mints the credentials that tools borrow.
///
/// The guard asks when a call has passed every gate, and keeps what has
/// [a lifetime](Credential::with_lifetime) until shortly before its end: for the tool, and, where the
/// source acts for callers, for one caller alone, as long as their client, scopes and kept claims are the
/// same. Calls that need the same credential at the same time
/// wait for one answer. A source that does not answer within the guard's
/// [`credential_timeout`](crate::GuardBuilder::credential_timeout) is given up, and its future dropped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not mint credentials",
    label = "expected a type that implements `CredentialSource`",
    note = "take `EnvironmentCredential`, `FileCredential`, `ClientCredentials` or `TokenExchange` (feature \
            `credentials`), or implement `mcp_guard::CredentialSource`"
)]
pub trait CredentialSource: Send + Sync + 'static {
    /// Mints a credential for these scopes, and for nothing wider.
    ///
    /// # Errors
    /// Whatever the error, nothing was done: the call's key is free again.
    fn mint<'a>(&'a self, request: CredentialRequest<'a>) -> MintFuture<'a>;

    /// For whom it mints. By default for each caller, so that no credential is shared by mistake.
    fn acts_for(&self) -> ActsFor {
        ActsFor::Caller
    }

    /// What is wrong with how it is set up, each saying what to write: `build()` reports it.
    fn mistakes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// For whom a source mints credentials, and so who may use one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActsFor {
    /// The server, with an account of its own: every caller's calls use the same credential, and the
    /// source is not told who calls.
    Server,
    /// The caller of the call, by name.
    Caller,
    /// The caller of the call, by the access token that they sent. A caller who sent none, as on
    /// stdio, is refused.
    SubjectToken,
}

impl ActsFor {
    /// Whether nothing can be minted but in a call of the caller's.
    pub(crate) fn needs_caller(self) -> bool {
        self != Self::Server
    }
}

/// What a credential is asked for.
#[derive(Clone, Copy)]
pub struct CredentialRequest<'a> {
    pub(super) tool: &'a str,
    pub(super) scopes: &'a [&'a str],
    pub(super) caller: Option<&'a Caller>,
    pub(super) subject_token: Option<&'a Secret>,
}

impl<'a> CredentialRequest<'a> {
    /// The tool that borrows it.
    #[must_use]
    pub fn tool(&self) -> &'a str {
        self.tool
    }

    /// The tool's scopes: all that the credential is for.
    #[must_use]
    pub fn scopes(&self) -> &'a [&'a str] {
        self.scopes
    }

    /// Who calls. `None` where the source acts for the [server](ActsFor::Server).
    #[must_use]
    pub fn caller(&self) -> Option<&'a Caller> {
        self.caller
    }

    /// The access token that the caller sent to this server, to be exchanged (RFC 8693) and never to
    /// be passed on. There where the source acts for a [subject token](ActsFor::SubjectToken), and
    /// nowhere else.
    #[must_use]
    pub fn subject_token(&self) -> Option<&'a Secret> {
        self.subject_token
    }

    /// The same for the server itself.
    #[cfg(feature = "credentials")]
    pub(super) fn without_caller(self) -> Self {
        Self { caller: None, subject_token: None, ..self }
    }
}

/// Why there is no credential. Nothing was done.
///
/// The texts go to the log, never to the model: write nothing into them that an authorization server
/// said, and no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// It cannot be had now, and may be later: `transient` to the model.
    #[error("{0}")]
    Unavailable(Cow<'static, str>),
    /// It is refused, for this caller or for these scopes: `authz` to the model.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// The server is not set up to get it, or was given something else: `internal` to the model.
    #[error("{0}")]
    Defect(Cow<'static, str>),
}

impl CredentialError {
    /// It cannot be had now.
    pub fn unavailable(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Unavailable(why.into())
    }

    /// It is refused.
    pub fn refused(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(why.into())
    }

    /// It cannot be had as the server is set up.
    pub fn defect(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Defect(why.into())
    }
}
