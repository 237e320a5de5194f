//! The embedded durable store: one SQLite file, any number of processes.

mod change;
mod decide;
mod file;
mod rows;
mod sweep;
mod transaction;
mod writer;

use std::{fmt, path::Path, sync::Arc, time::Duration};

use rusqlite::Connection;
use transaction::Begin;
pub use transaction::SqliteTransaction;
use writer::Writer;

use super::{
    Attempt, Begun, Claim, Claimed, Fenced, Handle, Inspected, Lease, Listed, OperationId,
    Settlement, Standing, Store, StoreError, StoreFuture, Transactions,
};
use crate::{
    clock::{Clock, SystemClock},
    secret::DeploymentSecret,
};

/// How long a claim waits for a file that somebody else's transaction holds. Nothing was done then,
/// and the same call may be repeated.
const TO_CLAIM: Duration = Duration::from_secs(1);
/// How long everything else does: something may have been done already, and is to be recorded.
const TO_RECORD: Duration = Duration::from_secs(4);

/// What something is written for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To act afterwards. It is not written for a caller who is gone: nobody would act.
    Act,
    /// To keep what has become of it, whether or not somebody waits for that.
    Keep,
}

impl Purpose {
    fn patience(self) -> Duration {
        match self {
            Self::Act => TO_CLAIM,
            Self::Keep => TO_RECORD,
        }
    }
}

/// Keeps records in a file, durable against power loss (`synchronous=FULL`, write-ahead log), safe
/// with several processes on one file. Every stdio client starts its own server process, so that is
/// the usual case.
///
/// Writes of concurrent calls share commits. The file must be on a local disk: SQLite's locks do
/// not work on network file systems. It is created readable by its owner alone. A store whose file is
/// moved, deleted or replaced while it is open refuses everything from then on. A file of an earlier
/// version is brought up to date when it is opened; processes of the first version that have it open
/// refuse everything from then on.
///
/// A tool may write to the same file in the transaction of its call: [`SqliteTransaction`].
#[derive(Clone)]
pub struct SqliteStore {
    writer: Writer,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens the file, creating it and its tables where they are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened; [`StoreError::Unusable`] when it
    /// is not durable (`:memory:`), another application's, or of a newer version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with_clock(path, Arc::new(SystemClock)).await
    }

    /// Opens the file, on a clock of the test's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with_clock(
        path: impl AsRef<Path>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let writer = Writer::start(path.as_ref().to_owned(), Arc::clone(&clock)).await?;
        Ok(Self { writer, clock })
    }

    /// Decides with the store's clock: in one transaction of the file.
    fn transact<T: Send + 'static>(
        &self,
        purpose: Purpose,
        mut decide: impl FnMut(&Connection, &dyn Clock) -> decide::Decision<T> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let clock = Arc::clone(&self.clock);
        Box::pin(self.writer.submit(purpose, move |connection| decide(connection, &*clock)))
    }
}

impl Store for SqliteStore {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        let claim = claim.clone();
        self.transact(Purpose::Act, move |connection, clock| {
            decide::claim(connection, &claim, clock)
        })
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        let claim = claim.clone();
        self.transact(Purpose::Act, move |connection, clock| {
            decide::recall(connection, &claim, clock)
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        let lease = lease.clone();
        self.transact(Purpose::Keep, move |connection, clock| {
            decide::renew(connection, &lease, clock)
        })
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        let lease = lease.clone();
        self.transact(Purpose::Act, move |connection, clock| {
            decide::dispatch(connection, &lease, clock)
        })
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        let (lease, settlement) = (lease.clone(), settlement.clone());
        self.transact(Purpose::Keep, move |connection, clock| {
            decide::settle(connection, &lease, &settlement, clock)
        })
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        let (attempt, settlement) = (*attempt, settlement.clone());
        self.transact(Purpose::Keep, move |connection, clock| {
            decide::resolve(connection, &attempt, &settlement, clock)
        })
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        let operation = *operation;
        self.transact(Purpose::Keep, move |connection, clock| {
            decide::inspect(connection, operation, clock)
        })
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        self.transact(Purpose::Keep, move |connection, clock| {
            decide::unresolved(connection, after, limit, clock)
        })
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        self.transact(Purpose::Keep, |connection, _| {
            let bytes: [u8; 32] = connection
                .query_row("SELECT value FROM mcp_guard_secret WHERE id = 1", [], |row| row.get(0))
                .map_err(|error| unreadable(&error))?;
            Ok((DeploymentSecret::from_bytes(bytes), None))
        })
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        Some(self)
    }
}

impl Transactions for SqliteStore {
    fn handle(&self) -> Handle {
        Handle::of::<SqliteTransaction>("SqliteTransaction")
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Begun> {
        let clock = Arc::clone(&self.clock);
        Box::pin(Begin::submit(&self.writer, clock, claim.clone()))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// A row that does not read as it was written is refused; anything else is the file's failure.
fn unreadable(error: &rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqliteFailure(..) => unavailable(error),
        _ => StoreError::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
