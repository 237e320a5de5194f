//! Credentials that are still valid, each for whom it was minted.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Mutex as AsyncMutex;

use super::{Credential, CredentialError};

/// How many credentials are kept, whoever calls.
const ROOM: usize = 1024;

/// What a credential is for: nobody else may use it, for nothing else.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct For {
    pub(super) tool: &'static str,
    /// SHA-256 of all that the source was told of the caller, where it acts for one: what it was minted
    /// on must not be outlived by it.
    pub(super) caller: Option<[u8; 32]>,
    /// SHA-256 of the token that it was exchanged for: it is used with that one alone, and so not
    /// beyond its end.
    pub(super) subject_token: Option<[u8; 32]>,
}

/// What came of asking for a credential.
pub(super) type Minted = Result<Arc<Credential>, CredentialError>;

/// Credentials by what they are for: no more than there is room for.
#[derive(Default)]
pub(super) struct Cache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    slots: HashMap<For, Entry>,
    /// Counts what was asked for.
    asked: u64,
}

struct Entry {
    slot: Arc<Slot>,
    /// When it was asked for last.
    asked: u64,
}

/// Where calls that need the same credential meet.
#[derive(Default)]
struct Slot {
    last: AsyncMutex<Option<Minted>>,
    /// How many times it was asked of the source.
    turns: AtomicU64,
}

impl Cache {
    /// The credential that is kept, or the one that is minted now. Those who wait while it is minted
    /// share what comes of it, a failure as well.
    pub(super) async fn get<F>(&self, wanted: For, mint: impl FnOnce() -> F) -> Minted
    where
        F: Future<Output = Result<Credential, CredentialError>>,
    {
        self.slot(wanted).get(mint).await
    }

    fn slot(&self, wanted: For) -> Arc<Slot> {
        // Nothing that panics is done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).slot(wanted)
    }
}

impl Entries {
    fn slot(&mut self, wanted: For) -> Arc<Slot> {
        self.asked += 1;
        let asked = self.asked;
        if let Some(entry) = self.slots.get_mut(&wanted) {
            entry.asked = asked;
            return Arc::clone(&entry.slot);
        }
        let slot = Arc::default();
        if self.has_room() {
            self.slots.insert(wanted, Entry { slot: Arc::clone(&slot), asked });
        }
        slot
    }

    /// Drops what is no longer valid, and of the rest what was not asked for the longest. What is in
    /// use stays: where all is, one more stands alone and is not kept.
    fn has_room(&mut self) -> bool {
        self.slots.retain(|_, entry| entry.slot.is_in_use() || entry.slot.is_fresh());
        if self.slots.len() < ROOM {
            return true;
        }
        let idle = self.slots.iter().filter(|(_, entry)| !entry.slot.is_in_use());
        let oldest = idle.min_by_key(|(_, entry)| entry.asked).map(|(wanted, _)| wanted.clone());
        oldest.is_some_and(|oldest| self.slots.remove(&oldest).is_some())
    }
}

impl Slot {
    async fn get<F>(&self, mint: impl FnOnce() -> F) -> Minted
    where
        F: Future<Output = Result<Credential, CredentialError>>,
    {
        let before = self.turns.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        let waited_for_it = self.turns.load(Ordering::SeqCst) != before;
        if let Some(minted) = &*last
            && (waited_for_it || is_fresh(minted))
        {
            return minted.clone();
        }
        let minted = mint().await.map(Arc::new);
        self.turns.fetch_add(1, Ordering::SeqCst);
        *last = Some(minted.clone());
        minted
    }

    /// Whether somebody waits for it, or is about to.
    fn is_in_use(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    fn is_fresh(&self) -> bool {
        self.last.try_lock().is_ok_and(|last| last.as_ref().is_some_and(is_fresh))
    }
}

fn is_fresh(minted: &Minted) -> bool {
    minted.as_ref().is_ok_and(|credential| credential.is_fresh())
}

#[cfg(test)]
mod tests;
