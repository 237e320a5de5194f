//! Whether a guard's parts fit together: every mistake that can be known before the first call.

#[cfg(feature = "http")]
use std::sync::Arc;
use std::{collections::BTreeSet, time::Duration};

#[cfg(feature = "http")]
use super::build::HttpParts;
use super::{Settings, Toolbox};
#[cfg(feature = "http")]
use crate::{
    auth::{Authenticate, ProtectedResource},
    serve::{Http, admission::Door},
};
use crate::{
    credential::Sources,
    schema::{Finding, Level},
    store::{Store, Transactions},
    tool::{EffectClass, OnUnknown, Providers, Registered, Requirement},
};

/// Every borrowed parameter can be given at every call.
pub(super) fn requirements(tool: &Registered, providers: &Providers, mistakes: &mut Vec<String>) {
    let spec = tool.spec();
    for requirement in tool.requires() {
        let written = requirement.written();
        if !providers.has(&requirement) {
            mistakes.push(format!(
                "tool `{}` borrows `&{written}`, which nobody provides: add `.provide(…)` with a \
                 value of type `{written}`",
                spec.name
            ));
        }
        if requirement.is_effect() && matches!(spec.effect, EffectClass::ReadOnly) {
            mistakes.push(format!(
                "tool `{}` is `read_only` and borrows `&{written}`: a tool without an effect has \
                 none; remove the parameter, or write `idempotent`",
                spec.name
            ));
        }
    }
}

/// What may be done again is told apart by the effect's key, and what was not begun by its mark. The macro
/// takes any type of the name for the effect.
pub(super) fn effect(tool: &Registered, mistakes: &mut Vec<String>) {
    let spec = tool.spec();
    let EffectClass::Idempotent(idempotent) = spec.effect else { return };
    if idempotent.transaction || tool.requires().iter().any(Requirement::is_effect) {
        return;
    }
    let retries = idempotent.on_unknown == OnUnknown::Retry;
    for (says, key) in [(retries, "on_unknown = retry"), (idempotent.dispatches, "dispatch")] {
        if says {
            mistakes.push(format!(
                "tool `{}` has `{key}` and does not borrow the guard's own `&Effect`: the type of that \
                 name is another, so write `&mcp_guard::Effect`",
                spec.name
            ));
        }
    }
}

/// What is borrowed to reach a backend is minted, well within the lease.
pub(super) fn credentials(
    tools: &[Registered],
    sources: &Sources,
    (settings, has_tokens): (&Settings, bool),
    mistakes: &mut Vec<String>,
) {
    mistakes.extend(sources.mistakes(tools, has_tokens));
    for spec in tools.iter().filter(|tool| tool.borrows_a_credential()).map(|tool| tool.spec()) {
        let EffectClass::Idempotent(idempotent) = spec.effect else { continue };
        let lease = idempotent.lease.unwrap_or(settings.lease);
        let allowed = settings.credential_timeout;
        if idempotent.transaction {
            mistakes.push(format!(
                "tool `{}` has `store = \"transaction\"` and borrows `&Credential`: minting one \
                 would hold the store's transaction open while others wait; keep what it reaches \
                 out of the transaction, in a tool of its own",
                spec.name
            ));
        } else if allowed >= lease {
            mistakes.push(format!(
                "tool `{}` has a lease of {lease:?}, and its credential may take {allowed:?}: \
                 write a shorter `.credential_timeout(…)`, or a longer lease",
                spec.name
            ));
        }
    }
}

/// What changes something has where to keep its keys, and its effect where it writes that there too.
pub(super) fn store(tool: &Registered, store: Option<&dyn Store>, mistakes: &mut Vec<String>) {
    let spec = tool.spec();
    let EffectClass::Idempotent(idempotent) = spec.effect else { return };
    let Some(store) = store else {
        mistakes.push(format!(
            "tool `{}` is `idempotent` and needs a store: add \
             `.store(SqliteStore::open(\"guard.db\").await?)`",
            spec.name
        ));
        return;
    };
    if !idempotent.transaction {
        return;
    }
    let Some(handle) = store.transactions().map(Transactions::handle) else {
        mistakes.push(format!(
            "tool `{}` has `store = \"transaction\"`, and the store has no transactions: use \
             `PostgresStore` or `SqliteStore`",
            spec.name
        ));
        return;
    };
    for requirement in tool.requires() {
        if requirement.transaction().is_some_and(|wanted| wanted != handle.type_id) {
            mistakes.push(format!(
                "tool `{}` borrows `&mut {}`, and the store's transactions are `&mut {}`",
                spec.name,
                requirement.written(),
                handle.name
            ));
        }
    }
}

/// The longest duration that an attribute takes. Beyond it, adding one to the current time could
/// overflow.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// The settings can be calculated with.
pub(super) fn settings(settings: &Settings, mistakes: &mut Vec<String>) {
    let durations = [
        ("timeout", settings.timeout),
        ("authorize_timeout", settings.authorize_timeout),
        ("lease", settings.lease),
        ("retain", settings.retain),
        ("tombstone", settings.tombstone),
        ("store_timeout", settings.store_timeout),
        ("credential_timeout", settings.credential_timeout),
        ("reconcile_every", settings.reconcile_every),
    ];
    for (name, duration) in durations {
        if duration.is_zero() && name != "tombstone" {
            mistakes.push(format!("`.{name}(…)` is zero"));
        }
        if duration > LONGEST {
            mistakes.push(format!("`.{name}(…)` is longer than 100 years"));
        }
    }
    if !(1..=100).contains(&settings.wire.max_depth) {
        mistakes.push("`max_depth` of `.wire_limits(…)` must be 1 to 100".into());
    }
}

/// What callers may do all told fits the tools that there are.
pub(super) fn callers(settings: &Settings, tools: &[Registered], mistakes: &mut Vec<String>) {
    let asked: BTreeSet<_> = tools.iter().flat_map(|tool| tool.spec().scopes()).collect();
    mistakes.extend(settings.scopes.mistakes(&asked));
    let is_tool = |name: &str| tools.iter().any(|tool| tool.spec().name == name);
    mistakes.extend(settings.rates.mistakes(is_tool));
    for (name, calls) in [
        ("max_concurrent_calls", settings.max_concurrent_calls),
        ("max_concurrent_calls_per_caller", settings.max_concurrent_calls_per_caller),
    ] {
        if calls == 0 {
            mistakes.push(format!("`.{name}(0)` lets no call through: write 1 or more"));
        }
    }
}

/// What the models are shown keeps the rules. What breaks one that warns is logged, and returned.
pub(super) fn schemas(
    toolbox: &Toolbox,
    settings: &Settings,
    mistakes: &mut Vec<String>,
) -> Vec<Finding> {
    let found = toolbox.all().flat_map(|tool| tool.findings(&settings.lints));
    let (denied, warned): (Vec<_>, Vec<_>) =
        found.partition(|finding| settings.lints.level(finding.lint()) == Level::Deny);
    mistakes.extend(denied.iter().map(ToString::to_string));
    for finding in &warned {
        tracing::warn!(
            target: "mcp_guard",
            lint = finding.lint().as_str(),
            tool = finding.tool(),
            pointer = finding.pointer(),
            "{}",
            finding.advice()
        );
    }
    warned
}

/// Who is served over HTTP is known, and the other way round.
#[cfg(feature = "http")]
pub(super) fn http(
    http: Option<Http>,
    authenticate: Option<Arc<dyn Authenticate>>,
    mistakes: &mut Vec<String>,
) -> Option<HttpParts> {
    if let Some(http) = &http
        && !http.has_plain_path()
    {
        mistakes.push(
            "the path of `.http(…)` must begin with `/` and have no `{` or `}`, such as `/mcp`"
                .into(),
        );
    }
    mistakes.extend(http.iter().flat_map(|http| http.limits().mistakes()));
    if let Some(authenticate) = &authenticate {
        let (its_own, resource) = (authenticate.mistakes(), authenticate.protected_resource());
        // One that has found mistakes has looked at what its resource is made of.
        let of_resource = resource.filter(|_| its_own.is_empty()).map(ProtectedResource::mistakes);
        mistakes.extend(its_own.into_iter().chain(of_resource.into_iter().flatten()));
    }
    match (http, authenticate) {
        (Some(http), Some(authenticate)) => {
            let door = Door::new(http.limits());
            Some(HttpParts { http, authenticate, door })
        }
        (Some(_), None) => {
            mistakes.push(
                "it is served over HTTP and does not know who calls: add `.authenticate(…)`, for \
                 example with `StaticTokens`"
                    .into(),
            );
            None
        }
        (None, Some(_)) => {
            mistakes.push(
                "`.authenticate(…)` is for HTTP: add `.http(Http::bind(\"127.0.0.1:8787\"))`, or \
                 `.identity(…)` for stdio"
                    .into(),
            );
            None
        }
        (None, None) => None,
    }
}
