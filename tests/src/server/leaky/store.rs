//! A store that fails, and stands, as the tool's name says.

use std::{any::Any, collections::HashMap, future::ready, sync::Mutex, time::Duration};

use mcp_guard::{
    DeploymentSecret, MemoryStore, StoreError, Timestamp,
    store::{
        Attempt, Begun, Claim, Claimed, Fenced, Finish, Handle, Inspected, Lease, Listed,
        OpenTransaction, OperationId, Payload, Recorded, Settlement, Standing, Store, StoreFuture,
        StoredReply, Transactions,
    },
};

use super::canary;

/// A store in memory that fails for some tools.
pub(super) struct Leaky {
    memory: MemoryStore,
    /// Which tool claimed an operation.
    tools: Mutex<HashMap<OperationId, &'static str>>,
}

/// What a body borrows of a transaction.
pub(super) struct LeakyTransaction;

impl Leaky {
    pub(super) fn new() -> Self {
        Self { memory: MemoryStore::new().expect("a store"), tools: Mutex::default() }
    }

    fn note(&self, claim: &Claim) {
        self.tools.lock().expect("not poisoned").insert(claim.operation, claim.tool);
    }

    fn is_of(&self, operation: &OperationId, tool: &str) -> bool {
        self.tools.lock().expect("not poisoned").get(operation).is_some_and(|one| *one == tool)
    }
}

/// The attempt that a claim makes.
fn attempt(claim: &Claim) -> Attempt {
    Attempt { operation: claim.operation, epoch: 1, owner: claim.owner }
}

/// How an operation of this tool stands from the beginning, if it does.
fn stands(claim: &Claim) -> Option<Standing> {
    Some(match claim.tool {
        "in_flight" => Standing::InFlight(Duration::from_secs(1)),
        "conflict" => Standing::Conflict,
        "expired" => Standing::Expired,
        "done_by_another" => Standing::AlreadyDone,
        "over_budget" => Standing::OverBudget(0),
        "unknown" | "reconcile_error" | "reconcile_panic" => Standing::Unknown(attempt(claim)),
        "unreadable_answer" | "unreadable_redacted" => Standing::Recorded(Recorded {
            reply: StoredReply {
                body: Payload::from_bytes(canary("unreadable_answer").into_bytes()),
                is_error: false,
            },
            at: Timestamp::from_millis(1_700_000_000_000),
            duplicate_of: None,
        }),
        _ => return None,
    })
}

impl Store for Leaky {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.note(claim);
        let fails = match claim.tool {
            "claim_unavailable" => Some(StoreError::Unavailable(canary("claim_unavailable"))),
            "claim_unreadable" => Some(StoreError::Unreadable(canary("claim_unreadable"))),
            "claim_unusable" => Some(StoreError::Unusable(canary("claim_unusable"))),
            _ => None,
        };
        match (fails, stands(claim)) {
            (Some(error), _) => Box::pin(ready(Err(error))),
            (None, Some(standing)) => Box::pin(ready(Ok(Claimed::Stands(standing)))),
            (None, None) => self.memory.claim(claim),
        }
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        match claim.tool {
            "recall" if !self.was_recalled(claim) => {
                Box::pin(ready(Err(StoreError::Unavailable(canary("recall")))))
            }
            _ => self.memory.recall(claim),
        }
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        self.memory.renew(lease)
    }

    fn dispatch<'a>(&'a self, _: &'a Lease) -> StoreFuture<'a, Fenced> {
        Box::pin(ready(Err(StoreError::Unavailable(canary("dispatch")))))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        if self.is_of(&lease.attempt.operation, "settle") {
            return Box::pin(ready(Err(StoreError::Unavailable(canary("settle")))));
        }
        if self.is_of(&lease.attempt.operation, "superseded") {
            return Box::pin(ready(Ok(Fenced::Superseded)));
        }
        self.memory.settle(lease, settlement)
    }

    fn resolve<'a>(
        &'a self,
        attempt: &'a Attempt,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        self.memory.resolve(attempt, settlement)
    }

    fn inspect<'a>(&'a self, operation: &'a OperationId) -> StoreFuture<'a, Option<Inspected>> {
        if self.is_of(operation, "inspect") {
            return Box::pin(ready(Err(StoreError::Unavailable(canary("inspect")))));
        }
        self.memory.inspect(operation)
    }

    fn unresolved(&self, after: Option<OperationId>, limit: u32) -> StoreFuture<'_, Vec<Listed>> {
        self.memory.unresolved(after, limit)
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        self.memory.secret()
    }

    fn transactions(&self) -> Option<&dyn Transactions> {
        Some(self)
    }
}

impl Leaky {
    /// The first time a call beyond the limit is looked up, the store fails; then it does not.
    fn was_recalled(&self, claim: &Claim) -> bool {
        self.tools.lock().expect("not poisoned").insert(claim.operation, claim.tool).is_some()
    }
}

impl Transactions for Leaky {
    fn handle(&self) -> Handle {
        Handle::of::<LeakyTransaction>("LeakyTransaction")
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Begun> {
        let lease = Lease { attempt: attempt(claim), length: claim.lease };
        let open = Box::new(Open { tool: claim.tool, handle: LeakyTransaction });
        Box::pin(ready(Ok(Begun::Granted(lease, open))))
    }
}

struct Open {
    tool: &'static str,
    handle: LeakyTransaction,
}

impl OpenTransaction for Open {
    fn handle(&mut self) -> &mut (dyn Any + Send + Sync) {
        &mut self.handle
    }

    fn finish(self: Box<Self>, _: Finish) -> StoreFuture<'static, ()> {
        let text = canary(self.tool);
        let error = match self.tool {
            "ended_by_body" => StoreError::Unusable(text),
            "commit_refused" => StoreError::Undone(text),
            _ => StoreError::Unavailable(text),
        };
        Box::pin(ready(Err(error)))
    }
}
