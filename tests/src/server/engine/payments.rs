//! Payments, one for each thing that can be said of what may happen once.

use mcp_guard::{GuardBuilder, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::backend::{BackendError, Refund},
    Engine,
    body::Manner,
};
use crate::ledger::Entry;

/// What was paid, and what the caller said about it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Paid {
    refund_id: String,
    amount_cents: u64,
    note: Option<String>,
}

impl Paid {
    fn new(refund: Refund, note: Option<String>) -> Self {
        let Refund { refund_id, amount_cents } = refund;
        Self { refund_id, amount_cents, note }
    }
}

/// Declares payments with these attributes. All have the same parameters and the same body.
macro_rules! payments {
    ($($name:ident ($($attribute:tt)*) $manner:ident;)*) => {
        $(
            /// Pay for an order.
            #[guarded_tool(scope = "payments", $($attribute)*)]
            async fn $name(
                engine: &Engine,
                effect: &Effect,
                /// Order to pay for.
                order_id: String,
                /// What for.
                purpose: String,
                /// Amount to pay, in cents.
                amount_cents: u64,
                /// What to remember of it.
                note: Option<String>,
            ) -> Result<Paid, BackendError> {
                drop(purpose);
                let tool = stringify!($name).to_owned();
                let entry = Entry { tool, order_id, amount_cents, key: effect.key().into() };
                let refund = engine.pay(effect, Manner::$manner, &entry).await?;
                Ok(Paid::new(refund, note))
            }
        )*

        pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
            builder$(.tool::<$name>())*.tool::<pay_and_look_as_caller>().tool::<weigh>()
        }
    };
}

payments! {
    pay(idempotent(key = [order_id, purpose])) Plain;
    pay_patiently(idempotent(key = [order_id, purpose], in_flight = wait("10s"))) Plain;
    pay_impatiently(idempotent(key = [order_id, purpose], in_flight = wait("200ms"))) Plain;
    pay_again(idempotent(key = [order_id, purpose], on_unknown = retry)) Deduplicates;
    pay_again_within(
        idempotent(key = [order_id, purpose], on_unknown = retry),
        max_amount = 400,
        limit(amount_cents <= 1_000, scope = "payments:large")
    ) Deduplicates;
    pay_and_look(idempotent(key = [order_id, purpose], on_unknown = reconcile(look))) Plain;
    pay_when_dispatched(idempotent(key = [order_id, purpose], dispatch)) Dispatches;
    pay_by_client_key(idempotent) Plain;
}

/// Pay for an order, with a look that is told who calls: nobody looks but the caller's next call.
#[guarded_tool(
    scope = "payments",
    idempotent(key = [order_id, purpose], on_unknown = reconcile(look_as_caller))
)]
async fn pay_and_look_as_caller(
    engine: &Engine,
    effect: &Effect,
    caller: &Caller,
    /// Order to pay for.
    order_id: String,
    /// What for.
    purpose: String,
    /// Amount to pay, in cents.
    amount_cents: u64,
) -> Result<Paid, BackendError> {
    drop(purpose);
    let (tool, key) = ("pay_and_look_as_caller".into(), effect.key().into());
    let entry = Entry { tool, order_id, amount_cents, key };
    let refund = engine.pay(effect, Manner::Plain, &entry).await?;
    Ok(Paid::new(refund, Some(caller.subject().into())))
}

async fn look_as_caller(
    engine: &Engine,
    effect: &Effect,
    caller: &Caller,
    order_id: String,
    purpose: String,
    amount_cents: u64,
) -> Result<Reconciled<Paid>, BackendError> {
    look(engine, effect, order_id, purpose, amount_cents, Some(caller.subject().into())).await
}

/// Where a parcel goes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Label {
    from: String,
    to: Option<String>,
}

/// What a parcel weighs.
#[derive(Serialize, JsonSchema)]
struct Weight {
    grams: f64,
}

/// Weigh the parcel of an order.
#[guarded_tool(any_caller, idempotent)]
async fn weigh(
    engine: &Engine,
    effect: &Effect,
    /// Order to weigh.
    order_id: String,
    /// What it weighs.
    grams: f64,
    /// Where it goes.
    label: Option<Label>,
) -> Result<Weight, BackendError> {
    drop(label);
    let entry = Entry { tool: "weigh".into(), order_id, amount_cents: 0, key: effect.key().into() };
    engine.pay(effect, Manner::Plain, &entry).await?;
    Ok(Weight { grams })
}

async fn look(
    engine: &Engine,
    effect: &Effect,
    order_id: String,
    _purpose: String,
    _amount_cents: u64,
    note: Option<String>,
) -> Result<Reconciled<Paid>, BackendError> {
    Ok(match engine.look(&order_id, effect.key()).await? {
        Reconciled::Landed(refund) => Reconciled::Landed(Paid::new(refund, note)),
        Reconciled::NotLanded => Reconciled::NotLanded,
        Reconciled::StillUnknown => Reconciled::StillUnknown,
    })
}
