//! Decisions by Cedar policies.

mod kind;
mod policies;
mod vocabulary;

use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
};

use cedar_policy::{Entities, Entity, EntityUid, PolicySet, Request, Response};

use self::{
    policies::{Origin, described},
    vocabulary::{Mapping, Question, Vocabulary},
};
use super::{
    AccessRequest, AuthorizeError, AuthorizeFuture, Authorizer, Decision, Permission,
    ToolDescription,
};
use crate::caller::Caller;

/// Decides by [Cedar](https://www.cedarpolicy.com) policies. Cheap to clone; every clone is the same
/// authorizer, so that one can be kept to [`reload`](Self::reload).
///
/// ```
/// # use mcp_guard::{CedarAuthorizer, prelude::*};
/// let cedar = CedarAuthorizer::from_text(r#"
///     permit(principal, action == Action::"create_refund", resource == Tool::"create_refund")
///     when { principal.scopes.contains("refunds") && context.arguments.amount_cents <= 50000 };
/// "#);
/// let guard = Guard::builder().authorizer(cedar.clone()); // … .build()?
/// ```
///
/// What policies can name:
///
/// | | |
/// |---|---|
/// | `principal` | `Caller::"…"`, with the id that [`caller_id`](Self::caller_id) makes, and with `issuer`, `subject`, `scopes` (a set), and `tenant` and `client` where there is one |
/// | `action` | `Action::"create_refund"`: the tool |
/// | `resource` | `Tool::"create_refund"`, unless [`resource`](Self::resource) says which argument names it |
/// | `context.arguments` | the typed arguments, under their names on the wire |
///
/// An argument is a `String` (texts, and enums of texts), a `Long`, a `Bool`, a `Set` or a record.
/// One that may be left out or be `null` is absent then, and a policy must ask with `has`. What Cedar
/// has no type for is not in `context`, so that no policy can name it: floats, maps, values of several
/// types, and types that contain themselves. A call with an integer beyond 64 bits with a sign is
/// denied.
///
/// Policies are validated by `build()` and by each reload, against a schema made of the tools: one
/// that names a tool, an argument or an attribute which does not exist, or compares what cannot be
/// compared, is a mistake. Templates are mistakes too, as nothing links them. Without policies,
/// everything is denied. So it is where the evaluation of any policy fails, which is logged.
#[derive(Clone)]
pub struct CedarAuthorizer {
    origin: Origin,
    fragment: Option<String>,
    resources: Vec<Mapping>,
    entities: Option<Arc<dyn CedarEntities>>,
    active: Arc<RwLock<Option<Arc<Active>>>>,
}

/// What decides now. It is replaced as a whole.
struct Active {
    vocabulary: Arc<Vocabulary>,
    policies: PolicySet,
}

/// What [`CedarEntities::entities`] returns.
pub type CedarEntitiesFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Entity>, AuthorizeError>> + Send + 'a>>;

/// Tells what resources are like: the entities, with their attributes and parents, that the policies
/// need to judge a call. They must fit the schema. Of an entity that is not told, no attribute can be
/// read, and a policy that tries denies the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell what resources are like",
    label = "expected a type that implements `CedarEntities`"
)]
pub trait CedarEntities: Send + Sync + 'static {
    /// The entities for this request. The caller's is there already.
    ///
    /// # Errors
    /// The future's, when they cannot be told now: the call is refused as `transient`.
    fn entities<'a>(
        &'a self,
        request: AccessRequest<'a>,
        resource: &'a EntityUid,
    ) -> CedarEntitiesFuture<'a>;
}

/// Everything that is wrong with new policies. Those that were there still decide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policies are not replaced: {}", .0.join("; "))]
pub struct PolicyError(Vec<String>);

impl PolicyError {
    /// What is wrong, each said on its own.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.0
    }
}

impl CedarAuthorizer {
    /// Decides by the policies in this text.
    pub fn from_text(policies: impl Into<String>) -> Self {
        Self::new(Origin::Text(policies.into()))
    }

    /// Decides by the policies in a file, or in all `*.cedar` files of a folder. What cannot be read
    /// is reported by `build()`.
    pub fn from_files(path: impl Into<PathBuf>) -> Self {
        Self::new(Origin::Files(path.into()))
    }

    fn new(origin: Origin) -> Self {
        Self {
            origin,
            fragment: None,
            resources: Vec::new(),
            entities: None,
            active: Arc::default(),
        }
    }

    /// Adds a schema in Cedar's own syntax, of the types of resources. `Caller`, `Tool` and the
    /// actions are the guard's.
    #[must_use]
    pub fn schema(mut self, fragment: impl Into<String>) -> Self {
        self.fragment = Some(fragment.into());
        self
    }

    /// Says which argument names a tool's resource: with `.resource("create_refund", "Order",
    /// "order_id")`, a refund of `ord_1` is about `Order::"ord_1"`. The argument is required, and a
    /// text or an integer. The type needs no [`schema`](Self::schema) unless it has attributes or
    /// parents.
    #[must_use]
    pub fn resource(
        mut self,
        tool: impl Into<String>,
        entity_type: impl Into<String>,
        argument: impl Into<String>,
    ) -> Self {
        self.resources.push(Mapping {
            tool: tool.into(),
            entity_type: entity_type.into(),
            argument: argument.into(),
        });
        self
    }

    /// Asks this what resources are like.
    #[must_use]
    pub fn entities(mut self, entities: impl CedarEntities) -> Self {
        self.entities = Some(Arc::new(entities));
        self
    }

    /// The id of a caller's entity: issuer, tenant if there is one, and subject, with `|` between
    /// them, and `%25` and `%7C` for `%` and `|` within them.
    #[must_use]
    pub fn caller_id(caller: &Caller) -> String {
        let parts = [Some(caller.issuer()), caller.tenant(), Some(caller.subject())];
        let escaped = |part: &str| part.replace('%', "%25").replace('|', "%7C");
        parts.into_iter().flatten().map(escaped).collect::<Vec<_>>().join("|")
    }

    /// Decides by other policies from now on. Calls that are being judged are judged by the old ones.
    ///
    /// # Errors
    /// When they cannot be read as policies or do not fit the tools, or no guard was built yet. The
    /// old policies then stay.
    pub fn reload(&self, policies: impl Into<String>) -> Result<(), PolicyError> {
        self.replace(&Origin::Text(policies.into())).map_err(PolicyError)
    }

    /// Reads the files again, in the calling thread, and decides by what they say now.
    ///
    /// # Errors
    /// As [`reload`](Self::reload), and when there are no files or they cannot be read.
    pub fn reload_from_files(&self) -> Result<(), PolicyError> {
        match &self.origin {
            Origin::Files(_) => self.replace(&self.origin).map_err(PolicyError),
            Origin::Text(_) => Err(PolicyError(vec!["they came from no file".into()])),
        }
    }

    fn replace(&self, origin: &Origin) -> Result<(), Vec<String>> {
        let active = self.active();
        let active = active.ok_or_else(|| vec!["no guard was built with it yet".to_owned()])?;
        let policies = origin.read(active.vocabulary.schema())?;
        self.activate(Arc::clone(&active.vocabulary), policies);
        Ok(())
    }

    fn active(&self) -> Option<Arc<Active>> {
        self.active.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn activate(&self, vocabulary: Arc<Vocabulary>, policies: PolicySet) {
        let active = Some(Arc::new(Active { vocabulary, policies }));
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = active;
    }

    fn prepare(&self, tools: &[ToolDescription]) -> Result<(), Vec<String>> {
        let vocabulary = Vocabulary::new(tools, self.fragment.as_deref(), &self.resources)?;
        if self.active().is_some_and(|active| !active.vocabulary.is_same(&vocabulary)) {
            return Err(vec!["it decides for a guard with other tools: make one for each".into()]);
        }
        let policies = self.origin.read(vocabulary.schema())?;
        self.activate(Arc::new(vocabulary), policies);
        Ok(())
    }

    async fn decide(&self, request: AccessRequest<'_>) -> Permission {
        let active = self.active().ok_or_else(|| AuthorizeError::new("no guard was built"))?;
        let schema = active.vocabulary.schema();
        let tool = request.tool().name;
        let asked = match active.vocabulary.question(&request)? {
            Ok(asked) => asked,
            Err(unfit) => {
                tracing::warn!(target: "mcp_guard", tool, "denied: {unfit}");
                return Ok(Decision::Deny);
            }
        };
        let Question { caller, action, resource, context } = asked;
        let mut known = match &self.entities {
            Some(entities) => entities.entities(request, &resource).await?,
            None => Vec::new(),
        };
        let principal = caller.uid();
        known.push(caller);
        let known = Entities::from_entities(known, Some(schema)).map_err(failed)?;
        let question = Request::new(principal, action, resource, context, Some(schema));
        let question = question.map_err(failed)?;
        let judged = cedar_policy::Authorizer::new();
        let response = judged.is_authorized(&question, &active.policies, &known);
        Ok(decision(tool, &active.policies, &response))
    }
}

/// What the policies say. Where one of them could not be evaluated, it might have forbidden this.
fn decision(tool: &str, policies: &PolicySet, response: &Response) -> Decision {
    let mut errors = response.diagnostics().errors().peekable();
    if errors.peek().is_some() {
        for error in errors {
            tracing::error!(target: "mcp_guard", tool, %error, "a policy cannot be evaluated");
        }
        return Decision::Deny;
    }
    let reasons = response.diagnostics().reason().map(|id| described(policies, id));
    let reasons: Vec<_> = reasons.collect();
    tracing::debug!(target: "mcp_guard", tool, decision = ?response.decision(), ?reasons);
    match response.decision() {
        cedar_policy::Decision::Allow => Decision::Permit,
        cedar_policy::Decision::Deny => Decision::Deny,
    }
}

/// What Cedar cannot work with.
fn failed(error: impl std::error::Error) -> AuthorizeError {
    AuthorizeError::from(&error as &dyn std::error::Error)
}

impl Authorizer for CedarAuthorizer {
    fn name(&self) -> &'static str {
        "cedar"
    }

    fn authorize<'a>(&'a self, request: AccessRequest<'a>) -> AuthorizeFuture<'a> {
        Box::pin(self.decide(request))
    }

    fn check(&self, tools: &[ToolDescription]) -> Vec<String> {
        self.prepare(tools).err().unwrap_or_default()
    }
}
