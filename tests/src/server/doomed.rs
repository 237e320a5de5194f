//! The tools of a server that dies on demand, and the one that says where.
//!
//! Each of them has a business key, and a budget for each order, so that whatever dies, both can be
//! looked into.

use std::{io, process, time::Duration};

use mcp_guard::{GuardBuilder, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backend::{Backend, BackendError, Refund};
use crate::{
    crash::{
        fuse::Fuse,
        point::{Moment, Step},
    },
    ledger::{Entry, Ledger},
};

/// How long the claim of one of these tools stands without a sign of life.
pub const LEASE: Duration = Duration::from_millis(300);
/// What may be moved for one order.
pub const BUDGET: u64 = 1_000;

/// What these tools act on: the backend, and the fuse that they pass.
pub(super) struct Doomed {
    backend: Backend,
    fuse: Fuse,
}

pub(super) fn register(
    builder: GuardBuilder,
    effects: Ledger,
    attempts: Ledger,
    fuse: Fuse,
) -> GuardBuilder {
    builder
        .provide(Doomed { backend: Backend { effects, attempts }, fuse })
        .tool::<arm>()
        .tool::<act_or_doubt>()
        .tool::<act_again>()
        .tool::<act_and_look>()
        .tool::<act_when_dispatched>()
}

/// Adds the tool whose unknown outcomes are looked into without a call, so often.
pub(super) fn register_looked_after(builder: GuardBuilder, every: Duration) -> GuardBuilder {
    builder.reconcile_every(every).tool::<act_and_be_looked_after>()
}

/// How long a body waits on either side of its effect, in a process that is armed. In any other, it
/// does not wait.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub struct Pauses {
    /// Before it, in milliseconds.
    pub before: u32,
    /// After it, in milliseconds.
    pub after: u32,
}

/// One effect: `ord_1 for goodwill`.
fn entry(tool: &str, order_id: &str, purpose: &str, amount_cents: u64, effect: &Effect) -> Entry {
    let about = about(order_id, purpose);
    Entry { tool: tool.into(), order_id: about, amount_cents, key: effect.key().into() }
}

/// What an effect for an order and a purpose is written down as.
#[must_use]
pub fn about(order_id: &str, purpose: &str) -> String {
    format!("{order_id} for {purpose}")
}

impl Doomed {
    pub(super) fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    /// Says that a body began.
    pub(super) fn begin(&self, entry: &Entry) -> Result<(), BackendError> {
        self.fuse.pass(Step::Effect, Moment::Before);
        self.backend.begin(entry).map(drop)
    }

    /// Says that a body began whose effect is in the store's transaction.
    pub(super) fn begin_in_transaction(&self, order_id: &str, cents: u64) -> io::Result<()> {
        let entry = Entry {
            tool: "transfer".into(),
            order_id: order_id.into(),
            amount_cents: cents,
            key: process::id().to_string(),
        };
        self.backend.attempts.append(&entry).map(drop)
    }

    /// Every body: it acts between two pauses. It can die anywhere.
    async fn act(&self, entry: Entry, pauses: Pauses) -> Result<Refund, BackendError> {
        self.act_by(entry, pauses, Backend::act).await
    }

    /// The same, for a backend that deduplicates.
    async fn act_once(&self, entry: Entry, pauses: Pauses) -> Result<Refund, BackendError> {
        self.act_by(entry, pauses, |backend, entry| Ok(backend.act_once(entry)?.0)).await
    }

    async fn act_by(
        &self,
        entry: Entry,
        pauses: Pauses,
        effect: impl FnOnce(&Backend, &Entry) -> Result<Refund, BackendError>,
    ) -> Result<Refund, BackendError> {
        self.wait(pauses.before).await;
        self.fuse.pass(Step::Effect, Moment::During);
        let refund = effect(&self.backend, &entry)?;
        self.wait(pauses.after).await;
        self.fuse.pass(Step::Effect, Moment::After);
        Ok(refund)
    }

    pub(super) async fn wait(&self, millis: u32) {
        if millis > 0 && self.fuse.is_armed() {
            tokio::time::sleep(Duration::from_millis(millis.into())).await;
        }
    }

    /// Finds out about an earlier attempt.
    async fn look(&self, effect: &Effect) -> Reconciled<Refund> {
        self.fuse.through(Step::Reconcile, async { self.find(effect.key()) }).await
    }

    /// Looks for an effect. Where there is none, there never will be: whoever would have acted under
    /// this key has died.
    fn find(&self, key: &str) -> Reconciled<Refund> {
        let entries = self.backend.effects.entries();
        match entries.iter().position(|entry| entry.key == key) {
            Some(place) => Reconciled::Landed(Refund {
                refund_id: format!("re_{}", place + 1),
                amount_cents: entries[place].amount_cents,
            }),
            None => Reconciled::NotLanded,
        }
    }
}

/// Say where this process dies.
#[guarded_tool(read_only, any_caller)]
async fn arm(
    doomed: &Doomed,
    /// The point, such as `claim:after`.
    point: String,
) -> Result<(), BackendError> {
    doomed.fuse.arm(point.parse().map_err(BackendError::NoSuchOrder)?);
    Ok(())
}

/// Act, and say so where the outcome is unknown.
#[guarded_tool(
    idempotent(key = [order_id, purpose], lease = "300ms"),
    budget(amount_cents <= 1_000, per = "1h", of = order_id),
    any_caller
)]
async fn act_or_doubt(
    doomed: &Doomed,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
    /// Why.
    purpose: String,
    /// Amount to move, in cents.
    amount_cents: u64,
    /// How long to wait.
    pauses: Pauses,
) -> Result<Refund, BackendError> {
    let entry = entry("act_or_doubt", &order_id, &purpose, amount_cents, effect);
    doomed.begin(&entry)?;
    doomed.act(entry, pauses).await
}

/// Act once for each downstream key, as often as it takes.
#[guarded_tool(
    idempotent(key = [order_id, purpose], lease = "300ms", on_unknown = retry),
    budget(amount_cents <= 1_000, per = "1h", of = order_id),
    any_caller
)]
async fn act_again(
    doomed: &Doomed,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
    /// Why.
    purpose: String,
    /// Amount to move, in cents.
    amount_cents: u64,
    /// How long to wait.
    pauses: Pauses,
) -> Result<Refund, BackendError> {
    let entry = entry("act_again", &order_id, &purpose, amount_cents, effect);
    doomed.begin(&entry)?;
    doomed.act_once(entry, pauses).await
}

/// Act, and look where the outcome is unknown.
///
/// It borrows its caller, so that its reconciler does: then it is asked by the next call alone, and a
/// test knows when.
#[guarded_tool(
    idempotent(key = [order_id, purpose], lease = "300ms", on_unknown = reconcile(look)),
    budget(amount_cents <= 1_000, per = "1h", of = order_id),
    any_caller
)]
async fn act_and_look(
    doomed: &Doomed,
    effect: &Effect,
    _caller: &Caller,
    /// Order to act on.
    order_id: String,
    /// Why.
    purpose: String,
    /// Amount to move, in cents.
    amount_cents: u64,
    /// How long to wait.
    pauses: Pauses,
) -> Result<Refund, BackendError> {
    let entry = entry("act_and_look", &order_id, &purpose, amount_cents, effect);
    doomed.begin(&entry)?;
    doomed.act(entry, pauses).await
}

async fn look(
    doomed: &Doomed,
    effect: &Effect,
    _caller: &Caller,
    _order_id: String,
    _purpose: String,
    _amount_cents: u64,
    _pauses: Pauses,
) -> Reconciled<Refund> {
    doomed.look(effect).await
}

/// Act, and be looked after while nobody calls.
#[guarded_tool(
    idempotent(key = [order_id, purpose], lease = "300ms", on_unknown = reconcile(look_after)),
    budget(amount_cents <= 1_000, per = "1h", of = order_id),
    any_caller
)]
async fn act_and_be_looked_after(
    doomed: &Doomed,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
    /// Why.
    purpose: String,
    /// Amount to move, in cents.
    amount_cents: u64,
    /// How long to wait.
    pauses: Pauses,
) -> Result<Refund, BackendError> {
    let entry = entry("act_and_be_looked_after", &order_id, &purpose, amount_cents, effect);
    doomed.begin(&entry)?;
    doomed.act(entry, pauses).await
}

async fn look_after(
    doomed: &Doomed,
    effect: &Effect,
    _order_id: String,
    _purpose: String,
    _amount_cents: u64,
    _pauses: Pauses,
) -> Reconciled<Refund> {
    doomed.look(effect).await
}

/// Act right after having said so.
#[guarded_tool(
    idempotent(key = [order_id, purpose], lease = "300ms", dispatch),
    budget(amount_cents <= 1_000, per = "1h", of = order_id),
    any_caller
)]
async fn act_when_dispatched(
    doomed: &Doomed,
    effect: &Effect,
    /// Order to act on.
    order_id: String,
    /// Why.
    purpose: String,
    /// Amount to move, in cents.
    amount_cents: u64,
    /// How long to wait.
    pauses: Pauses,
) -> Result<Refund, BackendError> {
    let entry = entry("act_when_dispatched", &order_id, &purpose, amount_cents, effect);
    doomed.begin(&entry)?;
    doomed.wait(pauses.before).await;
    effect.dispatch().await?;
    doomed.act(entry, Pauses { before: 0, ..pauses }).await
}
