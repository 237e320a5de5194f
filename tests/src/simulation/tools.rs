//! The tools, as a person would write them: every way to say what may happen once.

use mcp_guard::{
    Effect, GuardBuilder, NotDispatched, Reconciled, Tool, ToolError, ToolSpec, guarded_tool,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::backend::{Backend, Found};

/// What a successful call returns: which entry of the ledger it is, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Receipt {
    pub(super) entry: u64,
    pub(super) order: String,
    pub(super) amount: u64,
}

/// What the backend's client says when there is no receipt.
#[derive(Debug, thiserror::Error, ToolError)]
pub(super) enum Trouble {
    #[error("it was refused")]
    #[tool_error(rejected)]
    Refused,
    #[error("nothing was done")]
    #[tool_error(transient, retry_after = "200ms")]
    Busy,
    #[error("there was no answer")]
    #[tool_error(ambiguous)]
    NoAnswer,
    #[error("it was not begun")]
    #[tool_error(transient)]
    NotBegun(#[from] NotDispatched),
}

/// Declares a tool with this attribute. All have the same body.
macro_rules! tools {
    ($($name:ident ($($attribute:tt)*) $($dispatches:ident)?;)*) => {
        $(
            /// Acts on an order.
            #[guarded_tool(any_caller, max_amount = 9, $($attribute)*)]
            async fn $name(
                backend: &Backend,
                effect: &Effect,
                /// The order.
                order: String,
                /// The amount.
                amount: u64,
            ) -> Result<Receipt, Trouble> {
                act(backend, effect, &order, amount, tools!(@ $($dispatches)?)).await
            }
        )*

        /// Every tool, with how it is registered.
        pub(super) const TOOLS: &[(&ToolSpec, fn(GuardBuilder) -> GuardBuilder)] =
            &[$((&<$name as Tool>::SPEC, GuardBuilder::tool::<$name>)),*];
    };
    (@ dispatches) => { true };
    (@) => { false };
}

tools! {
    plain(idempotent);
    by_order(idempotent(key = [order]));
    within_budget(
        idempotent,
        budget(amount <= 10, per = "20s"),
        budget(calls <= 4, per = "20s", of = tenant)
    );
    by_order_within_budget(
        idempotent(key = [order]),
        budget(amount <= 12, per = "30s", of = tool)
    );
    brief(idempotent(retain = "2s", tombstone = "3s", lease = "1500ms"));
    repeated(idempotent(
        on_unknown = retry, in_flight = wait("2s"), retain = "1h", tombstone = "1h"
    ));
    repeated_by_order_within_budget(
        idempotent(key = [order], on_unknown = retry, retain = "1h", tombstone = "1h"),
        budget(amount <= 12, per = "60s")
    );
    looked_up(idempotent(on_unknown = reconcile(look_up), retain = "1h", tombstone = "1h"));
    looked_up_by_order_within_budget(
        idempotent(
            key = [order], on_unknown = reconcile(look_up), in_flight = wait("1s"),
            retain = "1h", tombstone = "1h"
        ),
        budget(amount <= 12, per = "60s")
    );
    announced(idempotent(dispatch)) dispatches;
    announced_by_order_within_budget(
        idempotent(dispatch, key = [order]),
        budget(amount <= 12, per = "30s"),
        budget(calls <= 3, per = "10s", of = order)
    ) dispatches;
    announced_repeated_by_order_within_budget(
        idempotent(dispatch, key = [order], on_unknown = retry, retain = "1h", tombstone = "1h"),
        budget(amount <= 12, per = "60s", of = tenant)
    ) dispatches;
}

async fn act(
    backend: &Backend,
    effect: &Effect,
    order: &str,
    amount: u64,
    dispatches: bool,
) -> Result<Receipt, Trouble> {
    let request = backend.prepare(effect, order, amount).await;
    if dispatches {
        effect.dispatch().await?;
    }
    request.send().await
}

async fn look_up(
    backend: &Backend,
    effect: &Effect,
    _order: String,
    _amount: u64,
) -> Reconciled<Receipt> {
    match backend.find(effect).await {
        Found::Entry(receipt) => Reconciled::Landed(receipt),
        Found::CanceledAttempts => Reconciled::NotLanded,
        Found::NoAnswer => Reconciled::StillUnknown,
    }
}
