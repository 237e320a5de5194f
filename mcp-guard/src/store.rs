//! Where claims and outcomes are kept.
//!
//! A [`Store`] keeps one record for each operation and moves it along the state machine of
//! [`record`]. The rules are pure functions there, and every store applies them inside one
//! transaction: read the record, ask the rule, write what it says. A store of your own does the
//! same and inherits them.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod memory;
pub mod record;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{future::Future, pin::Pin, time::Duration};

pub use memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

pub use crate::key::{Fingerprint, OperationId};
use crate::{clock::Timestamp, secret::DeploymentSecret};

/// What a store's operations return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps claims and outcomes, for every process of a deployment.
///
/// What an implementation promises, each of which [`conformance`] tests:
/// - **One winner.** Of any number of concurrent [`claim`](Store::claim)s of one operation, from
///   any number of processes, at most one is granted until it is settled.
/// - **Durable before it answers.** When an operation returns `Ok`, a crash or power loss
///   afterwards does not undo it.
/// - **All or nothing.** An operation that returns an error has either had its whole effect or
///   none. Each is safe to repeat: a claim by the same owner is granted again, a settlement by the
///   same owner is [`Fenced::Applied`] again.
/// - **Fenced.** [`renew`](Store::renew) and [`settle`](Store::settle) have an effect only for the
///   owner and epoch that hold the record.
/// - **A lease that has run out means unknown, not free.**
/// - **The store's clock decides**, never the caller's.
pub trait Store: Send + Sync + 'static {
    /// Claims an operation, or says how it stands. One transaction: what later has to be decided
    /// together with the claim, such as budgets and business keys, travels in [`Claim`].
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed>;

    /// How an operation stands, without claiming it: `None` where it is unknown to the store or
    /// free.
    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>>;

    /// Extends a lease by its own length.
    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced>;

    /// Records how a claimed operation ended.
    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced>;

    /// The deployment's secret: made once at random, the same for every process on this store.
    fn secret(&self) -> StoreFuture<'_, DeploymentSecret>;
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, or did not answer. What was asked may or may not have been done.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// A record is there that cannot be read.
    #[error("a record of the store cannot be read: {0}")]
    Unreadable(String),
    /// It cannot be used as it is: the wrong version, the wrong file, a setting that loses claims.
    #[error("the store cannot be used: {0}")]
    Unusable(String),
    /// It does not know what time it is.
    #[error("the store's clock cannot be read")]
    NoClock,
}

/// One attempt's wish to carry out an operation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Claim {
    /// Which operation.
    pub operation: OperationId,
    /// What is asked.
    pub fingerprint: Fingerprint,
    /// The attempt, so that it knows its own claim after a lost acknowledgement.
    pub owner: Owner,
    /// The tool's name, for operators.
    pub tool: &'static str,
    /// How long the claim stands without a renewal.
    pub lease: Duration,
    /// Whether an unknown operation may be carried out again: its backend deduplicates.
    pub retake: bool,
}

impl Claim {
    /// A claim for a new attempt.
    #[must_use]
    pub fn new(
        operation: OperationId,
        fingerprint: Fingerprint,
        tool: &'static str,
        lease: Duration,
    ) -> Self {
        Self { operation, fingerprint, owner: Owner::new(), tool, lease, retake: false }
    }

    /// Lets an unknown operation be carried out again.
    #[must_use]
    pub fn with_retake(mut self, retake: bool) -> Self {
        self.retake = retake;
        self
    }
}

/// One attempt, by a random number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner([u8; 16]);

impl Owner {
    fn new() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }

    /// The bytes, for a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// An owner that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The operation is this attempt's to carry out.
    Granted(Lease),
    /// It is not: the operation stands so.
    Stands(Standing),
}

/// The right to carry out an operation, once. Every later write carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which operation.
    pub operation: OperationId,
    /// Which attempt at it, counted from 1.
    pub epoch: u32,
    /// Whose.
    pub owner: Owner,
    /// How long it stands without a renewal.
    pub length: Duration,
}

/// How an operation stands, to one who would claim it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// Another attempt has a live lease, for so long.
    InFlight(Duration),
    /// It ended, with this answer.
    Recorded(Recorded),
    /// It may or may not have been carried out.
    Unknown,
    /// The key belongs to a call with other arguments.
    Conflict,
    /// It ended, and its answer is no longer kept.
    Expired,
}

/// An answer that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The answer.
    pub reply: StoredReply,
    /// When it was recorded.
    pub at: Timestamp,
}

/// An answer, as it is kept: the bytes that every replay repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// The envelope, as JSON.
    pub body: String,
    /// Whether it is an error.
    pub is_error: bool,
}

/// How a claimed operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// The outcome is certain: it was done, or definitely refused.
    Recorded {
        /// What every later call is answered.
        reply: StoredReply,
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
    /// How long after that its key is known to be spent.
    pub tombstone: Duration,
}

/// Whether a write of a lease's holder took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fenced {
    /// It did, or had before.
    Applied,
    /// The record belongs to somebody else, or has been settled otherwise. Nothing was written.
    Superseded,
}
