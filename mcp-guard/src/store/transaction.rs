//! Transactions of the store in which a tool's body writes its own effect, so that claim, effect and
//! record are one: all of them happened, or none.

use std::any::{Any, TypeId};

use super::{Claim, Lease, Settlement, Standing, StoreFuture};

/// A store that lets a body take part in its transactions, for tools with
/// `idempotent(store = "transaction")`.
///
/// What an implementation promises, beyond [`Store`](super::Store)'s contract:
/// - **One transaction.** The claim, whatever the body writes through the handle, and the
///   settlement are committed together or not at all. When the process, the connection or the
///   server dies before the commit, all are undone.
/// - **No waiting in line.** While a transaction holds an operation or a business key, another
///   claim of it is answered [`Standing::InFlight`] soon; it does not wait for the transaction's end.
///   So is a [look](super::Store::recall): what is claimed in an open transaction may be in no record
///   that [can be read](super::Store::inspect). Where the store cannot see what another process's
///   transaction claims, a claim is told soon that the store is
///   [unavailable](super::StoreError::Unavailable), and a look finds nothing.
/// - Everything that [`Store::claim`](super::Store::claim) promises of one winner and of caps.
pub trait Transactions: Send + Sync {
    /// The type that a body borrows mutably.
    fn handle(&self) -> Handle;

    /// Opens a transaction and claims in it.
    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Begun>;
}

/// The type of a transaction's handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle {
    /// Its identity.
    pub type_id: TypeId,
    /// Its name, as a function spells it.
    pub name: &'static str,
}

impl Handle {
    /// The handle `T`.
    #[must_use]
    pub fn of<T: Any>(name: &'static str) -> Self {
        Self { type_id: TypeId::of::<T>(), name }
    }
}

/// What became of a claim in a transaction.
pub enum Begun {
    /// The operation is this attempt's, in this transaction.
    Granted(Lease, Box<dyn OpenTransaction>),
    /// It is not. No transaction is open.
    Stands(Standing),
}

/// A transaction in which an operation is claimed. Dropped, it is rolled back.
pub trait OpenTransaction: Send + Sync {
    /// What the body borrows: of the type that [`Transactions::handle`] names.
    fn handle(&mut self) -> &mut (dyn Any + Send + Sync);

    /// Ends the transaction.
    ///
    /// An error of [`Finish::Commit`] and [`Finish::Refuse`] may mean that it was committed and the
    /// acknowledgement lost: the record says which. Not so [`StoreError::Undone`](super::StoreError): it
    /// was not, and what it wrote would be refused again. [`StoreError::Unusable`](super::StoreError)
    /// means that the body ended the transaction itself.
    fn finish(self: Box<Self>, finish: Finish) -> StoreFuture<'static, ()>;
}

/// How a transaction ends.
#[derive(Debug, Clone)]
pub enum Finish {
    /// The body's writes and the settlement are committed.
    Commit(Settlement),
    /// The body's writes are undone; the settlement is committed.
    Refuse(Settlement),
    /// Everything is undone, the claim as well.
    Rollback,
}
