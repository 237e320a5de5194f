//! The judge: what was done, as somebody tells who is not the server.

use serde::{Deserialize, Serialize};

/// A ledger of effects that stands outside the server: the backend's own books, or a list that a tool's
/// body appends to in a test.
///
/// What a server answers is its word. What the ledger holds is what was done, and it is by this that
/// an attack is judged.
///
/// Any `Fn(usize) -> Vec<LedgerEntry>` is one.
pub trait EffectLedger: Send + Sync {
    /// Every effect from number `since` on (the first has the number 0), oldest first.
    ///
    /// It is asked after each attack, when the server has come to rest, and where it cannot be known whether
    /// it has, until nothing is added any more. An effect must be in the ledger before its call is answered.
    ///
    /// # Panics
    /// It should panic when the ledger cannot be read: there is no verdict without it.
    fn effects(&self, since: usize) -> Vec<LedgerEntry>;
}

impl<F: Fn(usize) -> Vec<LedgerEntry> + Send + Sync> EffectLedger for F {
    fn effects(&self, since: usize) -> Vec<LedgerEntry> {
        self(since)
    }
}

/// One effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// What it was done to, such as an order's number.
    pub object: String,
    /// How much it was, where it is a quantity, in the unit of the tool's argument.
    pub amount: Option<i128>,
}

impl LedgerEntry {
    /// An effect on an object.
    #[must_use]
    pub fn on(object: impl Into<String>) -> Self {
        Self { object: object.into(), amount: None }
    }

    /// Says how much it was, in the unit of the tool's argument.
    #[must_use]
    pub fn amount(mut self, amount: impl Into<i128>) -> Self {
        self.amount = Some(amount.into());
        self
    }
}
