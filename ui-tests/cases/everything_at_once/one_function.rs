//! All of a function's mistakes come at once, and nothing follows from them. (19 mistakes)
use mcp_guard::prelude::*;

#[guarded_tool(
    idempotent(retain = "1 day", key = [ordr, (a, b)], on_unknown = reconcile(Self::find), dispatch),
    timout = "30s",
    max_amount = 5,
    budget(amount <= 5),
    budget(what <= 5, per = "1h", of = order),
)]
fn refund<T>(
    payments: &mut u8,
    order: &str,
    amount: f64,
    (a, b): (u8, u8),
    what: impl Into<T>,
) {
    let _ = (payments, order, amount, a, b, what);
}

fn main() {
    let _ = Guard::builder().tool::<refund>();
    refund::<u8>(&mut 1, "", 1.0, (1, 2), 1);
}
