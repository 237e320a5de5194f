//! Settling in the store's transaction: effect and record are committed together, or not at all.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{
    judge::{self, Before, Certainty},
    settlement,
};
use crate::{
    failure::Failure,
    guard::{Core, Reply, reserve::Held, run::End},
    store::{Finish, OpenTransaction, StoreError, record::State},
    tool::BodyEnd,
};

/// How often the record is asked whether a commit without an acknowledgement took place.
const LOOKS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// Ends the transaction as the body's end says, and answers.
pub(super) async fn settle(
    tool: &str,
    end: End<BodyEnd>,
    held: Held,
    open: Box<dyn OpenTransaction>,
    core: &Core,
) -> Reply {
    // What an earlier attempt did is in the record, or was undone.
    let (certainty, reply) = judge::before_effect(tool, end, Before::Nothing);
    let operation = held.lease.attempt.operation;
    let settlement = settlement(certainty, &reply, &operation, &held.once.spec, core);
    let finish = match certainty {
        Certainty::Done => Finish::Commit(settlement),
        Certainty::Refused => Finish::Refuse(settlement),
        Certainty::NothingDone | Certainty::Unknown => Finish::Rollback,
    };
    let patience = core.settings.store_timeout;
    let is_rolled_back = matches!(finish, Finish::Rollback);
    let finished = timeout(patience, open.finish(finish)).await.unwrap_or_else(|_| {
        Err(StoreError::Unavailable(format!("it did not answer within {patience:?}")))
    });
    match finished {
        Err(StoreError::Unusable(detail)) => {
            let detail = format!("the transaction was not ended by the guard: {detail}");
            Reply::failure(tool, &Failure::unknown("transaction_ended", detail))
        }
        // What is not committed is undone, whether or not the store says so.
        _ if is_rolled_back => reply,
        Ok(()) => reply,
        Err(StoreError::Undone(why)) => Reply::failure(tool, &Failure::commit_refused(why)),
        Err(_) if was_committed(&held).await => reply,
        // Safe whatever became of it: a commit is found again, and nothing else was done.
        Err(error) => Reply::failure(tool, &Failure::commit_unacknowledged(error.to_string())),
    }
}

/// Whether the record says that the transaction was committed, although nobody was told.
async fn was_committed(held: &Held) -> bool {
    let attempt = held.lease.attempt;
    for _ in 0..LOOKS {
        match held.store.inspect(&attempt.operation).await {
            Ok(found) => {
                return found.is_some_and(|found| {
                    found.record.attempt(attempt.operation) == attempt
                        && matches!(found.record.state, State::Recorded { .. })
                });
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
    false
}
