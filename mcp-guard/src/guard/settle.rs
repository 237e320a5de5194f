//! Settling: what the body's end means, recorded before the answer leaves.

use std::time::Duration;

use tokio::time::sleep;

use super::{
    Core, Reply,
    reserve::Held,
    run::{End, Ended},
};
use crate::{
    failure::{Class, Failure},
    store::{Fenced, Lease, Retention, Settlement, Store},
    tool::{BodyEnd, OnUnknown},
};

/// What is certain about the effect.
enum Certainty {
    /// It happened, or was refused for good.
    Certain,
    /// It did not happen.
    NothingDone,
    /// It may have happened.
    Unknown,
}

/// Records the outcome, and answers.
pub(super) async fn settle(ended: Ended, core: &Core) -> Reply {
    let Ended { grant, held, end } = ended;
    let tool = grant.tool().spec().name;
    let Some(held) = held else {
        return judge_read_only(tool, end);
    };
    let (certainty, reply) = judge(tool, end, held.once.spec.on_unknown);
    let settlement = settlement(&certainty, &reply, &held, core);
    match record(core, held, settlement).await {
        Fenced::Applied => reply,
        Fenced::Superseded => reply.not_durable(),
    }
}

/// What the end of a body that changes something means.
fn judge(tool: &str, end: End, on_unknown: OnUnknown) -> (Certainty, Reply) {
    let (certainty, failure) = match end {
        End::Returned(BodyEnd::Value(value)) => match Reply::success(&value) {
            Ok(reply) => return (Certainty::Certain, reply),
            Err(error) => (Certainty::Certain, unavailable_result(&error.to_string())),
        },
        End::Returned(BodyEnd::Unserializable { detail }) => {
            (Certainty::Certain, unavailable_result(&detail))
        }
        End::Returned(BodyEnd::Failed { report, detail }) => match report.class {
            Class::Rejected | Class::Validation | Class::Authz => {
                (Certainty::Certain, Failure::of_report(report, detail).spends_the_key())
            }
            Class::Transient => (Certainty::NothingDone, Failure::of_report(report, detail)),
            Class::Ambiguous if on_unknown == OnUnknown::Retry => {
                (Certainty::Unknown, Failure::retry_same_key(report.code, detail))
            }
            Class::Ambiguous => (Certainty::Unknown, Failure::of_report(report, detail)),
            // A defect says nothing about what was done before it.
            Class::Internal => (Certainty::Unknown, Failure::unknown(report.code, detail)),
        },
        // Unlike a slow backend, a defect is not mended by repeating the call at once.
        End::Panicked(detail) => (Certainty::Unknown, Failure::unknown("panicked", detail)),
        End::OutOfTime(allowed) => {
            let detail = format!("the body took over {allowed:?}");
            let told = match on_unknown {
                OnUnknown::Refuse => Failure::unknown("timed_out", detail),
                OnUnknown::Retry => Failure::retry_same_key("timed_out", detail),
            };
            (Certainty::Unknown, told)
        }
    };
    (certainty, Reply::failure(tool, &failure))
}

/// What the end of a body that changes nothing means.
fn judge_read_only(tool: &str, end: End) -> Reply {
    let failure = match end {
        End::Returned(BodyEnd::Value(value)) => match Reply::success(&value) {
            Ok(reply) => return reply,
            Err(error) => Failure::internal(error.to_string()),
        },
        End::Returned(BodyEnd::Unserializable { detail }) | End::Panicked(detail) => {
            Failure::internal(detail)
        }
        End::Returned(BodyEnd::Failed { mut report, detail }) => {
            if report.class == Class::Ambiguous {
                report.class = Class::Transient;
            }
            Failure::of_report(report, detail)
        }
        End::OutOfTime(allowed) => Failure::timed_out(format!("the body took over {allowed:?}")),
    };
    Reply::failure(tool, &failure)
}

/// It was done, and cannot be shown.
fn unavailable_result(detail: &str) -> Failure {
    tracing::error!(detail, "a result cannot be written as JSON");
    Failure::result_unavailable()
}

fn settlement(certainty: &Certainty, reply: &Reply, held: &Held, core: &Core) -> Settlement {
    let retention = Retention {
        retain: held.once.spec.retain.unwrap_or(core.settings.retain),
        tombstone: held.once.spec.tombstone.unwrap_or(core.settings.tombstone),
    };
    match certainty {
        Certainty::Certain if reply.body().len() > core.settings.max_reply_bytes => {
            let unavailable = Reply::failure("", &Failure::result_unavailable());
            Settlement::Recorded { reply: unavailable.stored().clone(), retention }
        }
        Certainty::Certain => Settlement::Recorded { reply: reply.stored().clone(), retention },
        Certainty::NothingDone => Settlement::Released { retention },
        Certainty::Unknown => Settlement::Unknown,
    }
}

/// Writes the settlement. Where the store does not answer, the caller is answered all the same, and
/// the writing goes on in the background: the effect is a fact, whoever knows it.
async fn record(core: &Core, held: Held, settlement: Settlement) -> Fenced {
    match held.store.settle(&held.lease, &settlement).await {
        Ok(Fenced::Applied) => Fenced::Applied,
        Ok(Fenced::Superseded) => {
            tracing::error!(
                "an outcome was not recorded: its operation has been settled otherwise"
            );
            Fenced::Superseded
        }
        Err(error) => {
            tracing::error!(%error, "an outcome is not recorded yet; going on in the background");
            let token = core.running.token();
            tokio::spawn(async move {
                go_on(&*held.store, &held.lease, &settlement).await;
                drop(token);
            });
            Fenced::Superseded
        }
    }
}

/// How long the store is asked again after a failure. Then the record stays as it is, and its lease
/// runs out to "unknown".
const TRIES: u32 = 24;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

async fn go_on(store: &dyn Store, lease: &Lease, settlement: &Settlement) {
    let mut pause = Duration::from_millis(50);
    for _ in 0..TRIES {
        sleep(pause).await;
        match store.settle(lease, settlement).await {
            Ok(fenced) => {
                tracing::info!(?fenced, "an outcome was recorded late");
                return;
            }
            Err(error) => tracing::warn!(%error, "an outcome is still not recorded"),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    tracing::error!("an outcome could not be recorded; its operation will be unknown");
}
