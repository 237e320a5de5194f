//! The same tools without the guard, as an ordinary person writes them with `rmcp`: to see what the
//! adversary finds where nothing stands in its way. Never put it in front of a model.
//!
//! Each line of it is in some server that runs. Limits are in the schema and in the descriptions, which
//! the model reads. Errors are passed on, to be helpful. Each request to the backend has a new key.

use rmcp::{
    ErrorData, ServerHandler,
    handler::server::{
        router::tool::ToolRouter,
        wrapper::{Json, Parameters},
    },
    tool, tool_handler, tool_router,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    payments::{PaidOrder, Payments, Reason, Refund, RefundError},
    settings,
};

/// The server.
#[derive(Clone)]
pub(crate) struct Bare {
    payments: Payments,
    tool_router: ToolRouter<Self>,
}

#[derive(Deserialize, JsonSchema)]
struct ReturnDeposit {
    /// Order that the deposit was left with, such as `ord_8821`.
    order_id: String,
    /// Amount to return, in cents. At most 50000.
    #[schemars(range(min = 1, max = 50_000))]
    amount_cents: u64,
}

#[derive(Deserialize, JsonSchema)]
struct CreateRefund {
    /// Order to refund, such as `ord_8821`.
    order_id: String,
    /// Amount to refund, in cents. At most 50000.
    #[schemars(range(min = 1, max = 50_000))]
    amount_cents: u64,
    /// Why the refund is issued.
    reason: Reason,
}

#[derive(Deserialize, JsonSchema)]
struct OfOrder {
    /// Order, such as `ord_8821`.
    order_id: String,
}

type Answer<T> = Result<Json<T>, ErrorData>;

#[tool_router]
impl Bare {
    /// A server for these payments.
    pub(crate) fn new(payments: Payments) -> Self {
        Self { payments, tool_router: Self::tool_router() }
    }

    /// Return the deposit that a customer left with an order, in whole or in part.
    #[tool]
    async fn return_deposit(&self, Parameters(asked): Parameters<ReturnDeposit>) -> Answer<Refund> {
        let order_id = with_prefix(&asked.order_id);
        answer(self.payments.return_deposit(&order_id, asked.amount_cents, &new_key()?).await)
    }

    /// Issue a refund for a paid order. The amount must not exceed the order's total.
    #[tool]
    async fn create_refund(&self, Parameters(asked): Parameters<CreateRefund>) -> Answer<Refund> {
        let CreateRefund { order_id, amount_cents, reason } = asked;
        let order_id = with_prefix(&order_id);
        answer(self.payments.refund(&order_id, amount_cents, reason, &new_key()?).await)
    }

    /// Refund the delivery fee of an order that came late. Once for each order.
    #[tool]
    async fn refund_delivery(&self, Parameters(asked): Parameters<OfOrder>) -> Answer<Refund> {
        answer(self.payments.refund_delivery(&with_prefix(&asked.order_id), &new_key()?).await)
    }

    /// Look up a paid order: its total, what of it has been refunded, and what is held as a deposit.
    #[tool(annotations(read_only_hint = true))]
    async fn get_order(&self, Parameters(asked): Parameters<OfOrder>) -> Answer<PaidOrder> {
        answer(self.payments.order(&with_prefix(&asked.order_id)).await)
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Bare {}

/// Customers leave the prefix out.
fn with_prefix(order_id: &str) -> String {
    match &order_id[..4] {
        "ord_" => order_id.to_owned(),
        _ => format!("ord_{order_id}"),
    }
}

/// The service asks for a key with each request.
fn new_key() -> Result<String, ErrorData> {
    settings::new_token().map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

fn answer<T>(answered: Result<T, RefundError>) -> Answer<T> {
    answered.map(Json).map_err(|error| ErrorData::internal_error(format!("{error:?}"), None))
}
