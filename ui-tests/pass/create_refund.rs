//! The function of the documentation, word for word.
#![deny(warnings)]

use mcp_guard::{Access, EffectClass, InFlight, OnUnknown, Tool, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Defect,
    Late,
    Goodwill,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Refund {
    refund_id: String,
    amount_cents: u64,
}

#[derive(Debug, thiserror::Error, ToolError)]
enum RefundError {
    #[error("order {0} does not exist")]
    #[tool_error(rejected, code = "order_not_found", public)]
    NoSuchOrder(String),
}

struct Payments;

impl Payments {
    async fn refund(
        &self,
        order_id: &str,
        amount_cents: u64,
        _reason: Reason,
        key: &str,
    ) -> Result<Refund, RefundError> {
        if order_id.is_empty() {
            return Err(RefundError::NoSuchOrder(order_id.to_owned()));
        }
        Ok(Refund { refund_id: key.to_owned(), amount_cents })
    }
}

/// Issue a refund for a paid order. The amount must not exceed the order's total.
#[guarded_tool(idempotent, max_amount = 50000, scope = "refunds")]
async fn create_refund(
    payments: &Payments,          // borrowed: the server provides it
    effect: &Effect,              // borrowed: this call's effect (downstream key, deadline, …)
    /// Order to refund, such as `ord_8821`.
    order_id: String,             // owned: the model sends it
    /// Amount to refund, in cents.
    #[schemars(range(min = 1))]
    amount_cents: u64,
    /// Why the refund is issued.
    reason: Reason,
) -> Result<Refund, RefundError> {
    payments.refund(&order_id, amount_cents, reason, effect.key()).await
}

fn main() {
    let spec = create_refund::SPEC;
    assert_eq!(spec.name, "create_refund");
    assert_eq!(spec.title, None);
    assert_eq!(
        spec.description,
        "Issue a refund for a paid order. The amount must not exceed the order's total."
    );
    assert!(matches!(spec.access, Access::Scopes(["refunds"])));
    let EffectClass::Idempotent(keys) = spec.effect else { panic!("it changes something") };
    assert_eq!((keys.retain, keys.tombstone, keys.lease), (None, None, None));
    assert_eq!((keys.in_flight, keys.on_unknown), (InFlight::Refuse, OnUnknown::Refuse));
    let [limit] = spec.limits else { panic!("one limit") };
    assert_eq!(
        (limit.parameter, limit.min, limit.max, limit.scope),
        ("amount_cents", Some(0), 50_000, None)
    );
    assert_eq!(spec.timeout, None);
    assert!(spec.destructive && spec.open_world);
    assert_eq!(create_refund::requires().len(), 2);

    let arguments = serde_json::from_str(
        r#"{"order_id": "ord_8821", "amount_cents": 5, "reason": "goodwill"}"#,
    )
    .unwrap();
    assert_eq!(create_refund::measure(&arguments), [("amount_cents", Some(5))]);
    let schema = schemars::schema_for!(<create_refund as Tool>::Arguments);
    let amount = &schema.as_value()["properties"]["amount_cents"];
    assert_eq!(amount["description"], "Amount to refund, in cents.");
    assert_eq!(amount["minimum"], 1);
    assert_eq!(schema.as_value()["additionalProperties"], false);
    assert_eq!(schema.as_value()["title"], "create_refund");

    let _ = (Reason::Defect, Reason::Late);
    let _ = Guard::builder().tool::<create_refund>();
}
