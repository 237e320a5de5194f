//! The real embedded store, whose thread works while virtual time stands still.

use std::{
    future::Future,
    path::Path,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use mcp_guard::{
    Clock, DeploymentSecret, SqliteStore,
    store::{
        Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, OperationId, Settlement,
        Standing, Store, StoreError, StoreFuture,
    },
};

/// An embedded store that has answered when its future is first polled.
pub(super) struct Embedded(SqliteStore);

impl Embedded {
    pub(super) fn open(file: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        wait_for(SqliteStore::open_with_clock(file, clock)).map(Self)
    }
}

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for another thread's answer, and lets nothing else happen meanwhile.
fn wait_for<T>(answer: impl Future<Output = T>) -> T {
    // The runtime's fairness would have it wait for a turn that never comes.
    let mut answer = pin!(tokio::task::unconstrained(answer));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match answer.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}

fn at_once<'a, T: Send + 'a>(answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
    Box::pin(async move { wait_for(answer) })
}

impl Store for Embedded {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        at_once(self.0.claim(claim))
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        at_once(self.0.recall(claim))
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        at_once(self.0.renew(lease))
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        at_once(self.0.dispatch(lease))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        at_once(self.0.settle(lease, settlement))
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        at_once(self.0.resolve(attempt, settlement))
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        at_once(self.0.inspect(operation))
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        at_once(self.0.unresolved(after, limit))
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        at_once(self.0.secret())
    }
}
