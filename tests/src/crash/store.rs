//! A store at each of whose operations the server can die.

use std::{any::Any, sync::Arc};

use mcp_guard::{
    DeploymentSecret,
    store::{
        Attempt, Begun, Claim, Claimed, Fenced, Finish, Handle, Inspected, Lease, Listed,
        OpenTransaction, OperationId, Settlement, Standing, Store, StoreFuture, Transactions,
    },
};

use super::{fuse::Fuse, point::Step};

/// A store behind a fuse.
pub struct Fused {
    store: Arc<dyn Store>,
    fuse: Fuse,
}

impl Fused {
    /// The store, behind the fuse.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, fuse: Fuse) -> Self {
        Self { store, fuse }
    }
}

impl Store for Fused {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        Box::pin(self.fuse.through(Step::Claim, self.store.claim(claim)))
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        self.store.recall(claim)
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(self.fuse.through(Step::Renew, self.store.renew(lease)))
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(self.fuse.through(Step::Dispatch, self.store.dispatch(lease)))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(self.fuse.through(Step::Settle, self.store.settle(lease, settlement)))
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        Box::pin(self.fuse.through(Step::Resolve, self.store.resolve(attempt, settlement)))
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

    fn transactions(&self) -> Option<&dyn Transactions> {
        self.store.transactions().map(|_| self as &dyn Transactions)
    }
}

impl Transactions for Fused {
    fn handle(&self) -> Handle {
        self.store.transactions().map_or(Handle::of::<()>("()"), Transactions::handle)
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Begun> {
        let transactions = self.store.transactions().expect("whoever asks saw `transactions()`");
        Box::pin(async move {
            Ok(match self.fuse.through(Step::Begin, transactions.begin(claim)).await? {
                Begun::Granted(lease, open) => {
                    let fuse = self.fuse.clone();
                    Begun::Granted(lease, Box::new(FusedTransaction { open, fuse }))
                }
                stands @ Begun::Stands(_) => stands,
            })
        })
    }
}

/// A transaction at whose end the server can die.
struct FusedTransaction {
    open: Box<dyn OpenTransaction>,
    fuse: Fuse,
}

impl OpenTransaction for FusedTransaction {
    fn handle(&mut self) -> &mut (dyn Any + Send + Sync) {
        self.open.handle()
    }

    fn finish(self: Box<Self>, finish: Finish) -> StoreFuture<'static, ()> {
        let Self { open, fuse } = *self;
        Box::pin(async move { fuse.through(Step::Finish, open.finish(finish)).await })
    }
}
