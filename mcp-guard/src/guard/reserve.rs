//! Recall and reserve: whether the operation is known, whether it is within the limits, and the
//! claim that makes it this call's alone.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Core, Reply, Stop,
    authorize::Grant,
    validate::{Once, Valid},
};
use crate::{
    failure::Failure,
    limit,
    store::{Claim, Claimed, Lease, Standing, Store, StoreError},
    tool::{Decoded, InFlight, OnUnknown},
};

/// How often a waiting call looks again: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const SLOWEST_LOOK: Duration = Duration::from_millis(250);
/// What a refused call is told to wait.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Proof that the call may act now: within the limits, and the operation is its own.
pub(super) struct Reserved {
    pub(super) grant: Grant,
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
}

/// Answers from the record, refuses, or claims.
///
/// A recorded answer comes before the limits: repeating it has no effect, and a refusal would make
/// the agent mint a new key.
pub(super) async fn reserve(
    valid: Valid,
    core: &Core,
    cancelled: &CancellationToken,
) -> Result<Reserved, Stop> {
    let Valid { grant, arguments, once } = valid;
    let within_limits = limit::check(
        grant.tool().spec().limits,
        &arguments.measure(),
        grant.caller(),
        core.settings.publish_limits,
    );
    let Some(once) = once else {
        within_limits?;
        return Ok(Reserved { grant, arguments, held: None });
    };
    let store = core.store()?;
    let claim = claim_of(&once, &grant, core);
    if let Err(refused) = within_limits {
        let standing = store.recall(&claim).await?;
        return Err(standing.map_or_else(|| refused.into(), stands));
    }
    let secret = core.secret().await?;
    let downstream_key = secret.downstream_key(&once.operation)?;
    let lease = claim_within(&**store, &claim, once.spec.in_flight, cancelled).await?;
    let held = Held { store: Arc::clone(store), lease, once, downstream_key };
    Ok(Reserved { grant, arguments, held: Some(held) })
}

fn claim_of(once: &Once, grant: &Grant, core: &Core) -> Claim {
    let lease = once.spec.lease.unwrap_or(core.settings.lease);
    Claim::new(once.operation, once.fingerprint, grant.tool().spec().name, lease)
        .with_retake(once.spec.on_unknown == OnUnknown::Retry)
}

/// Claims, waiting for another call's answer as long as the tool says. Cancellation is honoured up
/// to the claim, and never after it.
async fn claim_within(
    store: &dyn Store,
    claim: &Claim,
    in_flight: InFlight,
    cancelled: &CancellationToken,
) -> Result<Lease, Stop> {
    let patience = match in_flight {
        InFlight::Refuse => Duration::ZERO,
        InFlight::Wait(patience) => patience,
    };
    let give_up = Instant::now() + patience;
    let mut pause = FIRST_LOOK;
    loop {
        if cancelled.is_cancelled() {
            return Err(Failure::cancelled().into());
        }
        match claim_surely(store, claim).await? {
            Claimed::Granted(lease) => return Ok(lease),
            Claimed::Stands(Standing::InFlight(_)) if Instant::now() + pause <= give_up => {
                tokio::select! {
                    () = sleep(pause) => {}
                    () = cancelled.cancelled() => {}
                }
                pause = (pause * 2).min(SLOWEST_LOOK);
            }
            Claimed::Stands(standing) => return Err(stands(standing)),
        }
    }
}

/// Claims, and once more after a failure: the first may have been granted, and its acknowledgement
/// lost. The store knows the owner again.
async fn claim_surely(store: &dyn Store, claim: &Claim) -> Result<Claimed, StoreError> {
    match store.claim(claim).await {
        Err(StoreError::Unavailable(_)) => store.claim(claim).await,
        answered => answered,
    }
}

fn stands(standing: Standing) -> Stop {
    let failure = match standing {
        Standing::Recorded(recorded) => return Stop::Replay(Box::new(Reply::replay(recorded))),
        Standing::InFlight(rest) => Failure::in_flight(rest.clamp(FIRST_LOOK, LOOK_AGAIN)),
        Standing::Unknown => Failure::outcome_unknown(),
        Standing::Conflict => Failure::key_conflict(),
        Standing::Expired => Failure::key_expired(),
    };
    failure.into()
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
