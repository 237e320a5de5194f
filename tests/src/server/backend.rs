//! What the tools stand on: the ledgers, and errors that know too much.

use std::io;

use mcp_guard::{NotDispatched, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::{Entry, Ledger};

/// Stands in every error's text and must reach no client.
pub const CANARY: &str = "CANARY-db.internal:5432-password=hunter2";
/// Stands in every panic's text and must reach no client.
pub const PANIC_CANARY: &str = "CANARY-panicked-at-/srv/secret/path.rs";

/// What the tools act on.
pub(super) struct Backend {
    /// What was done.
    pub(super) effects: Ledger,
    /// Which bodies began, so that a test can wait for one.
    pub(super) attempts: Ledger,
}

impl Backend {
    /// Says that a body began, and how often one did for this key.
    pub(super) fn begin(&self, entry: &Entry) -> Result<usize, BackendError> {
        self.attempts.append(entry)?;
        Ok(self.attempts.entries().iter().filter(|known| known.key == entry.key).count())
    }

    /// Acts, and tells what it did in a way that no second effect would.
    pub(super) fn act(&self, entry: &Entry) -> Result<Refund, BackendError> {
        let number = self.effects.append(entry)?;
        Ok(Refund { refund_id: format!("re_{number}"), amount_cents: entry.amount_cents })
    }

    /// Acts unless it did for this key. Says whether it did so now.
    pub(super) fn act_once(&self, entry: &Entry) -> Result<(Refund, bool), BackendError> {
        let (number, new) = self.effects.append_once(entry)?;
        let refund = Refund { refund_id: format!("re_{number}"), amount_cents: entry.amount_cents };
        Ok((refund, new))
    }
}

/// A refund that was issued.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Refund {
    /// The refund, such as `re_1`.
    pub(super) refund_id: String,
    /// How much was refunded.
    pub(super) amount_cents: u64,
}

/// How a backend fails. Every text but a public one holds the canary.
#[derive(Debug, thiserror::Error, ToolError)]
pub(super) enum BackendError {
    /// Refused for good, and the caller may know why.
    #[error("order {0} does not exist")]
    #[tool_error(rejected, code = "order_not_found", public)]
    NoSuchOrder(String),
    /// Refused for good.
    #[error("row is locked by {CANARY}")]
    #[tool_error(rejected)]
    Refused(#[source] io::Error),
    /// Nothing was done, and it may work later.
    #[error("no connection to {CANARY}")]
    #[tool_error(transient, retry_after = "50ms")]
    Busy,
    /// It may have been done.
    #[error("no answer from {CANARY}")]
    #[tool_error(ambiguous)]
    NoAnswer,
    /// A defect.
    #[error("assertion failed at {CANARY}")]
    #[tool_error(internal)]
    Broken,
    /// The ledger failed, in the middle of anything.
    #[error("the ledger failed: {CANARY}")]
    #[tool_error(ambiguous)]
    Ledger(#[from] io::Error),
    /// The moment of the effect could not be marked.
    #[error(transparent)]
    #[tool_error(transparent)]
    NotDispatched(#[from] NotDispatched),
}
