//! What the attribute says of the function: the two joined, with everything settled that the
//! expansion needs.

mod authorize;
mod budgets;
mod limits;
mod named;
mod uses;

use std::{mem, time::Duration};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, Ident, LitStr, Path, ext::IdentExt};

pub(crate) use self::{
    authorize::Authorize,
    budgets::{Budget, Of},
    limits::Limit,
    named::Named,
    uses::Use,
};
pub(crate) use crate::attr::{Effect, Idempotent, OnUnknown, Redact};
use crate::{
    attr::{self, Attr},
    errors::Errors,
    function::Function,
};

/// A guarded function.
pub(crate) struct Tool {
    /// The path of `mcp_guard`.
    pub(crate) guard: TokenStream,
    /// The name on the wire, and where it is written.
    pub(crate) name: (String, Span),
    /// A name for people.
    pub(crate) title: Option<String>,
    /// Who may call it.
    pub(crate) access: Access,
    /// What decides on each call.
    pub(crate) authorize: Option<Authorize>,
    /// Whether it changes something.
    pub(crate) effect: Effect,
    /// The limits of its parameters.
    pub(crate) limits: Vec<Limit>,
    /// What its calls may take together.
    pub(crate) budgets: Vec<Budget>,
    /// The places of the parameters that say what an operation is about.
    pub(crate) business_key: Vec<usize>,
    /// What of the result is for callers with a scope.
    pub(crate) redactions: Vec<Redact>,
    /// How long the body may take.
    pub(crate) timeout: Option<Duration>,
    /// MCP's `destructiveHint`, and where it is written.
    pub(crate) destructive: Option<(Ident, bool)>,
    /// MCP's `openWorldHint`.
    pub(crate) open_world: bool,
    /// The function.
    pub(crate) function: Function,
}

/// Who may call a tool.
pub(crate) enum Access {
    /// Whoever is identified.
    AnyCaller,
    /// Callers that hold all of these scopes.
    Scopes(Vec<String>),
}

impl Tool {
    /// Joins the two. What is missing is noted as a mistake, and something stands in for it.
    pub(crate) fn new(mut attr: Attr, function: Function, errors: &Errors) -> Self {
        let access = access(&attr, errors);
        let authorize = authorize::resolve(&mut attr, &function, errors);
        let effect = effect(&mut attr, errors);
        let limits = limits::resolve(&attr, &function, errors);
        let budgets = budgets::resolve(&attr, &function, errors);
        let business_key = business_key(&effect, &function, errors);
        Self {
            guard: attr.guard(),
            name: name(&attr, &function),
            access,
            authorize,
            limits,
            budgets,
            business_key,
            redactions: mem::take(&mut attr.redactions),
            timeout: attr.timeout,
            open_world: attr.open_world.unwrap_or(true),
            title: attr.title.as_ref().map(LitStr::value),
            destructive: attr.destructive.clone(),
            effect,
            function,
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_read_only(&self) -> bool {
        self.idempotent().is_none()
    }

    /// How its keys are kept, if it changes something.
    pub(crate) fn idempotent(&self) -> Option<&Idempotent> {
        match &self.effect {
            Effect::Idempotent(idempotent) => Some(idempotent),
            Effect::ReadOnly => None,
        }
    }
}

/// The path of the runtime, unless the attribute names another.
pub(crate) fn guard_path(named: Option<&Path>) -> TokenStream {
    named.map_or_else(|| quote!(::mcp_guard), |path| quote!(#path))
}

fn name(attr: &Attr, function: &Function) -> (String, Span) {
    match &attr.name {
        Some(name) => (name.value(), name.span()),
        None => (function.name().unraw().to_string(), function.name().span()),
    }
}

fn access(attr: &Attr, errors: &Errors) -> Access {
    match &attr.access {
        Some(attr::Access::AnyCaller) => return Access::AnyCaller,
        Some(attr::Access::Scopes(scopes)) => {
            return Access::Scopes(scopes.iter().map(LitStr::value).collect());
        }
        None if attr.has("scope") || attr.has("any_caller") => {}
        None => errors.push(Error::new(
            attr.span,
            "the attribute does not say who may call this tool: write `scope = \"refunds\"`, or `any_caller` \
             for every identified caller",
        )),
    }
    Access::AnyCaller
}

fn effect(attr: &mut Attr, errors: &Errors) -> Effect {
    if attr.effect.is_none() && !attr.has("idempotent") && !attr.has("read_only") {
        errors.push(Error::new(
            attr.span,
            "the attribute does not say whether this tool changes something: write `idempotent` \
             for at most once per key, or `read_only` if it changes nothing",
        ));
    }
    attr.effect.take().unwrap_or_else(|| Effect::Idempotent(Box::new(Idempotent::new())))
}

/// `idempotent(key = [...])`.
fn business_key(effect: &Effect, function: &Function, errors: &Errors) -> Vec<usize> {
    let Effect::Idempotent(idempotent) = effect else {
        return Vec::new();
    };
    idempotent.key.iter().filter_map(|name| errors.keep(Use::Key.resolve(name, function))).collect()
}
