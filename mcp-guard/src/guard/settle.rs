//! Settling: what the body's end means, recorded before the answer leaves.

mod judge;
mod transaction;

use std::sync::Arc;

use judge::Before;
pub(super) use judge::Certainty;

use super::{
    Core, Reply,
    background::{self, Late},
    misfit,
    reserve::Held,
    run::Ended,
};
use crate::{
    encryption::Content,
    failure::Failure,
    store::{Fenced, OperationId, Payload, Settlement, StoredReply},
    tool::IdempotentSpec,
};

/// Records the outcome, and answers.
pub(super) async fn settle(ended: Ended, core: &Core) -> Reply {
    let Ended { grant, held, end, dispatched } = ended;
    let tool = grant.tool().spec().name;
    let misfits = misfit::look(&end, grant.tool(), core);
    let Some(mut held) = held else {
        return misfit::refuse(judge::without_effect(tool, end).1, tool, misfits);
    };
    if let Some(open) = held.transaction.take() {
        let reply = transaction::settle(tool, end, held, open, core).await;
        return misfit::mark(reply, misfits.as_ref());
    }
    let on_unknown = held.once.spec.on_unknown;
    let before = Before::attempt(held.lease.attempt.epoch, on_unknown);
    let (certainty, reply) = if held.once.spec.dispatches && !dispatched && !end.is_success() {
        judge::before_effect(tool, end, before)
    } else {
        judge::of_effect(tool, end, on_unknown, before)
    };
    let operation = held.lease.attempt.operation;
    let settlement = settlement(certainty, &reply, &operation, &held.once.spec, core);
    let reply = misfit::mark(reply, misfits.as_ref());
    let late = Late { what: "an outcome is recorded", tool, operation, certainty };
    match record(core, held, settlement, late).await {
        Written::Now => reply,
        Written::Later => reply.not_durable(),
        // The effect is a fact, whoever settled its operation meanwhile.
        Written::Never if certainty == Certainty::Done => reply.not_durable(),
        // Anything else is not: another attempt may have done it.
        Written::Never => Reply::failure(tool, &Failure::superseded()),
    }
}

/// Whether an outcome is recorded.
enum Written {
    /// It is.
    Now,
    /// The store did not answer; writing goes on.
    Later,
    /// Its operation has been settled otherwise.
    Never,
}

/// What is recorded of an end.
pub(super) fn settlement(
    certainty: Certainty,
    reply: &Reply,
    operation: &OperationId,
    spec: &IdempotentSpec,
    core: &Core,
) -> Settlement {
    let retention = core.settings.retention(Some(spec));
    let recorded = |acted| Settlement::Recorded {
        reply: StoredReply { body: kept(reply, operation, core), is_error: reply.is_error() },
        acted,
        retention,
    };
    match certainty {
        Certainty::Done => recorded(true),
        Certainty::Refused => recorded(false),
        Certainty::NothingDone => Settlement::Released { retention },
        Certainty::Unknown => Settlement::Unknown,
    }
}

/// The body as it is kept: nothing of one that is too large, or that cannot be sealed. A replay
/// then says that the result is not available.
fn kept(reply: &Reply, operation: &OperationId, core: &Core) -> Payload {
    let body = Some(reply.body()).filter(|body| body.len() <= core.settings.max_reply_bytes);
    core.vault.seal(operation, Content::Reply, body.unwrap_or_default()).unwrap_or_else(|error| {
        tracing::error!(%operation, %error, "an answer is not kept");
        Payload::from_bytes(Vec::new())
    })
}

/// Writes the settlement. Where the store does not answer, the caller is answered all the same, and
/// the writing goes on in the background: the effect is a fact, whoever knows it.
async fn record(core: &Core, held: Held, settlement: Settlement, late: Late) -> Written {
    match held.store.settle(&held.lease, &settlement).await {
        Ok(Fenced::Applied) => Written::Now,
        Ok(Fenced::Superseded) => {
            late.is_superseded();
            Written::Never
        }
        Err(error) => {
            late.is_put_off(&error);
            let (store, lease) = (held.store, held.lease);
            background::persist(&core.running, late, move || {
                let (store, lease) = (Arc::clone(&store), lease.clone());
                let settlement = settlement.clone();
                async move { store.settle(&lease, &settlement).await }
            });
            Written::Later
        }
    }
}
