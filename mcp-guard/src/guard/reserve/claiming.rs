//! One call's way to its claim.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{FIRST_LOOK, stands};
use crate::{
    failure::Failure,
    guard::{
        Core, Stop,
        authorize::Grant,
        background::{self, Late},
        reconcile,
        settle::Certainty,
        validate::Once,
    },
    store::{
        Attempt, Begun, Claim, Claimed, Fenced, Lease, OpenTransaction, Settlement, Standing,
        Store, StoreError,
    },
    tool::{InFlight, OnUnknown},
};

/// How long a waiting call pauses at most before it looks again.
const SLOWEST_LOOK: Duration = Duration::from_millis(250);

/// One call's way to its claim.
pub(super) struct Claiming<'a> {
    pub(super) core: &'a Core,
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) grant: &'a Grant,
    pub(super) once: &'a Once,
    pub(super) claim: &'a Claim,
}

/// What the call has then: its lease, and the transaction where the tool writes in one.
type Granted = (Lease, Option<Box<dyn OpenTransaction>>);

impl Claiming<'_> {
    /// Claims, waiting for another call's answer as long as the tool says, and finding out about an
    /// unknown outcome once, where the tool says how. Cancellation is honoured up to the claim, and
    /// never after it.
    pub(super) async fn within(&self, cancelled: &CancellationToken) -> Result<Granted, Stop> {
        let patience = match self.once.spec.in_flight {
            InFlight::Refuse => Duration::ZERO,
            InFlight::Wait(patience) => patience,
        };
        let give_up = Instant::now() + patience;
        let mut pause = FIRST_LOOK;
        let mut may_ask = self.once.spec.on_unknown == OnUnknown::Reconcile;
        loop {
            if cancelled.is_cancelled() {
                return Err(Failure::cancelled().into());
            }
            match self.attempt().await? {
                Ok(granted) => return Ok(granted),
                Err(Standing::InFlight(_)) if Instant::now() < give_up => {
                    tokio::select! {
                        () = sleep_until(give_up.min(Instant::now() + pause)) => {}
                        () = cancelled.cancelled() => {}
                    }
                    pause = (pause * 2).min(SLOWEST_LOOK);
                }
                Err(Standing::Unknown(lost)) if may_ask && self.may_be_told(&lost) => {
                    may_ask = false;
                    let (tool, caller) = (self.grant.tool(), Some(self.grant.caller()));
                    let arguments = Value::clone(&self.once.arguments);
                    reconcile::reconcile(self.core, tool, caller, arguments, lost).await?;
                }
                Err(standing) => return Err(stands(standing, self.core, self.grant, self.once)),
            }
        }
    }

    /// Whether the tool's function can be asked on behalf of this caller: it may be told who calls,
    /// and an operation with the same business key may be another's.
    fn may_be_told(&self, lost: &Attempt) -> bool {
        let is_its_own = lost.operation == self.once.operation;
        is_its_own || !self.core.asks_for_its_caller(self.grant.tool())
    }

    async fn attempt(&self) -> Result<Result<Granted, Standing>, StoreError> {
        if self.once.spec.transaction {
            let transactions = self.store.transactions().ok_or_else(no_transactions)?;
            return Ok(match transactions.begin(self.claim).await? {
                Begun::Granted(lease, transaction) => Ok((lease, Some(transaction))),
                Begun::Stands(standing) => Err(standing),
            });
        }
        // Each time as somebody new: a claim that is being withdrawn must not be found again by the
        // call that goes on.
        let claim = self.claim.clone().by_a_new_owner();
        Ok(match (Claiming { claim: &claim, ..*self }).claim_surely().await? {
            Claimed::Granted(lease) => Ok((lease, None)),
            Claimed::Stands(standing) => Err(standing),
        })
    }

    /// Claims, and once more after a failure: the first may have been granted, and its
    /// acknowledgement lost. The store knows the owner again.
    async fn claim_surely(&self) -> Result<Claimed, StoreError> {
        let first = self.store.claim(self.claim).await;
        let Err(StoreError::Unavailable(_)) = first else { return first };
        let second = self.store.claim(self.claim).await;
        if !matches!(second, Ok(Claimed::Granted(_))) {
            // The first may have been granted, or come to be granted, to nobody.
            withdraw(self.core, Arc::clone(self.store), self.claim);
        }
        match second {
            Ok(Claimed::Stands(Standing::Unknown(attempt)))
                if attempt.owner == self.claim.owner =>
            {
                Err(StoreError::Unavailable("a claim was acknowledged after its lease".into()))
            }
            second => second,
        }
    }
}

fn no_transactions() -> StoreError {
    StoreError::Unusable("it has no transactions".into())
}

/// Gives up a claim that may have been granted without an acknowledgement, once the store answers
/// again. Otherwise its lease would run out to "unknown", although nothing was done.
fn withdraw(core: &Core, store: Arc<dyn Store>, claim: &Claim) {
    let retention = core.settings.retention(None);
    let late = Late {
        what: "a claim is withdrawn",
        tool: claim.tool,
        operation: claim.operation,
        certainty: Certainty::NothingDone,
    };
    let Ok(room) = Arc::clone(&core.withdrawals).try_acquire_owned() else {
        return late.is_left();
    };
    // This one takes nothing over, holds nothing and keeps nothing: it finds what was granted, while it
    // stands and after.
    let finder = claim.clone().with_retake(false).with_tentative(true);
    let finder = Arc::new(finder.with_reservations(Vec::new()).with_arguments(None));
    background::persist(&core.running, late, move || {
        // As long as this is tried.
        let _tried = &room;
        let (store, finder) = (Arc::clone(&store), Arc::clone(&finder));
        async move {
            let attempt = match store.claim(&finder).await? {
                Claimed::Granted(lease) => lease.attempt,
                Claimed::Stands(Standing::Unknown(attempt)) if attempt.owner == finder.owner => {
                    attempt
                }
                Claimed::Stands(_) => return Ok(Fenced::Applied),
            };
            let lease = Lease { attempt, length: finder.lease };
            store.settle(&lease, &Settlement::Released { retention }).await?;
            // Where the record is at another attempt by now, this one holds nothing either.
            Ok(Fenced::Applied)
        }
    });
}
