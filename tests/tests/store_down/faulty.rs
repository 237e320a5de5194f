//! A store that fails when it is told to, and keeps what it was asked.

use std::sync::{Arc, Mutex};

use mcp_guard::{
    DeploymentSecret, ManualClock, MemoryStore,
    store::{
        Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, OperationId, Settlement,
        Standing, Store, StoreError, StoreFuture,
    },
};

/// How often an operation still fails, and whether its effect takes place all the same.
#[derive(Clone, Copy, Default)]
pub(crate) struct Trouble {
    times: u32,
    after_applying: bool,
}

impl Trouble {
    fn next(trouble: &Mutex<Self>) -> Option<Self> {
        let mut trouble = trouble.lock().expect("not poisoned");
        let left = trouble.times.checked_sub(1)?;
        trouble.times = left;
        Some(*trouble)
    }
}

#[derive(Clone)]
pub(crate) struct Faulty {
    store: MemoryStore,
    /// Every claim that it was asked for.
    claims: Arc<Mutex<Vec<Claim>>>,
    claim: Arc<Mutex<Trouble>>,
    settle: Arc<Mutex<Trouble>>,
    pub(crate) dispatch: Arc<Mutex<Trouble>>,
    pub(crate) resolve: Arc<Mutex<Trouble>>,
    pub(crate) unreadable: bool,
}

impl Faulty {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new().expect("a store"))
    }

    /// On a clock that stands still until it is moved.
    pub(crate) fn at(clock: &Arc<ManualClock>) -> Self {
        Self::over(MemoryStore::with_clock(clock.clone()).expect("a store"))
    }

    fn over(store: MemoryStore) -> Self {
        Self {
            store,
            claims: Arc::default(),
            claim: Arc::default(),
            settle: Arc::default(),
            dispatch: Arc::default(),
            resolve: Arc::default(),
            unreadable: false,
        }
    }

    /// The claims that it was asked for since this was asked last.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        std::mem::take(&mut *self.claims.lock().expect("not poisoned"))
    }

    pub(crate) fn fail_claims(&self, times: u32, after_applying: bool) {
        fail(&self.claim, times, after_applying);
    }

    pub(crate) fn fail_settlements(&self, times: u32, after_applying: bool) {
        fail(&self.settle, times, after_applying);
    }
}

pub(crate) fn fail(trouble: &Mutex<Trouble>, times: u32, after_applying: bool) {
    *trouble.lock().expect("not poisoned") = Trouble { times, after_applying };
}

/// Carries out an operation of the store, unless it is to fail.
async fn through<T>(
    trouble: &Mutex<Trouble>,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match Trouble::next(trouble) {
        None => operation.await,
        Some(trouble) => {
            if trouble.after_applying {
                operation.await?;
            }
            Err(gone())
        }
    }
}

pub(crate) fn gone() -> StoreError {
    StoreError::Unavailable("canary-of-the-store".into())
}

impl Store for Faulty {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        Box::pin(async move {
            self.claims.lock().expect("not poisoned").push(claim.clone());
            if self.unreadable {
                return Err(StoreError::Unreadable("canary-of-the-store".into()));
            }
            through(&self.claim, self.store.claim(claim)).await
        })
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        self.store.recall(claim)
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        self.store.renew(lease)
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(through(&self.settle, self.store.settle(lease, settlement)))
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(through(&self.dispatch, self.store.dispatch(lease)))
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(through(&self.resolve, self.store.resolve(attempt, settlement)))
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        self.store.inspect(operation)
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        self.store.unresolved(after, limit)
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        self.store.secret()
    }
}
