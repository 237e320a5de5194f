//! Finding out what became of an operation whose outcome is unknown, as the tool says how.

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    Core, GuardedTool, Reply, mint, misfit,
    run::{End, to_its_end},
    settle::{Certainty, settlement},
};
use crate::{
    audit,
    caller::Caller,
    credential::Credential,
    effect::Effect,
    encryption::Content,
    failure::Failure,
    store::{Attempt, Fenced, Inspected, Listed, Store, StoreError, UnreadableRecord},
    tool::{BodyEnd, EffectClass, Found, IdempotentSpec, OnUnknown, Provided, Reconciled},
};

/// How many unknown operations are read at once.
const PAGE: u32 = 100;
/// How many are looked into at once: a backend that takes its time over one does not hold up all.
const AT_ONCE: usize = 4;

/// Asks the tool's own function about the attempt that was lost, and records what it finds. Then
/// the operation is claimed again, and stands as it stands.
///
/// # Errors
/// Where the store does not answer. What the function finds to be unknown still is no error.
pub(super) async fn reconcile(
    core: &Core,
    tool: &GuardedTool,
    caller: Option<&Caller>,
    arguments: Value,
    lost: Attempt,
) -> Result<(), StoreError> {
    let spec = tool.spec();
    let EffectClass::Idempotent(idempotent) = spec.effect else { return Ok(()) };
    let Ok(arguments) = tool.decode(arguments) else {
        let (tool, operation) = (spec.name, lost.operation);
        tracing::error!(tool, %operation, "the arguments of an unknown operation do not fit");
        return Ok(());
    };
    let allowed = spec.timeout.unwrap_or(core.settings.timeout);
    let key = core.secret().await?.downstream_key(&lost.operation)?;
    let found = match mint::on_behalf_of(core, tool, caller).await {
        Ok(credential) => {
            let effect = Effect::new(key, lost.epoch, Instant::now() + allowed);
            let provided = Provided::new(&core.providers, caller, Some(&effect))
                .with_credential(credential.as_deref());
            let lent = credential.as_deref();
            let found = to_its_end(arguments.reconcile(provided), allowed, lent).await;
            found.withheld(lent, withhold)
        }
        Err(failure) => End::NotBegun(failure),
    };
    let Some((certainty, reply)) = judge(tool, found, core) else { return Ok(()) };
    let settlement = settlement(certainty, &reply, &lost.operation, &idempotent, core);
    let fenced = core.records()?.resolve(&lost, &settlement).await?;
    if fenced == Fenced::Applied {
        audit::reconciled(spec.name, &lost.operation, certainty == Certainty::Done);
    }
    Ok(())
}

/// What was found out, without the credential it was found out with.
fn withhold(credential: &Credential, found: Found<BodyEnd>) -> Found<BodyEnd> {
    match found {
        Ok(Reconciled::Landed(end)) => Ok(Reconciled::Landed(credential.withhold(end))),
        Ok(other) => Ok(other),
        Err(why) => Err(credential.without(&why)),
    }
}

/// What was found out, unless that is nothing. That a result does not fit is said; it has landed all the
/// same.
fn judge(
    guarded: &GuardedTool,
    found: End<Found<BodyEnd>>,
    core: &Core,
) -> Option<(Certainty, Reply)> {
    let tool = guarded.spec().name;
    let unavailable = || Reply::failure(tool, &Failure::result_unavailable());
    match found {
        End::Returned(Ok(Reconciled::Landed(BodyEnd::Value(value)))) => {
            misfit::look_at(&value, guarded, core);
            Some((Certainty::Done, Reply::success(&value).unwrap_or_else(|_| unavailable())))
        }
        End::Returned(Ok(Reconciled::Landed(_))) => Some((Certainty::Done, unavailable())),
        End::Returned(Ok(Reconciled::NotLanded)) => {
            // Nobody is answered with this: the key is free again.
            Some((Certainty::NothingDone, unavailable()))
        }
        End::Returned(Ok(Reconciled::StillUnknown)) => None,
        End::Returned(Err(error)) => {
            tracing::warn!(tool, error, "an unknown outcome could not be reconciled");
            None
        }
        End::NotBegun(failure) => {
            let why = failure.detail.as_deref();
            tracing::warn!(tool, why, "an unknown outcome cannot be reconciled now");
            None
        }
        End::Panicked(message) => {
            tracing::error!(tool, message, "an unknown outcome could not be reconciled");
            None
        }
        End::OutOfTime(allowed) => {
            tracing::error!(tool, ?allowed, "reconciling an unknown outcome took too long");
            None
        }
    }
}

/// Whether an unknown outcome of the tool can be reconciled without the call that caused it.
pub(super) fn in_background(core: &Core, tool: &GuardedTool) -> bool {
    let reconciles = matches!(
        tool.spec().effect,
        EffectClass::Idempotent(IdempotentSpec { on_unknown: OnUnknown::Reconcile, .. })
    );
    reconciles && !core.asks_for_its_caller(tool)
}

/// Goes once through all unknown operations of tools that say how to find out about them. One that
/// cannot be read or looked into keeps nobody from the others.
///
/// # Errors
/// Where the store does not list them.
pub(super) async fn reconcile_all(core: &Core) -> Result<(), StoreError> {
    let store = core.records()?;
    let mut after = None;
    loop {
        let page = store.unresolved(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(UnreadableRecord::operation_of(last));
        stream::iter(page).for_each_concurrent(AT_ONCE, |listed| look_into(core, listed)).await;
    }
}

async fn look_into(core: &Core, listed: Listed) {
    match listed {
        Ok(unknown) => {
            let operation = unknown.operation;
            if let Err(error) = reconcile_one(core, unknown).await {
                tracing::warn!(%operation, %error, "an unknown outcome could not be looked into");
            }
        }
        Err(UnreadableRecord { operation, why }) => tracing::error!(
            %operation,
            why,
            "the record of an operation is unreadable: whether it is unknown, nobody can tell"
        ),
    }
}

async fn reconcile_one(core: &Core, unknown: Inspected) -> Result<(), StoreError> {
    let Inspected { operation, record, .. } = unknown;
    let Some(tool) = core.toolbox.get(&record.tool).filter(|tool| in_background(core, tool)) else {
        return Ok(());
    };
    let Some(kept) = &record.arguments else { return Ok(()) };
    let arguments = core.vault.open(&operation, Content::Arguments, kept).ok();
    let Some(arguments) = arguments.and_then(|text| serde_json::from_str(&text).ok()) else {
        let tool = record.tool;
        tracing::error!(tool, %operation, "the arguments of an unknown operation are unreadable");
        return Ok(());
    };
    reconcile(core, tool, None, arguments, record.attempt(operation)).await
}
