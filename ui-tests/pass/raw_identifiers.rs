//! `r#type` is `type` on the wire, in the schema, in limits and as a tool's name.
#![deny(warnings)]

use mcp_guard::{BudgetOf, Tool, prelude::*};
use std::convert::Infallible;

/// Look something up.
#[guarded_tool(idempotent, any_caller, limit(r#type <= 9), limit(r#match <= -1))]
async fn r#use(
    /// Its type.
    r#type: u8,
    /// What to match.
    r#match: i8,
) -> Result<u8, Infallible> {
    Ok(r#type.saturating_add_signed(r#match))
}

/// Look something else up.
#[guarded_tool(idempotent, any_caller, max_amount = 5)]
async fn renamed(
    /// How much.
    #[serde(rename = "amount", default)]
    amount_of_it: u8,
) -> Result<u8, Infallible> {
    Ok(amount_of_it)
}

/// Look up what is in transit.
#[guarded_tool(
    idempotent(key = [r#type, r#match], on_unknown = reconcile(r#move::r#fn)),
    any_caller,
    budget(r#type <= 5, per = "1h", of = r#match),
)]
async fn r#async(
    /// Its type.
    r#type: u8,
    /// What to match.
    r#match: i8,
) -> Result<u8, Infallible> {
    Ok(r#type.saturating_add_signed(r#match))
}

mod r#move {
    pub(super) async fn r#fn(r#type: u8, _: i8) -> mcp_guard::Reconciled<u8> {
        mcp_guard::Reconciled::Landed(r#type)
    }
}

fn main() {
    assert_eq!(r#use::SPEC.name, "use");
    let limits: Vec<_> =
        r#use::SPEC.limits.iter().map(|limit| (limit.parameter, limit.min, limit.max)).collect();
    assert_eq!(limits, [("type", None, 9), ("match", None, -1)]);
    let arguments = serde_json::from_str(r#"{"type": 3, "match": -4}"#).unwrap();
    assert_eq!(r#use::measure(&arguments), [("type", Some(3)), ("match", Some(-4))]);

    assert_eq!(renamed::SPEC.limits[0].parameter, "amount");
    let arguments = serde_json::from_str(r#"{"amount": 3}"#).unwrap();
    assert_eq!(renamed::measure(&arguments), [("amount", Some(3))]);
    let absent = serde_json::from_str("{}").unwrap();
    assert_eq!(renamed::measure(&absent), [("amount", Some(0))]);
    let [budget] = r#async::SPEC.budgets else { panic!("one budget") };
    assert_eq!((budget.parameter, budget.of), (Some("type"), BudgetOf::Parameter("match")));
    let _ = Guard::builder().tool::<r#use>().tool::<renamed>().tool::<r#async>();
}
