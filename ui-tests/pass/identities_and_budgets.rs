//! What an operation is about, and what calls may take together.
#![deny(warnings)]

use mcp_guard::{BudgetOf, EffectClass, IdempotentSpec, Measure, Tool, prelude::*};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};

#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
struct Cents(u64);

impl Measure for Cents {
    fn measure(&self) -> Option<i128> {
        self.0.measure()
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Late,
}

/// Issue a refund.
#[guarded_tool(
    idempotent(key = [order_id, reason, r#type], retain = "24h"),
    scope = "refunds",
    limit(quantity <= 10),
    budget(price <= 200_000, per = "24h"),
    budget(price <= 9_007_199_254_740_991, per = "30d", of = tool),
    budget(quantity <= 1, per = "1ms", of = order_id),
    budget(calls <= 20, per = "1h", of = tenant),
    budget(calls <= 0x20, of = caller, per = "1h",),
)]
async fn refund(
    caller: &Caller,
    /// Order to refund.
    #[serde(rename = "order")]
    order_id: String,
    /// Its price.
    price: Cents,
    /// How many.
    quantity: i16,
    /// Why.
    reason: Reason,
    /// What kind.
    r#type: u8,
    /// A note.
    note: Option<String>,
) -> Result<u64, Infallible> {
    let _ = (caller, order_id, quantity, r#type, note);
    let Reason::Late = reason;
    Ok(price.0)
}

/// Words are names of what the server lends, too.
#[guarded_tool(idempotent, any_caller, budget(calls <= 1, per = "1d", of = caller))]
async fn words(caller: &Caller, calls: &u8, tenant: &u16) -> Result<(), Infallible> {
    let _ = (caller, calls, tenant);
    Ok(())
}

/// A word may still be a name on the wire.
#[guarded_tool(idempotent, any_caller, budget(made <= 5, per = "1h", of = called))]
async fn renamed(
    /// How many.
    #[serde(rename = "calls")]
    made: u32,
    /// Which.
    #[serde(rename = "tool")]
    called: String,
) -> Result<(), Infallible> {
    let _ = (made, called);
    Ok(())
}

fn keys<T: Tool>() -> IdempotentSpec {
    let EffectClass::Idempotent(keys) = T::SPEC.effect else { panic!("it changes something") };
    keys
}

fn main() {
    assert_eq!(keys::<refund>().business_key, ["order", "reason", "type"]);
    assert!(!keys::<refund>().dispatches && !keys::<refund>().transaction);
    assert!(keys::<words>().business_key.is_empty());

    let hour = Duration::from_secs(3_600);
    let budgets: Vec<_> = refund::SPEC
        .budgets
        .iter()
        .map(|budget| (budget.parameter, budget.max, budget.per, budget.of))
        .collect();
    assert_eq!(
        budgets,
        [
            (Some("price"), 200_000, 24 * hour, BudgetOf::Caller),
            (Some("price"), mcp_guard::store::MAX_CAP, 720 * hour, BudgetOf::Tool),
            (Some("quantity"), 1, Duration::from_millis(1), BudgetOf::Parameter("order")),
            (None, 20, hour, BudgetOf::Tenant),
            (None, 32, hour, BudgetOf::Caller),
        ]
    );
    let [budget] = renamed::SPEC.budgets else { panic!("one budget") };
    assert_eq!(budget.parameter, Some("calls"));
    assert_eq!(budget.of, BudgetOf::Parameter("tool"));

    // What is summed is measured once, whether it has a limit or not.
    let arguments = serde_json::from_str(
        r#"{"order": "ord_8821", "price": 3, "quantity": -4, "reason": "late", "type": 1}"#,
    )
    .unwrap();
    assert_eq!(refund::measure(&arguments), [("price", Some(3)), ("quantity", Some(-4))]);
    assert!(words::measure(&serde_json::from_str("{}").unwrap()).is_empty());

    let _ = Guard::builder().tool::<refund>().tool::<words>().tool::<renamed>();
}
