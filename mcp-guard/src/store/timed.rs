//! A store that answers in time: a call never waits longer for its store than the operator allows.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{
    Attempt, Begun, Claim, Claimed, Fenced, Handle, Inspected, Lease, Listed, OperationId,
    Settlement, Standing, Store, StoreError, StoreFuture, Transactions,
};
use crate::secret::DeploymentSecret;

/// Gives up on a store that does not answer. What was asked may or may not be done then, as when
/// the store itself says [`StoreError::Unavailable`].
pub(crate) struct Timed {
    store: Arc<dyn Store>,
    patience: Duration,
}

impl Timed {
    pub(crate) fn new(store: Arc<dyn Store>, patience: Duration) -> Self {
        Self { store, patience }
    }

    fn within<'a, T: 'a>(&self, answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let patience = self.patience;
        Box::pin(async move {
            timeout(patience, answer).await.unwrap_or_else(|_| {
                Err(StoreError::Unavailable(format!("it did not answer within {patience:?}")))
            })
        })
    }
}

impl Store for Timed {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.within(self.store.claim(claim))
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        self.within(self.store.recall(claim))
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        self.within(self.store.renew(lease))
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        self.within(self.store.dispatch(lease))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        self.within(self.store.settle(lease, settlement))
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        self.within(self.store.resolve(attempt, settlement))
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        self.within(self.store.inspect(operation))
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        self.within(self.store.unresolved(after, limit))
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        self.within(self.store.secret())
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        self.store.transactions().map(|_| self as &dyn Transactions)
    }
}

impl Transactions for Timed {
    fn handle(&self) -> Handle {
        self.store.transactions().map_or(Handle::of::<()>("()"), Transactions::handle)
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Begun> {
        match self.store.transactions() {
            Some(transactions) => self.within(transactions.begin(claim)),
            None => Box::pin(async {
                Err(StoreError::Unusable("the store has no transactions".into()))
            }),
        }
    }
}
