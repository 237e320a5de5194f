//! What a guard asks beside its tools: whether this caller may do this, with these arguments.

#[cfg(feature = "cedar")]
pub(crate) mod cedar;

use std::{error::Error, future::Future, pin::Pin, sync::Arc};

use serde_json::{Map, Value};

use crate::{caller::Caller, failure::with_sources, tool::ToolSpec};

/// What an [`Authorizer`] decides, and what a tool's own `authorize = ...` comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The caller may do this.
    Permit,
    /// The caller may not, or what it is about does not exist.
    Deny,
}

/// Why it cannot be decided. The call is refused as `transient`, and nothing is done; the text goes
/// to the log, never to the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuthorizeError(String);

/// A decision, or why there is none.
pub type Permission = Result<Decision, AuthorizeError>;

/// What [`Authorizer::authorize`] returns.
pub type AuthorizeFuture<'a> = Pin<Box<dyn Future<Output = Permission> + Send + 'a>>;

/// Decides on every call of every tool whether its caller may do this with these arguments, such as
/// a policy engine does. Register it with `GuardBuilder::authorizer`; where there are several, all
/// must permit.
///
/// It is asked after scopes and validation and before limits, the record and the body: on every
/// call, also on one that would only repeat a recorded answer. It must change nothing, because a
/// call that is cancelled drops it. An error, a panic, or `authorize_timeout` passing refuses the
/// call as `transient` `authorization_unavailable`.
///
/// "Not yours" and "does not exist" are one answer, `not_permitted`. Take care that they take the
/// same time too: look a thing up by its owner and its id together.
///
/// `operation_status`, the guard's own tool, is not put to authorizers: it tells a caller of that
/// caller's own keys only, and of those only how they stand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide what a caller may do",
    label = "expected a type that implements `Authorizer`",
    note = "take `CedarAuthorizer` (feature `cedar`), or implement `mcp_guard::Authorizer`; for one tool, \
            write `authorize = owns_order` in its attribute"
)]
pub trait Authorizer: Send + Sync + 'static {
    /// What the audit trail calls it. The type's name by default.
    fn name(&self) -> &str {
        std::any::type_name::<Self>()
    }

    /// Whether the caller may do this.
    ///
    /// # Errors
    /// The future's, when that cannot be told now.
    fn authorize<'a>(&'a self, request: AccessRequest<'a>) -> AuthorizeFuture<'a>;

    /// What is wrong with it for these tools, each saying what to write: `build()` reports it.
    fn check(&self, tools: &[ToolDescription]) -> Vec<String> {
        let _ = tools;
        Vec::new()
    }
}

impl<T: Authorizer + ?Sized> Authorizer for Arc<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn authorize<'a>(&'a self, request: AccessRequest<'a>) -> AuthorizeFuture<'a> {
        (**self).authorize(request)
    }

    fn check(&self, tools: &[ToolDescription]) -> Vec<String> {
        (**self).check(tools)
    }
}

/// What is asked: may this caller do this?
#[derive(Debug, Clone, Copy)]
pub struct AccessRequest<'a> {
    caller: &'a Caller,
    tool: &'a ToolSpec,
    arguments: &'a Map<String, Value>,
}

impl<'a> AccessRequest<'a> {
    /// A question of one's own, to test an [`Authorizer`] with.
    #[must_use]
    pub fn new(caller: &'a Caller, tool: &'a ToolSpec, arguments: &'a Map<String, Value>) -> Self {
        Self { caller, tool, arguments }
    }

    /// Who asks.
    #[must_use]
    pub fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// What is to be done: the tool's name, its scopes (which the caller holds), whether it changes
    /// something.
    #[must_use]
    pub fn tool(&self) -> &'a ToolSpec {
        self.tool
    }

    /// The arguments, which fit the tool's schema, under their names on the wire. One that was left
    /// out stands here as the default that the schema publishes, and is absent if it publishes none.
    /// The idempotency key is not among them.
    #[must_use]
    pub fn arguments(&self) -> &'a Map<String, Value> {
        self.arguments
    }
}

/// A tool that an [`Authorizer`] will be asked about.
#[derive(Debug, Clone)]
pub struct ToolDescription {
    spec: &'static ToolSpec,
    arguments: Map<String, Value>,
}

impl ToolDescription {
    pub(crate) fn new(spec: &'static ToolSpec, arguments: Map<String, Value>) -> Self {
        Self { spec, arguments }
    }

    /// What its attribute says.
    #[must_use]
    pub fn spec(&self) -> &'static ToolSpec {
        self.spec
    }

    /// The JSON Schema (draft 2020-12) of its arguments, without the idempotency key.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }
}

impl AuthorizeError {
    /// An error with this text, for the log.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<&dyn Error> for AuthorizeError {
    fn from(error: &dyn Error) -> Self {
        Self(with_sources(error))
    }
}
