//! Payments for one's own orders: whose an order is, a test says.

use mcp_guard::{AccessRequest, AuthorizeFuture, Authorizer, Decision, GuardBuilder, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::backend::{BackendError, Refund},
    Engine,
    body::Manner,
};
use crate::{ledger::Entry, moods::Moment};

pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
    builder.tool::<pay_own>().tool::<see_own>()
}

/// Whether it is the caller's order. One that is nobody's does not exist.
async fn owns_order(
    caller: &Caller,
    engine: &Engine,
    order_id: &str,
) -> Result<bool, BackendError> {
    engine.pass(order_id, Moment::Asked).await?;
    Ok(engine.moods.owner(order_id)?.is_some_and(|owner| owner == caller.subject()))
}

/// Pay for an order of one's own.
#[guarded_tool(
    scope = "payments",
    idempotent(on_unknown = reconcile(look_at_own)),
    max_amount = 1000,
    budget(amount_cents <= 1_500, per = "1h"),
    authorize = owns_order(engine, order_id)
)]
async fn pay_own(
    engine: &Engine,
    effect: &Effect,
    /// Order to pay for.
    order_id: String,
    /// Amount to pay, in cents.
    amount_cents: u64,
    /// What for.
    #[serde(default = "goods")]
    purpose: String,
) -> Result<Refund, BackendError> {
    drop(purpose);
    let entry = Entry { tool: "pay_own".into(), order_id, amount_cents, key: effect.key().into() };
    engine.pay(effect, Manner::Plain, &entry).await
}

fn goods() -> String {
    "goods".into()
}

async fn look_at_own(
    engine: &Engine,
    effect: &Effect,
    order_id: String,
    _amount_cents: u64,
    _purpose: String,
) -> Result<Reconciled<Refund>, BackendError> {
    engine.look(&order_id, effect.key()).await
}

/// An order, as its owner sees it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Seen {
    order_id: String,
}

/// Look at an order of one's own.
#[guarded_tool(scope = "payments", read_only, authorize = owns_order)]
async fn see_own(
    engine: &Engine,
    /// Order to look at.
    order_id: String,
) -> Result<Seen, BackendError> {
    engine.begin(&Entry {
        tool: "see_own".into(),
        order_id: order_id.clone(),
        amount_cents: 0,
        key: String::new(),
    })?;
    Ok(Seen { order_id })
}

/// Denies every call of these tools.
pub(super) struct Freeze(pub(super) Vec<String>);

impl Authorizer for Freeze {
    fn name(&self) -> &'static str {
        "freeze"
    }

    fn authorize<'a>(&'a self, request: AccessRequest<'a>) -> AuthorizeFuture<'a> {
        let frozen = self.0.iter().any(|name| name == request.tool().name);
        let decision = if frozen { Decision::Deny } else { Decision::Permit };
        Box::pin(async move { Ok(decision) })
    }
}
