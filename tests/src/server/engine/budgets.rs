//! Payments with a budget, one for each thing that can be said of budgets.

use mcp_guard::{GuardBuilder, prelude::*};

use super::{
    super::backend::{BackendError, Refund},
    Engine,
    body::Manner,
};
use crate::ledger::Entry;

/// Declares payments with these attributes. All have the same parameters and the same body.
macro_rules! payments {
    ($($name:ident ($($attribute:tt)*) $manner:ident;)*) => {
        $(
            /// Pay for an order, out of a budget.
            #[guarded_tool(any_caller, $($attribute)*)]
            async fn $name(
                engine: &Engine,
                effect: &Effect,
                /// Order to pay for.
                order_id: String,
                /// Amount to pay, in cents.
                amount_cents: u64,
            ) -> Result<Refund, BackendError> {
                let tool = stringify!($name).to_owned();
                let entry = Entry { tool, order_id, amount_cents, key: effect.key().into() };
                engine.pay(effect, Manner::$manner, &entry).await
            }
        )*

        pub(super) fn register(builder: GuardBuilder) -> GuardBuilder {
            builder$(.tool::<$name>())*.tool::<adjust>()
        }
    };
}

payments! {
    spend(idempotent, budget(amount_cents <= 1_000, per = "1h")) Plain;
    spend_of_tenant(idempotent, budget(amount_cents <= 1_000, per = "1h", of = tenant)) Plain;
    spend_of_tool(idempotent, budget(amount_cents <= 1_000, per = "1h", of = tool)) Plain;
    spend_for_order(idempotent, budget(amount_cents <= 1_000, per = "1h", of = order_id)) Plain;
    spend_again(
        idempotent(on_unknown = retry),
        budget(amount_cents <= 1_000, per = "1h")
    ) Deduplicates;
    spend_when_dispatched(
        idempotent(dispatch),
        budget(amount_cents <= 1_000, per = "1h")
    ) Dispatches;
    ring(idempotent, budget(calls <= 3, per = "1h")) Plain;
    spend_and_ring(
        idempotent,
        budget(amount_cents <= 1_000, per = "1h"),
        budget(calls <= 3, per = "1h", of = tenant)
    ) Plain;
}

/// Pay for an order, or take something back.
#[guarded_tool(any_caller, idempotent, budget(amount_cents <= 1_000, per = "1h"))]
async fn adjust(
    engine: &Engine,
    effect: &Effect,
    /// Order to adjust.
    order_id: String,
    /// Amount, in cents.
    amount_cents: i64,
) -> Result<Refund, BackendError> {
    let amount_cents = amount_cents.unsigned_abs();
    let entry = Entry { tool: "adjust".into(), order_id, amount_cents, key: effect.key().into() };
    engine.pay(effect, Manner::Plain, &entry).await
}
