//! Whether the caller may do this, with these arguments: the tool's own function, then the guard's
//! authorizers.
//!
//! This comes before the record, so that a call which would only repeat an answer is judged again,
//! and before limits, which would tell of what is not the caller's.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Core, GuardedTool, Stop, Toolbox,
    run::{End, to_its_end},
    validate::Valid,
};
use crate::{
    authorizer::{AccessRequest, Authorizer, Decision, Permission, ToolDescription},
    failure::Failure,
    schema,
    tool::{Provided, Running},
};

/// Proof that this caller may do this.
pub(super) struct Permitted {
    valid: Valid,
}

impl Permitted {
    pub(super) fn into_valid(self) -> Valid {
        self.valid
    }
}

/// Who decides beside the tools.
pub(super) struct Authorizers {
    named: Vec<(String, Arc<dyn Authorizer>)>,
    /// The guard's own tool, which they are not asked about.
    own_tool: Option<&'static str>,
}

impl Authorizers {
    pub(super) fn new(
        authorizers: Vec<Arc<dyn Authorizer>>,
        own_tool: Option<&'static str>,
    ) -> Self {
        let named = authorizers.into_iter().map(|it| (it.name().to_owned(), it)).collect();
        Self { named, own_tool }
    }

    /// What the audit trail calls each.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|(name, _)| &**name)
    }

    /// What is wrong with them for these tools.
    pub(super) fn mistakes(&self, toolbox: &Toolbox) -> Vec<String> {
        let asked_about = toolbox.all().filter(|tool| !self.is_own(tool));
        let tools: Vec<_> = asked_about
            .map(|tool| {
                let arguments = schema::without_key(tool.schema().published());
                ToolDescription::new(tool.spec(), arguments)
            })
            .collect();
        let of_each = |(name, authorizer): &(String, Arc<dyn Authorizer>)| {
            let mistakes = authorizer.check(&tools);
            mistakes.into_iter().map(|it| format!("authorizer `{name}`: {it}")).collect::<Vec<_>>()
        };
        self.named.iter().flat_map(of_each).collect()
    }

    /// Those that are asked about this tool.
    fn of(&self, tool: &GuardedTool) -> &[(String, Arc<dyn Authorizer>)] {
        if self.is_own(tool) { &[] } else { &self.named }
    }

    fn is_own(&self, tool: &GuardedTool) -> bool {
        self.own_tool == Some(tool.spec().name)
    }
}

/// Refuses what is not this caller's to do. Cancellation is honoured: nothing has been done.
pub(super) async fn permit(
    valid: Valid,
    core: &Core,
    cancelled: &CancellationToken,
) -> Result<Permitted, Stop> {
    tokio::select! {
        biased;
        () = cancelled.cancelled() => Err(Failure::cancelled().into()),
        judged = judge(valid, core) => judged,
    }
}

async fn judge(valid: Valid, core: &Core) -> Result<Permitted, Stop> {
    let (tool, caller) = (valid.grant.tool(), valid.grant.caller());
    let deadline = Instant::now() + core.settings.authorize_timeout;
    if tool.spec().authorizes {
        let provided = Provided::new(&core.providers, Some(caller), None);
        decided("authorize", valid.arguments.permit(provided), deadline).await?;
    }
    let authorizers = core.authorizers.of(tool);
    if !authorizers.is_empty() {
        let arguments = schema::with_defaults(tool.schema().published(), &valid.sent);
        let request = AccessRequest::new(caller, tool.spec(), &arguments);
        for (name, authorizer) in authorizers {
            // What panics before it returns a future is caught as well.
            let asked = Box::pin(async move { authorizer.authorize(request).await });
            decided(name, asked, deadline).await?;
        }
    }
    Ok(Permitted { valid })
}

/// Goes on where the answer is that the caller may. Whatever else it is, nothing is done.
async fn decided(
    by: &str,
    asked: Running<'_, Permission>,
    deadline: Instant,
) -> Result<(), Failure> {
    let allowed = deadline.saturating_duration_since(Instant::now());
    let why = match to_its_end(asked, allowed, None).await {
        End::Returned(Ok(Decision::Permit)) => return Ok(()),
        End::Returned(Ok(Decision::Deny)) => return Err(Failure::not_permitted(by)),
        End::NotBegun(failure) => return Err(*failure),
        End::Returned(Err(error)) => error.to_string(),
        End::Panicked(message) => message,
        End::OutOfTime(allowed) => format!("it did not answer within {allowed:?}"),
    };
    Err(Failure::authorization_unavailable(format!("`{by}` could not decide: {why}")))
}
