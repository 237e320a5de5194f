//! How operations end, and what is kept of that.

use std::{fmt, time::Duration};

use super::{OperationId, Record, StoreError};
use crate::clock::Timestamp;

/// An answer that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The answer.
    pub reply: StoredReply,
    /// When it was recorded.
    pub at: Timestamp,
    /// The operation whose answer it is, where that is another one with the same business key.
    pub duplicate_of: Option<OperationId>,
}

/// An answer, as it is kept: what every replay repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// The envelope.
    pub body: Payload,
    /// Whether it is an error.
    pub is_error: bool,
}

/// What a store keeps without looking into it: JSON, or that encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Vec<u8>);

impl Payload {
    /// These bytes.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for a store to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes themselves.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

/// How a claimed operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// The outcome is certain: it was done, or definitely refused.
    Recorded {
        /// What every later call is answered.
        reply: StoredReply,
        /// Whether it was done. What was refused gives its business key and its budgets back.
        acted: bool,
        /// For how long.
        retention: Retention,
    },
    /// Nothing was done, for certain: the key may be claimed again, by the same arguments.
    Released {
        /// How long the arguments are remembered (`tombstone` counts from `retain`'s end).
        retention: Retention,
    },
    /// It may have been done. Kept until it is resolved.
    Unknown,
}

/// How long an ended operation is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long its answer can be replayed.
    pub retain: Duration,
    /// How long after that its key is known to be spent. What it spent of a budget is remembered
    /// for the budget's window, if that is longer.
    pub tombstone: Duration,
}

/// Whether a fenced write took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fenced {
    /// It did, or had before.
    Applied,
    /// The record belongs to somebody else, or has been settled otherwise. Nothing was written.
    Superseded,
}

/// The record of an operation, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Which operation.
    pub operation: OperationId,
    /// Its record.
    pub record: Record,
    /// The store's time at which it was read.
    pub now: Timestamp,
}

/// One of the operations that are [unresolved](super::Store::unresolved).
pub type Listed = Result<Inspected, UnreadableRecord>;

/// A record that a store has, and cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record of operation {operation} cannot be read: {why}")]
pub struct UnreadableRecord {
    /// Whose record it is.
    pub operation: OperationId,
    /// What is wrong with it, for operators.
    pub why: String,
}

impl UnreadableRecord {
    /// What is listed of an operation that was read so: that its record is
    /// [unreadable](StoreError::Unreadable) is its own affair, and any other error the store's.
    ///
    /// # Errors
    /// The store's.
    pub fn apart(
        operation: OperationId,
        read: Result<Inspected, StoreError>,
    ) -> Result<Listed, StoreError> {
        match read {
            Ok(inspected) => Ok(Ok(inspected)),
            Err(StoreError::Unreadable(why)) => Ok(Err(Self { operation, why })),
            Err(error) => Err(error),
        }
    }

    /// The operation of one that is listed.
    #[must_use]
    pub fn operation_of(listed: &Listed) -> OperationId {
        match listed {
            Ok(inspected) => inspected.operation,
            Err(unreadable) => unreadable.operation,
        }
    }
}
