//! The tools whose effect is in the store's own transaction: three statements, each of which the
//! server may not survive.

use std::{any::TypeId, io, process};

use mcp_guard::{
    GuardBuilder,
    prelude::*,
    store::{SqliteTransaction, Store, Transactions},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;

use super::doomed::Doomed;
use crate::crash::point::Step;

/// The table that the tools write to. A transfer is three lines, by one process.
pub const TABLE: &str = "CREATE TABLE IF NOT EXISTS transfer (
    order_id TEXT NOT NULL, step INTEGER NOT NULL, cents BIGINT NOT NULL, process BIGINT NOT NULL)";

const STEPS: [(Step, i32); 3] = [(Step::First, 1), (Step::Second, 2), (Step::Third, 3)];

/// Adds the tool that works in this store's transactions, if the store has any.
pub(super) fn register(builder: GuardBuilder, store: &dyn Store) -> GuardBuilder {
    match store.transactions().map(|transactions| Transactions::handle(transactions).type_id) {
        Some(handle) if handle == TypeId::of::<PgTransaction>() => {
            builder.tool::<transfer_in_postgres>()
        }
        Some(handle) if handle == TypeId::of::<SqliteTransaction>() => {
            builder.tool::<transfer_in_file>()
        }
        _ => builder,
    }
}

/// What was transferred, and which process did it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Transfer {
    order_id: String,
    process: u32,
}

impl Transfer {
    fn of(order_id: String) -> Self {
        Self { order_id, process: process::id() }
    }
}

/// Why nothing was transferred: what was written is undone.
#[derive(Debug, thiserror::Error, ToolError)]
enum TransferError {
    #[error("the file refused the transfer")]
    #[tool_error(transient, retry_after = "20ms")]
    File(#[from] rusqlite::Error),
    #[error("the server refused the transfer")]
    #[tool_error(transient, retry_after = "20ms")]
    Server(#[from] tokio_postgres::Error),
    #[error("the ledger refused to say that the transfer began")]
    #[tool_error(transient, retry_after = "20ms")]
    Ledger(#[from] io::Error),
    #[error("the amount is beyond what can be written down")]
    #[tool_error(rejected)]
    Amount(#[from] std::num::TryFromIntError),
}

/// Transfer, in the file that holds the keys.
#[guarded_tool(
    idempotent(store = "transaction"),
    budget(cents <= 1_000, per = "1h", of = order_id),
    name = "transfer",
    any_caller
)]
async fn transfer_in_file(
    transaction: &mut SqliteTransaction,
    doomed: &Doomed,
    /// Order to transfer for.
    order_id: String,
    /// Amount to transfer, in cents.
    cents: u64,
    /// How long an armed process waits after each statement, in milliseconds.
    pause: u32,
) -> Result<Transfer, TransferError> {
    let amount = i64::try_from(cents)?;
    doomed.begin_in_transaction(&order_id, cents)?;
    for (step, number) in STEPS {
        let order_id = order_id.clone();
        let write = transaction.run(move |connection| {
            connection.execute(
                "INSERT INTO transfer (order_id, step, cents, process) VALUES (?1, ?2, ?3, ?4)",
                (order_id, number, amount, process::id()),
            )
        });
        doomed.fuse().through(step, write).await?;
        doomed.wait(pause).await;
    }
    Ok(Transfer::of(order_id))
}

/// Transfer, in the database that holds the keys.
#[guarded_tool(
    idempotent(store = "transaction"),
    budget(cents <= 1_000, per = "1h", of = order_id),
    name = "transfer",
    any_caller
)]
async fn transfer_in_postgres(
    transaction: &mut PgTransaction,
    doomed: &Doomed,
    /// Order to transfer for.
    order_id: String,
    /// Amount to transfer, in cents.
    cents: u64,
    /// How long an armed process waits after each statement, in milliseconds.
    pause: u32,
) -> Result<Transfer, TransferError> {
    let amount = i64::try_from(cents)?;
    doomed.begin_in_transaction(&order_id, cents)?;
    let process = i64::from(process::id());
    for (step, number) in STEPS {
        let values: [&(dyn ToSql + Sync); 4] = [&order_id, &number, &amount, &process];
        let write = transaction.execute(
            "INSERT INTO transfer (order_id, step, cents, process) VALUES ($1, $2, $3, $4)",
            &values,
        );
        doomed.fuse().through(step, write).await?;
        doomed.wait(pause).await;
    }
    Ok(Transfer::of(order_id))
}
