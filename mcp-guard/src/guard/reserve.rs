//! Recall and reserve: whether the operation is known, whether it is within the limits and budgets,
//! and the claim that makes it this call's alone.

mod claiming;

use std::{sync::Arc, time::Duration};

use claiming::Claiming;
use tokio_util::sync::CancellationToken;

use super::{
    Core, GuardedTool, Reply, Stop,
    admit::Admitted,
    authorize::Grant,
    misfit,
    permit::Permitted,
    validate::{Once, Valid},
};
use crate::{
    budget,
    encryption::Content,
    failure::Failure,
    limit,
    store::{
        Claim, Lease, OpenTransaction, OperationId, Recorded, Reservation, Standing, Store,
        StoreError,
    },
    tool::{Decoded, OnUnknown},
};

/// How soon a waiting call looks again, and what a refused one is told to wait at most.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Proof that the call may act now: within the limits, and the operation is its own.
pub(super) struct Reserved {
    pub(super) grant: Admitted,
    pub(super) arguments: Box<dyn Decoded>,
    /// `None` for a tool that changes nothing.
    pub(super) held: Option<Held>,
}

/// An operation that is this call's to carry out.
pub(super) struct Held {
    /// Where it is held.
    pub(super) store: Arc<dyn Store>,
    pub(super) lease: Lease,
    pub(super) once: Once,
    /// The key for the backend.
    pub(super) downstream_key: String,
    /// The transaction in which it is claimed, where the tool writes its effect there.
    pub(super) transaction: Option<Box<dyn OpenTransaction>>,
}

/// Answers from the record, refuses, or claims.
///
/// A recorded answer comes before limits and budgets: repeating it has no effect, and a refusal
/// would make the agent mint a new key.
pub(super) async fn reserve(
    permitted: Permitted,
    core: &Core,
    cancelled: &CancellationToken,
) -> Result<Reserved, Stop> {
    let Valid { grant, arguments, once, .. } = permitted.into_valid();
    let spec = grant.tool().spec();
    let published = core.settings.publish_limits;
    let measured = arguments.measure();
    let within_limits = limit::check(spec.limits, &measured, grant.caller(), published);
    let Some(once) = once else {
        within_limits?;
        return Ok(Reserved { grant, arguments, held: None });
    };
    let store = core.records()?;
    let reservations = within_limits.and_then(|()| {
        budget::reservations(spec, &measured, &once.arguments, grant.caller(), published)
    });
    let claim = match reservations {
        Ok(reservations) => claim_of(&once, &grant, core, reservations)?,
        Err(refused) => {
            // What is refused is not carried out again: of an unknown operation, it is told that.
            let look = claim_of(&once, &grant, core, Vec::new())?.with_retake(false);
            return Err(store.recall(&look).await?.map_or_else(
                || refused.of_an_unused_key().into(),
                |standing| stands(standing, core, &grant, &once),
            ));
        }
    };
    // A store that cannot give the secret now would leave a claim behind that nobody can use.
    let secret = core.secret().await?;
    let (lease, transaction) = Claiming { core, store, grant: &grant, once: &once, claim: &claim }
        .within(cancelled)
        .await?;
    // Of the operation that was granted: it may be an earlier one with the same business key.
    let downstream_key = secret.downstream_key(&lease.attempt.operation)?;
    let held = Held { store: Arc::clone(store), lease, once, downstream_key, transaction };
    Ok(Reserved { grant, arguments, held: Some(held) })
}

fn claim_of(
    once: &Once,
    grant: &Grant,
    core: &Core,
    reservations: Vec<Reservation>,
) -> Result<Claim, StoreError> {
    let lease = once.spec.lease.unwrap_or(core.settings.lease);
    let reconciles = once.spec.on_unknown == OnUnknown::Reconcile;
    let arguments = reconciles
        .then(|| core.vault.seal(&once.operation, Content::Arguments, &once.arguments.to_string()));
    let tool = grant.tool().spec().name;
    Ok(Claim::new(once.operation, grant.principal(), once.fingerprint, tool, lease)
        .with_retake(once.spec.on_unknown == OnUnknown::Retry)
        .with_tentative(once.spec.dispatches)
        .with_business(once.business)
        .with_reservations(reservations)
        .with_arguments(arguments.transpose()?))
}

/// What a call is told of an operation that is not its own to carry out.
pub(super) fn stands(standing: Standing, core: &Core, grant: &Grant, once: &Once) -> Stop {
    let failure = match standing {
        Standing::Recorded(recorded) => {
            return replay(&recorded, core, grant.tool(), &once.operation);
        }
        Standing::InFlight(rest) => Failure::in_flight(rest.clamp(FIRST_LOOK, LOOK_AGAIN)),
        Standing::Unknown(_) if once.spec.on_unknown == OnUnknown::Reconcile => {
            Failure::outcome_unknown().found_out_later()
        }
        Standing::Unknown(_) => Failure::outcome_unknown(),
        Standing::Conflict => Failure::key_conflict(),
        Standing::Expired => Failure::key_expired(),
        Standing::AlreadyDone => Failure::already_done(),
        Standing::OverBudget(place) => match grant.tool().spec().budgets.get(place) {
            Some(budget) => Failure::over_budget(budget, core.settings.publish_limits),
            None => Failure::internal("the store names a budget that the tool does not have"),
        },
    };
    failure.into()
}

fn replay(recorded: &Recorded, core: &Core, tool: &GuardedTool, operation: &OperationId) -> Stop {
    let operation = recorded.duplicate_of.as_ref().unwrap_or(operation);
    match core.vault.open(operation, Content::Reply, &recorded.reply.body) {
        // Kept without its body: it was too large, or could not be written.
        Ok(body) if body.is_empty() => {
            let unavailable = Reply::failure(tool.spec().name, &Failure::result_unavailable());
            Stop::Replay(Box::new(unavailable.replayed(recorded)))
        }
        Ok(body) => {
            let reply = Reply::recorded(body, recorded);
            Stop::Replay(Box::new(misfit::mark_recorded(reply, tool, core)))
        }
        Err(error) => error.into(),
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        let failure = match error {
            StoreError::Unreadable(_) => Failure::record_unreadable(error.to_string()),
            _ => Failure::store_unavailable(error.to_string()),
        };
        failure.into()
    }
}
