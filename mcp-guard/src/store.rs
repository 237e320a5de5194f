//! Where claims and outcomes are kept.
//!
//! A [`Store`] keeps one record for each operation and moves it along the state machine of
//! [`record`]. The rules are pure functions there, and every store applies them inside one
//! transaction: read the record, ask the rule, write what it says. A store of your own does the
//! same and inherits them.

mod claim;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod memory;
mod outcome;
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

use std::{future::Future, pin::Pin, sync::Arc};

#[cfg(feature = "redis")]
pub use self::redis::{RedisOptions, RedisStore};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PgTransaction, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteStore, SqliteTransaction};
pub use url::open;

pub use self::{
    claim::{Attempt, Claim, Claimed, Lease, MAX_CAP, Owner, Reservation, Standing},
    outcome::{
        Fenced, Inspected, Listed, Payload, Recorded, Retention, Settlement, StoredReply,
        UnreadableRecord,
    },
    record::Record,
    transaction::{Begun, Finish, Handle, OpenTransaction, Transactions},
};
pub use crate::key::{BusinessKey, Fingerprint, MeterId, OperationId, PrincipalId};
use crate::secret::DeploymentSecret;

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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store",
    label = "expected a type that implements `Store`",
    note = "take `MemoryStore`, `SqliteStore::open(...).await?`, `PostgresStore` or `RedisStore`, or \
            implement `mcp_guard::Store` and hold it to `mcp_guard::store::conformance`"
)]
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
    /// That of a claim in a transaction that is open may be missing: [`Transactions`].
    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>>;

    /// The operations whose outcome is [unknown](Record::is_unknown), in the order of their ids:
    /// at most `limit` of those that come behind `after`; fewer only where there are no more. One whose
    /// record cannot be read is [listed as such](UnreadableRecord): it may be unknown, and keeps none of
    /// the others from being found.
    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>>;

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
    /// It did not commit a tool's transaction, for what was written in it or because a statement had
    /// failed: all of it is undone, for certain.
    #[error("the transaction is undone: {0}")]
    Undone(String),
    /// It does not know what time it is.
    #[error("the store's clock cannot be read")]
    NoClock,
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

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        (**self).unresolved(after, limit)
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        (**self).secret()
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        (**self).transactions()
    }
}
