//! Transfers within the store's own transaction.

use std::{any::TypeId, process};

use mcp_guard::{
    GuardBuilder,
    prelude::*,
    store::{SqliteTransaction, Store, Transactions},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{super::backend::BackendError, Engine};
use crate::{ledger::Entry, moods::Moment};

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

/// What was transferred.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Transferred {
    order_id: String,
    amount_cents: u32,
}

/// Why nothing was transferred: what was written is undone.
#[derive(Debug, thiserror::Error, ToolError)]
enum TransferError {
    #[error("the file refused the transfer")]
    #[tool_error(transient)]
    File(#[from] rusqlite::Error),
    #[error("the server refused the transfer")]
    #[tool_error(transient)]
    Server(#[from] tokio_postgres::Error),
    #[error(transparent)]
    #[tool_error(transparent)]
    Mood(#[from] BackendError),
}

fn entry(effect: &Effect, order_id: &str, amount_cents: u32) -> Entry {
    let (tool, order_id) = ("move_money".to_owned(), order_id.to_owned());
    Entry { tool, order_id, amount_cents: amount_cents.into(), key: effect.key().into() }
}

/// Transfer, in the file that holds the keys.
#[guarded_tool(
    idempotent(key = [order_id, purpose], store = "transaction"),
    budget(amount_cents <= 1_000, per = "1h"),
    name = "move_money",
    any_caller
)]
async fn transfer_in_file(
    transaction: &mut SqliteTransaction,
    engine: &Engine,
    effect: &Effect,
    /// Order to transfer for.
    order_id: String,
    /// What for.
    purpose: String,
    /// Amount to transfer, in cents.
    amount_cents: u32,
) -> Result<Transferred, TransferError> {
    drop(purpose);
    engine.begin(&entry(effect, &order_id, amount_cents))?;
    let row = (order_id.clone(), 1, amount_cents, process::id());
    let write = transaction.run(move |connection| {
        connection.execute(
            "INSERT INTO transfer (order_id, step, cents, process) VALUES (?1, ?2, ?3, ?4)",
            row,
        )
    });
    write.await?;
    engine.pass(&order_id, Moment::Landed).await?;
    Ok(Transferred { order_id, amount_cents })
}

/// Transfer, in the database that holds the keys.
#[guarded_tool(
    idempotent(key = [order_id, purpose], store = "transaction"),
    budget(amount_cents <= 1_000, per = "1h"),
    name = "move_money",
    any_caller
)]
async fn transfer_in_postgres(
    transaction: &mut PgTransaction,
    engine: &Engine,
    effect: &Effect,
    /// Order to transfer for.
    order_id: String,
    /// What for.
    purpose: String,
    /// Amount to transfer, in cents.
    amount_cents: u32,
) -> Result<Transferred, TransferError> {
    drop(purpose);
    engine.begin(&entry(effect, &order_id, amount_cents))?;
    let (cents, process) = (i64::from(amount_cents), i64::from(process::id()));
    let insert = "INSERT INTO transfer (order_id, step, cents, process) VALUES ($1, 1, $2, $3)";
    transaction.execute(insert, &[&order_id, &cents, &process]).await?;
    engine.pass(&order_id, Moment::Landed).await?;
    Ok(Transferred { order_id, amount_cents })
}
