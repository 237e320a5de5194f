//! A replica's way to the store, on which requests and answers are late, lost, and cut short.

use std::{
    future::{Future, pending, poll_fn},
    sync::Arc,
    time::Duration,
};

use mcp_guard::{
    DeploymentSecret,
    store::{
        Attempt, Claim, Claimed, Fenced, Inspected, Lease, Listed, OperationId, Settlement,
        Standing, Store, StoreError, StoreFuture,
    },
};
use tokio::{sync::oneshot, time::sleep};

use super::{
    judge::{CallId, Written},
    plan::Fault,
    world::{World, current_call},
};

/// How late a request to the store may arrive after nobody waits for it, in milliseconds.
const LATEST: u64 = 6_000;

/// One process's handle on the store.
pub(super) struct Link {
    end: End,
    incarnation: u32,
}

/// The store's end of it.
#[derive(Clone)]
struct End {
    world: Arc<World>,
    place: usize,
    store: Arc<dyn Store>,
}

/// What becomes of a request: how long it takes there and back, and what goes wrong.
struct Fate {
    there: u64,
    back: u64,
    trouble: Option<Fault>,
}

impl Link {
    pub(super) fn new(
        world: &Arc<World>,
        place: usize,
        incarnation: u32,
        store: Arc<dyn Store>,
    ) -> Self {
        Self { end: End { world: Arc::clone(world), place, store }, incarnation }
    }

    /// Ready when the process can take a step.
    async fn present(&self) {
        let replica = &self.end.world.replicas[self.end.place];
        poll_fn(|cx| replica.poll_present(self.incarnation, cx)).await;
    }

    fn fate(&self) -> Fate {
        const TROUBLES: [Fault; 5] = [
            Fault::StoreErrorBefore,
            Fault::StoreErrorAfter,
            Fault::StoreRequestLost,
            Fault::StoreReplyLost,
            Fault::StoreLate,
        ];
        let world = &self.end.world;
        let is_cut_off = world.replicas[self.end.place].is_cut_off();
        let often = if world.is_calm() { 0 } else { world.plan.weather.store };
        world.chance(|chance| {
            let trouble = if is_cut_off {
                let lost = if chance.happens(500) { 0 } else { 2 };
                Some(TROUBLES[lost])
            } else {
                chance.happens(often).then(|| chance.pick(&TROUBLES))
            };
            let (there, back) = match trouble {
                Some(Fault::StoreLate) => (chance.between(500, LATEST), 0),
                None if chance.happens(400) => (0, 0),
                _ => (chance.between(0, 8), chance.between(0, 8)),
            };
            Fate { there, back, trouble }
        })
    }

    /// Has the store do something, as far as the way there and back allows. On its way, the request
    /// does not depend on the process any more.
    async fn exchange<T, F>(
        &self,
        calls: Vec<CallId>,
        work: impl FnOnce(End) -> F + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        self.present().await;
        let Fate { there, back, trouble } = self.fate();
        if let Some(trouble) = trouble {
            self.end.world.fault(trouble, calls);
        }
        match trouble {
            Some(Fault::StoreErrorBefore) => return Err(gone()),
            Some(Fault::StoreRequestLost) => return pending().await,
            _ => {}
        }
        let answer = if there == 0 {
            work(self.end.clone()).await
        } else {
            let (tell, told) = oneshot::channel();
            let end = self.end.clone();
            tokio::spawn(async move {
                sleep(Duration::from_millis(there)).await;
                // The process may be gone, or may not listen any more.
                drop(tell.send(work(end).await));
            });
            told.await.unwrap_or_else(|_| Err(gone()))
        };
        if back > 0 {
            sleep(Duration::from_millis(back)).await;
        }
        self.present().await;
        match trouble {
            Some(Fault::StoreErrorAfter) => Err(gone()),
            Some(Fault::StoreReplyLost) => pending().await,
            _ => answer,
        }
    }

    async fn write<F>(
        &self,
        attempt: Attempt,
        written: Written,
        work: impl FnOnce(End) -> F + Send + 'static,
    ) -> Result<Fenced, StoreError>
    where
        F: Future<Output = Result<Fenced, StoreError>> + Send + 'static,
    {
        // Who reconciles speaks of somebody else's attempt.
        let owner = self.end.world.judge(|judge, _| judge.call_of(attempt.owner));
        let calls = owner.into_iter().chain(current_call()).collect();
        self.exchange(calls, move |end| async move {
            let world = Arc::clone(&end.world);
            let before = if matches!(written, Written::Resolved(_)) {
                end.at_its_clock().store.inspect(&attempt.operation).await?
            } else {
                None
            };
            let answer = work(end.at_its_clock()).await;
            if let Ok(fenced) = &answer {
                world.judge(|judge, now| judge.wrote(attempt, &written, *fenced, before, now));
            }
            answer
        })
        .await
    }
}

impl End {
    /// Lets the store read the clock as it goes here.
    fn at_its_clock(&self) -> Self {
        self.world.time.show(self.world.replicas[self.place].skew);
        self.clone()
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the simulation has it so".into())
}

impl Store for Link {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        let owned = claim.clone();
        Box::pin(async move {
            let call = self
                .end
                .world
                .judge(|judge, _| judge.claims(claim.owner, claim.operation, current_call()));
            self.exchange(call.into_iter().collect(), move |end| async move {
                let answer = end.at_its_clock().store.claim(&owned).await;
                if let Ok(claimed) = &answer {
                    end.world.judge(|judge, now| judge.claimed(&owned, claimed, now));
                }
                answer
            })
            .await
        })
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        let owned = claim.clone();
        Box::pin(self.exchange(current_call().into_iter().collect(), move |end| async move {
            end.at_its_clock().store.recall(&owned).await
        }))
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        let owned = lease.clone();
        Box::pin(self.write(lease.attempt, Written::Renewed, move |end| async move {
            end.store.renew(&owned).await
        }))
    }

    fn dispatch<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        let owned = lease.clone();
        Box::pin(self.write(lease.attempt, Written::Dispatched, move |end| async move {
            end.store.dispatch(&owned).await
        }))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        let (owned, settlement) = (lease.clone(), settlement.clone());
        let written = Written::Settled(settlement.clone());
        Box::pin(self.write(lease.attempt, written, move |end| async move {
            end.store.settle(&owned, &settlement).await
        }))
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        let (owned, settlement) = (*attempt, settlement.clone());
        let written = Written::Resolved(settlement.clone());
        Box::pin(self.write(*attempt, written, move |end| async move {
            end.store.resolve(&owned, &settlement).await
        }))
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        let owned = *operation;
        Box::pin(self.exchange(current_call().into_iter().collect(), move |end| async move {
            end.at_its_clock().store.inspect(&owned).await
        }))
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        Box::pin(self.exchange(current_call().into_iter().collect(), move |end| async move {
            end.at_its_clock().store.unresolved(after, limit).await
        }))
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        Box::pin(self.exchange(current_call().into_iter().collect(), move |end| async move {
            end.at_its_clock().store.secret().await
        }))
    }
}
