//! What everybody in an episode shares.

use std::{
    cell::Cell,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mcp_guard::{MemoryStore, Store, store::StoreError};
use tokio::time::sleep;

use super::{
    backend::Books,
    chance::Chance,
    embedded::Embedded,
    judge::{CallId, Judge},
    plan::{Fault, Plan},
    replica::Replica,
    time::{Moment, Time},
};

thread_local! {
    /// The call whose future is being polled.
    static CURRENT: Cell<Option<CallId>> = const { Cell::new(None) };
}

/// The call on whose behalf this code runs.
pub(super) fn current_call() -> Option<CallId> {
    CURRENT.get()
}

/// Runs code on behalf of a call.
pub(super) fn on_behalf_of<T>(call: CallId, code: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(Some(call));
    let result = code();
    CURRENT.set(before);
    result
}

/// Where a replica's handle on the store comes from.
pub(super) enum Source {
    Model(MemoryStore),
    Embedded(PathBuf),
}

/// An episode's world.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) time: Time,
    pub(super) replicas: Vec<Replica>,
    pub(super) books: Mutex<Books>,
    chance: Mutex<Chance>,
    judge: Mutex<Judge>,
    source: Source,
    /// Nothing goes wrong any more.
    is_calm: AtomicBool,
}

impl World {
    /// A world without a replica that is up. An embedded store is in this file.
    pub(super) fn new(plan: Plan, chance: Chance, file: PathBuf) -> Result<Self, StoreError> {
        let time = Time::new();
        let source = if plan.embedded {
            Source::Embedded(file)
        } else {
            Source::Model(MemoryStore::with_clock(time.clock())?)
        };
        Ok(Self {
            replicas: plan.skews.iter().map(|skew| Replica::new(*skew)).collect(),
            judge: Mutex::new(Judge::new(plan.clone())),
            plan,
            time,
            books: Mutex::default(),
            chance: Mutex::new(chance),
            source,
            is_calm: AtomicBool::new(false),
        })
    }

    /// A handle of its own on the store.
    pub(super) fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        match &self.source {
            Source::Model(store) => Ok(Arc::new(store.clone())),
            Source::Embedded(file) => Ok(Arc::new(Embedded::open(file, self.time.clock())?)),
        }
    }

    pub(super) fn chance<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn judge<T>(&self, tell: impl FnOnce(&mut Judge, Moment) -> T) -> T {
        let now = self.time.now();
        tell(&mut self.judge.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// Something goes wrong, and these calls may suffer from it.
    pub(super) fn fault(&self, fault: Fault, calls: impl IntoIterator<Item = CallId>) {
        self.judge(|judge, now| judge.fault(fault, calls, now));
    }

    /// From now on nothing goes wrong.
    pub(super) fn calm_down(&self) {
        self.is_calm.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::SeqCst)
    }

    /// Waits for some milliseconds.
    pub(super) async fn wait(&self, first: u64, last: u64) {
        let millis = self.chance(|chance| chance.between(first, last));
        if millis > 0 {
            sleep(Duration::from_millis(millis)).await;
        }
    }
}
