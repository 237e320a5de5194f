//! Where claims and outcomes are kept.
//!
//! A [`Store`] keeps one record for each operation and moves it along the state machine of
//! [`record`]. The rules are pure functions there, and every store applies them inside one
//! transaction: read the record, ask the rule, write what it says. A store of your own does the
//! same and inherits them.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
pub mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod timed;
mod transaction;
mod url;

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

#[cfg(feature = "redis")]
pub use self::redis::{RedisOptions, RedisStore};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PgTransaction, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteStore, SqliteTransaction};
pub use url::open;

pub use self::{
    record::Record,
    transaction::{Begun, Finish, Handle, OpenTransaction, Transactions},
};
pub use crate::key::{BusinessKey, Fingerprint, MeterId, OperationId, PrincipalId};
use crate::{clock::Timestamp, secret::DeploymentSecret};

/// What a store's operations return.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps claims and outcomes, for every process of a deployment.
///
/// What an implementation promises, each of which [`conformance`] tests:
/// - **One winner.** Of any number of concurrent [`claim`](Store::claim)s of one operation, from
///   any number of processes, at most one is granted until it is settled. The same holds of claims
///   with one [`BusinessKey`].
/// - **Never beyond a cap.** What is held and spent of one [`MeterId`] within its window never
///   exceeds the cap, whatever claims are concurrent: the sum and the claim are one transaction.
/// - **Durable before it answers.** When an operation returns `Ok`, a crash or power loss
///   afterwards does not undo it.
/// - **All or nothing.** An operation that returns an error has either had its whole effect or
///   none. Each is safe to repeat: a claim by the same owner is granted again, a settlement by the
///   same owner is [`Fenced::Applied`] again.
/// - **Fenced.** [`renew`](Store::renew), [`dispatch`](Store::dispatch),
///   [`settle`](Store::settle) and [`resolve`](Store::resolve) have an effect only while the record
///   is at the attempt that they name.
/// - **A lease that has run out means unknown, not free**, except for a
///   [tentative](Claim::tentative) claim that was never dispatched.
/// - **What has lapsed does not come back**, not even when the clock is set back, once another claim
///   was granted what it held.
/// - **The store's clock decides**, never the caller's.
pub trait Store: Send + Sync + 'static {
    /// Claims an operation, or says how it stands: [`record::on_claim`]. One transaction, in which
    /// the business key and the budgets are decided as well.
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed>;

    /// How an operation stands, without claiming it: what [`claim`](Store::claim) would say, or
    /// `None` where it would grant. Budgets are not looked at.
    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>>;

    /// Extends a lease by its own length: [`record::on_renew`].
    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced>;

    /// Marks the moment before which nothing can have been done, and extends the lease:
    /// [`record::on_dispatch`].
    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced>;

    /// Records how a claimed operation ended, as its owner knows it: [`record::on_settle`].
    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced>;

    /// Records what became of an operation whose outcome is unknown, as somebody else found out:
    /// [`record::on_resolve`].
    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced>;

    /// The record of an operation, unless there is none or it is [forgotten](Record::is_forgotten).
    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>>;

    /// The operations whose outcome is [unknown](Record::is_unknown), in the order of their ids:
    /// at most `limit` of those that come behind `after`.
    fn unresolved(&self, after: Option<OperationId>, limit: u32)
    -> StoreFuture<'_, Vec<Inspected>>;

    /// The deployment's secret: made once at random, the same for every process on this store.
    fn secret(&self) -> StoreFuture<'_, DeploymentSecret>;

    /// Transactions that a tool's body can take part in, where the store has them.
    fn transactions(&self) -> Option<&dyn Transactions> {
        None
    }
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
    /// Who asks.
    pub principal: PrincipalId,
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
    /// Whether nothing can have been done before [`Store::dispatch`].
    pub tentative: bool,
    /// What the operation is about, whatever key the client made up: a second unique constraint.
    pub business: Option<BusinessKey>,
    /// What it takes of budgets. No meter is named twice.
    pub reservations: Vec<Reservation>,
    /// What whoever reconciles the operation later needs to know of it.
    pub arguments: Option<Payload>,
}

impl Claim {
    /// A claim for a new attempt.
    #[must_use]
    pub fn new(
        operation: OperationId,
        principal: PrincipalId,
        fingerprint: Fingerprint,
        tool: &'static str,
        lease: Duration,
    ) -> Self {
        Self {
            operation,
            principal,
            fingerprint,
            owner: Owner::new(),
            tool,
            lease,
            retake: false,
            tentative: false,
            business: None,
            reservations: Vec::new(),
            arguments: None,
        }
    }

    /// The same wish, by another attempt.
    pub(crate) fn by_a_new_owner(self) -> Self {
        Self { owner: Owner::new(), ..self }
    }

    /// Lets an unknown operation be carried out again.
    #[must_use]
    pub fn with_retake(mut self, retake: bool) -> Self {
        self.retake = retake;
        self
    }

    /// Promises that nothing is done before [`Store::dispatch`].
    #[must_use]
    pub fn with_tentative(mut self, tentative: bool) -> Self {
        self.tentative = tentative;
        self
    }

    /// Says what the operation is about.
    #[must_use]
    pub fn with_business(mut self, business: Option<BusinessKey>) -> Self {
        self.business = business;
        self
    }

    /// Takes a part of budgets.
    #[must_use]
    pub fn with_reservations(mut self, reservations: Vec<Reservation>) -> Self {
        self.reservations = reservations;
        self
    }

    /// Keeps what a reconciler needs to know.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Option<Payload>) -> Self {
        self.arguments = arguments;
        self
    }
}

/// A part of a budget that an operation takes: held from its claim, spent once it was done, given
/// back only when it is certain that nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Of which budget.
    pub meter: MeterId,
    /// How much, in the budget's unit.
    pub amount: u64,
    /// The most that may be held and spent within the window: at most [`MAX_CAP`]. Not kept.
    pub cap: u64,
    /// How long what was spent counts, from the moment at which the outcome was recorded.
    pub window: Duration,
}

/// The highest cap and amount that every store counts exactly: 2⁵³ − 1.
pub const MAX_CAP: u64 = (1 << 53) - 1;

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
    /// The lease's operation is this attempt's to carry out. It is another one than was claimed
    /// where an unknown operation with the same business key is carried out again. The claimed
    /// operation is not begun by that, and its key not used up.
    Granted(Lease),
    /// It is not: the operation stands so.
    Stands(Standing),
}

/// One attempt at an operation: what every write after the claim is fenced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// At which operation.
    pub operation: OperationId,
    /// Which attempt at it, counted from 1.
    pub epoch: u32,
    /// Whose.
    pub owner: Owner,
}

/// The right to carry out an operation, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The attempt that has it.
    pub attempt: Attempt,
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
    /// It may or may not have been carried out, by this attempt.
    Unknown(Attempt),
    /// The key, or the business key, belongs to a call with other arguments.
    Conflict,
    /// It ended, and its answer is no longer kept.
    Expired,
    /// It was done under another key, and its answer is not the caller's or no longer kept.
    AlreadyDone,
    /// It would exceed the budget at this place among the claim's reservations.
    OverBudget(usize),
}

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

/// A store that was chosen at run time.
impl Store for Arc<dyn Store> {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        (**self).claim(claim)
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        (**self).recall(claim)
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        (**self).renew(lease)
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        (**self).dispatch(lease)
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        (**self).settle(lease, settlement)
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        (**self).resolve(attempt, settlement)
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        (**self).inspect(operation)
    }

    fn unresolved(
        &self,
        after: Option<OperationId>,
        limit: u32,
    ) -> StoreFuture<'_, Vec<Inspected>> {
        (**self).unresolved(after, limit)
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        (**self).secret()
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        (**self).transactions()
    }
}
