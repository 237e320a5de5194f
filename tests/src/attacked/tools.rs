//! The tools: a limit and a budget; a business key and a backend that deduplicates; an owner; a look.

use mcp_guard::{adversary::LedgerEntry, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bank::{Bank, BankError};

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    Defect,
    Late,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Receipt {
    /// Its number in the books.
    number: usize,
}

/// Pay for an order.
#[guarded_tool(
    idempotent,
    max_amount = 50000,
    budget(amount_cents <= 100_000, per = "24h"),
    scope = "payments"
)]
pub(super) async fn pay(
    bank: &Bank,
    /// Order to pay for, such as `ord_1`.
    order_id: String,
    /// Amount to pay, in cents.
    #[schemars(range(min = 1))]
    amount_cents: u64,
    /// Why it is paid.
    reason: Reason,
    /// What the customer is told.
    note: Option<String>,
) -> Result<Receipt, BankError> {
    drop((reason, note));
    if !order_id.starts_with("ord_") {
        return Err(BankError::NotFound(format!("order {order_id}")));
    }
    // The guard must hold a body that gives the runtime a chance to go on elsewhere.
    tokio::task::yield_now().await;
    let entry = LedgerEntry::on(order_id).amount(amount_cents);
    Ok(Receipt { number: bank.act(entry)? })
}

/// Pay an order's fee. Once for each order.
#[guarded_tool(idempotent(key = [order_id], on_unknown = retry), scope = "payments")]
pub(super) async fn pay_fee(
    bank: &Bank,
    effect: &Effect,
    /// Order whose fee is paid, such as `ord_1`.
    order_id: String,
) -> Result<Receipt, BankError> {
    tokio::task::yield_now().await;
    Ok(Receipt { number: bank.act_once(effect.key(), LedgerEntry::on(order_id))? })
}

/// Whether it is the caller's account. One that is nobody's does not exist.
async fn owns_account(_caller: &Caller, account: &str) -> Result<bool, BankError> {
    tokio::task::yield_now().await;
    Ok(account.starts_with("mine-"))
}

/// Ship pieces to an account's address.
#[guarded_tool(
    idempotent(dispatch),
    limit(pieces <= 10),
    budget(pieces <= 25, per = "1h"),
    authorize = owns_account(account),
    scope("payments", "accounts")
)]
pub(super) async fn ship(
    bank: &Bank,
    effect: &Effect,
    /// Account to ship to.
    account: String,
    /// How many pieces.
    #[schemars(range(min = 1))]
    pieces: u8,
) -> Result<Receipt, BankError> {
    tokio::task::yield_now().await;
    effect.dispatch().await.map_err(|_| BankError::Unreachable)?;
    let entry = LedgerEntry::on(account).amount(pieces);
    Ok(Receipt { number: bank.act(entry)? })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Account {
    /// Its name.
    account: String,
}

/// Look at an account.
#[guarded_tool(read_only, authorize = owns_account(account), scope = "accounts")]
pub(super) async fn get_account(
    /// Account to look at.
    account: String,
) -> Result<Account, BankError> {
    Ok(Account { account })
}
