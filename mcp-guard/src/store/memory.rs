//! A store in memory, for tests.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, OperationId, Settlement, Standing,
    Store, StoreError, StoreFuture,
    record::{self, Found, Record},
};
use crate::{
    clock::{Clock, SystemClock, Timestamp},
    secret::DeploymentSecret,
};

/// Keeps records in this process only: they are gone when it ends. For tests, never for money.
///
/// It is the rules of [`record`] and a map, with no index and no sweeper: what other stores are
/// compared with.
#[derive(Clone)]
pub struct MemoryStore {
    records: Arc<Mutex<Records>>,
    clock: Arc<dyn Clock>,
    secret: DeploymentSecret,
}

type Records = BTreeMap<OperationId, Record>;

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

    /// One step, under one lock.
    fn transact<T>(
        &self,
        step: impl FnOnce(&mut Records, Timestamp) -> T,
    ) -> Result<T, StoreError> {
        let now = self.clock.now().ok_or(StoreError::NoClock)?;
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(step(&mut records, now))
    }

    /// Reads a record, asks a rule, writes what it says.
    fn fenced(
        &self,
        attempt: &Attempt,
        rule: impl FnOnce(Option<Record>, Timestamp) -> (Fenced, Option<Record>),
    ) -> Result<Fenced, StoreError> {
        self.transact(|records, now| {
            let (fenced, changed) = rule(records.get(&attempt.operation).cloned(), now);
            if let Some(record) = changed {
                records.insert(attempt.operation, record);
            }
            fenced
        })
    }
}

/// What the rules want to know, by looking at everything.
fn find(records: &Records, claim: &Claim, now: Timestamp) -> Found {
    let others = || records.iter().filter(|(operation, _)| **operation != claim.operation);
    let holder = claim.business.and_then(|business| {
        others()
            .find(|(_, record)| record.business == Some(business) && record.holds_business_key(now))
    });
    let used = claim.reservations.iter().map(|wanted| {
        others()
            .flat_map(|(_, record)| record.reservations.iter().map(move |had| (record, had)))
            .filter(|(_, had)| had.meter == wanted.meter)
            .filter(|(record, had)| record.counts_until(had).is_some_and(|until| now < until))
            .fold(0_u64, |sum, (_, had)| sum.saturating_add(had.amount))
    });
    Found {
        own: records.get(&claim.operation).cloned(),
        holder: holder.map(|(operation, record)| (*operation, record.clone())),
        used: used.collect(),
    }
}

impl Store for MemoryStore {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        Box::pin(async move {
            self.transact(|records, now| {
                let (claimed, granted) = record::on_claim(find(records, claim, now), claim, now);
                if let (Claimed::Granted(lease), Some(record)) = (&claimed, granted) {
                    records.retain(|_, other| !other.gives_way_to(&record, now));
                    records.insert(lease.attempt.operation, record);
                }
                claimed
            })
        })
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        Box::pin(async move {
            self.transact(|records, now| record::on_recall(find(records, claim, now), claim, now))
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(async move {
            self.fenced(&lease.attempt, |record, now| record::on_renew(record, lease, now))
        })
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(async move {
            self.fenced(&lease.attempt, |record, now| record::on_dispatch(record, lease, now))
        })
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(async move {
            self.fenced(&lease.attempt, |record, now| {
                record::on_settle(record, lease, settlement, now)
            })
        })
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(async move {
            self.fenced(attempt, |record, now| record::on_resolve(record, attempt, settlement, now))
        })
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        Box::pin(async move {
            self.transact(|records, now| {
                let record = records.get(operation).filter(|record| !record.is_forgotten(now))?;
                Some(Inspected { operation: *operation, record: record.clone(), now })
            })
        })
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        Box::pin(async move {
            self.transact(|records, now| {
                records
                    .iter()
                    .filter(|(operation, _)| after.is_none_or(|after| **operation > after))
                    .filter(|(_, record)| record.is_unknown(now))
                    .take(limit as usize)
                    .map(|(operation, record)| {
                        Ok(Inspected { operation: *operation, record: record.clone(), now })
                    })
                    .collect()
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
