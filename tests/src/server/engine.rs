//! The tools of a server whose backend does what a test says: a kind of payment for each thing that
//! can be said of what may happen once, of budgets, and of transactions.

mod bearer;
mod body;
mod budgets;
mod owned;
mod payments;
mod settings;
mod transfers;

use std::path::Path;

use mcp_guard::{GuardBuilder, prelude::*, store::Store};
use serde_json::{Value, json};

pub use self::{
    bearer::{Bearers, token},
    settings::Settings,
};
use super::backend::Backend;
use crate::{ledger::Ledger, moods::Moods};

/// The scope that a payment needs.
pub const SCOPE: &str = "payments";

/// What the tools act on.
pub(super) struct Engine {
    backend: Backend,
    moods: Moods,
}

/// Adds every tool that can work on this store, and the store.
pub fn register(
    builder: GuardBuilder,
    folder: &Path,
    store: impl Store,
    settings: &Settings,
) -> GuardBuilder {
    let backend = Backend {
        effects: Ledger::at(folder.join("effects.jsonl")),
        attempts: Ledger::at(folder.join("attempts.jsonl")),
    };
    let builder = builder.provide(Engine { backend, moods: Moods::at(folder) });
    let builder = owned::register(budgets::register(payments::register(builder)));
    let builder = transfers::register(builder, &store);
    settings.apply(builder).store(store)
}

/// The caller of most tests.
#[must_use]
pub fn agent() -> Caller {
    Caller::local("agent").with_tenant("acme").with_scopes([SCOPE])
}

/// The arguments of a payment.
#[must_use]
pub fn payment(key: &str, order_id: &str, amount_cents: u64) -> Value {
    json!({
        "order_id": order_id, "purpose": "goods", "amount_cents": amount_cents,
        "idempotency_key": key,
    })
}

/// The arguments of a tool with a budget.
#[must_use]
pub fn spending(key: &str, order_id: &str, amount_cents: u64) -> Value {
    json!({"order_id": order_id, "amount_cents": amount_cents, "idempotency_key": key})
}
