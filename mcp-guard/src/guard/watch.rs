//! Looking into unknown outcomes while the guard serves.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use tokio::{runtime::Handle, time::sleep};

use super::{Core, Guard, reconcile};

impl Guard {
    /// Looks into unknown outcomes from now on, as long as the guard is there, if a tool says how.
    /// Once: however often it is asked.
    pub(crate) fn watch(&self) {
        let core = &self.core;
        // Read first: every call comes by here.
        if core.watched.load(Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        if !core.watched.swap(true, Ordering::SeqCst)
            && core.toolbox.all().any(|tool| reconcile::in_background(core, tool))
        {
            runtime.spawn(watch(Arc::downgrade(core), core.settings.reconcile_every));
        }
    }
}

async fn watch(core: Weak<Core>, pause: Duration) {
    while let Some(core) = core.upgrade() {
        if let Err(error) = reconcile::reconcile_all(&core).await {
            tracing::warn!(%error, "unknown outcomes could not be looked into");
        }
        drop(core);
        sleep(pause).await;
    }
}
