//! The payments service that the tools stand in front of, and the client that calls it.
//!
//! The two share nothing but HTTP and the types on this page, as if another team ran the service.

mod admin;
mod client;
mod error;
mod fault;
mod ledger;
mod line;
mod service;
#[cfg(test)]
mod tests;

pub(crate) use admin::Admin;
pub(crate) use client::Payments;
pub(crate) use error::RefundError;
pub(crate) use fault::{Fault, Mode};
pub(crate) use ledger::{Ledger, Totals};
pub(crate) use service::{Service, Tokens};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Orders that every ledger starts with, and what was paid for each, in cents.
pub(crate) const TRIAL_ORDERS: &[(&str, u64)] =
    &[("ord_8821", 12_900), ("ord_8822", 4_550), ("ord_8823", 240_000)];
/// Deposits that customers left with these orders, in cents.
pub(crate) const TRIAL_DEPOSITS: &[(&str, u64)] = &[("ord_8821", 5_000), ("ord_8823", 20_000)];
/// What every delivery costs, in cents.
pub(crate) const DELIVERY_FEE_CENTS: u64 = 490;

/// Why a refund is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The goods were broken or not as described.
    Defect,
    /// The goods came too late.
    Late,
    /// Nobody is to blame; it keeps the customer.
    Goodwill,
}

/// What the service pays back for. The model is offered [`Reason`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cause {
    Defect,
    Late,
    Goodwill,
    /// The customer's own money, left with the order.
    Deposit,
    /// The fee that was paid beside the order.
    Delivery,
}

impl Cause {
    /// The name on the wire and in the ledger.
    fn as_str(self) -> &'static str {
        match self {
            Self::Defect => "defect",
            Self::Late => "late",
            Self::Goodwill => "goodwill",
            Self::Deposit => "deposit",
            Self::Delivery => "delivery",
        }
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Defect => Self::Defect,
            Reason::Late => Self::Late,
            Reason::Goodwill => Self::Goodwill,
        }
    }
}

/// A refund that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Refund {
    /// The refund's own number.
    pub(crate) refund_id: String,
    /// What was paid back, in cents.
    pub(crate) amount_cents: u64,
}

/// A paid order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PaidOrder {
    /// The order's own number.
    pub(crate) order_id: String,
    /// What the customer paid, in cents.
    pub(crate) total_cents: u64,
    /// What of it has been refunded so far, in cents.
    pub(crate) refunded_cents: u64,
    /// What is still held of the deposit that the customer left with it, in cents.
    pub(crate) deposit_cents: u64,
}

/// What the service is asked to refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    order_id: String,
    amount_cents: u64,
    reason: Cause,
}

/// Why the service refused a request. Each is final: nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
enum Refusal {
    /// The body, the path or the key is not what the service takes.
    BadRequest,
    /// The service-account token is missing or wrong.
    Unauthorized,
    /// There is no such order.
    OrderNotFound,
    /// There was no refund under this key, so far.
    RefundNotFound,
    /// Only so much is left of what it is to be paid from.
    AmountAboveRemaining { remaining_cents: u64 },
    /// The `Idempotency-Key` belongs to another request.
    IdempotencyKeyReused,
}

/// The body of every refusal.
#[derive(Debug, Serialize, Deserialize)]
struct RefusalBody {
    error: Refusal,
}
