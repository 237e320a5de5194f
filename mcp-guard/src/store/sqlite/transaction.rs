//! Transactions of the file in which a tool's body takes part.

mod begin;
mod guarded;
mod host;

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

pub(super) use begin::Begin;
pub(super) use host::Host;
use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;

use super::writer::{Message, Writer, gone};
use crate::store::{Finish, OpenTransaction, StoreError, StoreFuture};

/// The transaction that a tool with `idempotent(store = "transaction")` borrows from a
/// [`SqliteStore`](crate::SqliteStore): what it writes is committed together with the record of its
/// call, or not at all.
///
/// ```no_run
/// # use mcp_guard::store::SqliteTransaction;
/// async fn debit(tx: &mut SqliteTransaction, account: String, cents: i64) -> rusqlite::Result<()> {
///     tx.run(move |connection| {
///         connection.execute(
///             "UPDATE account SET cents = cents - ?1 WHERE name = ?2",
///             (cents, account),
///         )?;
///         Ok(())
///     })
///     .await
/// }
/// ```
///
/// The tool's tables are in the store's file: make them through a connection of your own, once the
/// store has been opened. A connection of the transaction's own refuses what would end it (`COMMIT`,
/// `ROLLBACK`, `BEGIN`, `ATTACH`) and writes to the store's tables; savepoints are allowed.
///
/// SQLite has one writer at a time. While a transaction is open, whatever else has to write to the
/// file waits, in every process, and is told `store_unavailable` (nothing was done) after a second.
/// Only what needs nothing written is answered meanwhile: replays, and within this process also
/// that the same operation is in flight. So open it for tools that only write, and let nothing slow
/// happen in them.
pub struct SqliteTransaction {
    number: u64,
    writer: Writer,
}

impl SqliteTransaction {
    /// Runs `work` on the connection of the transaction, on the store's thread.
    ///
    /// # Errors
    /// Those of `work`. What it has written until then stays a part of the transaction. Once SQLite
    /// has given the transaction up (the disk is full), nothing is run any more.
    pub async fn run<T, E>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let result = catch_unwind(AssertUnwindSafe(|| work(connection)));
            // A body that was dropped is rolled back.
            drop(answer.send(result));
        });
        if self.send(Step::Run(work)).is_err() {
            return Err(ended().into());
        }
        match answered.await {
            Ok(Ok(result)) => result,
            // It is the body's panic.
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(ended().into()),
        }
    }

    fn send(&self, step: Step) -> Result<(), StoreError> {
        self.writer.send(Message::Inside(self.number, step))
    }
}

fn ended() -> rusqlite::Error {
    let text = "the transaction has ended".to_owned();
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ABORT), Some(text))
}

impl fmt::Debug for SqliteTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTransaction").finish_non_exhaustive()
    }
}

/// What a body does.
type Work = Box<dyn FnOnce(&Connection) + Send>;

/// What is done in a transaction.
pub(super) enum Step {
    Run(Work),
    Finish(Finish, oneshot::Sender<Result<(), StoreError>>),
    /// Its owner is gone.
    Abandon,
}

/// The owner's hold on an open transaction.
struct Open(SqliteTransaction);

impl OpenTransaction for Open {
    fn handle(&mut self) -> &mut (dyn Any + Send + Sync) {
        &mut self.0
    }

    fn finish(self: Box<Self>, finish: Finish) -> StoreFuture<'static, ()> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.0.send(Step::Finish(finish, answer))?;
            answered.await.map_err(|_| gone())?
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // After `finish`, there is none of this number any more.
        drop(self.0.send(Step::Abandon));
    }
}
