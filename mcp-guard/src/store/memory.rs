//! A store in memory, for tests.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Claim, Claimed, Fenced, Lease, OperationId, Settlement, Standing, Store, StoreError,
    StoreFuture,
    record::{self, Record},
};
use crate::{
    clock::{Clock, SystemClock, Timestamp},
    secret::DeploymentSecret,
};

/// Keeps records in this process only: they are gone when it ends. For tests, never for money.
#[derive(Clone)]
pub struct MemoryStore {
    records: Arc<Mutex<HashMap<OperationId, Record>>>,
    clock: Arc<dyn Clock>,
    secret: DeploymentSecret,
}

impl MemoryStore {
    /// An empty store on the system's clock.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn new() -> Result<Self, StoreError> {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store on a clock of the test's.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Ok(Self { records: Arc::default(), clock, secret: DeploymentSecret::generate()? })
    }

    /// Reads a record, asks a rule, writes what it says: one step, under one lock.
    fn transact<T>(
        &self,
        operation: &OperationId,
        rule: impl FnOnce(Option<Record>, Timestamp) -> (T, Option<Record>),
    ) -> Result<T, StoreError> {
        let now = self.clock.now().ok_or(StoreError::NoClock)?;
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, changed) = rule(records.get(operation).cloned(), now);
        if let Some(record) = changed {
            records.insert(*operation, record);
        }
        Ok(answer)
    }
}

impl Store for MemoryStore {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        Box::pin(async move {
            self.transact(&claim.operation, |record, now| record::on_claim(record, claim, now))
        })
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        Box::pin(async move {
            self.transact(&claim.operation, |record, now| {
                (record.and_then(|record| record::on_recall(&record, claim, now)), None)
            })
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(async move {
            self.transact(&lease.operation, |record, now| record::on_renew(record, lease, now))
        })
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(async move {
            self.transact(&lease.operation, |record, now| {
                record::on_settle(record, lease, settlement, now)
            })
        })
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        Box::pin(async move { Ok(self.secret.clone()) })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, store::conformance};

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_every_promise() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let store = MemoryStore::with_clock(clock.clone()).expect("a store");
        conformance::all(Arc::new(store), &clock).await;
    }
}
