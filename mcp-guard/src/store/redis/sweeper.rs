//! The task that drops what need not be remembered.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio_util::task::AbortOnDropHandle;

use super::{call::Call, decode, link::Link, script};
use crate::store::StoreError;

/// How many records one script looks at: others wait for it meanwhile.
const BATCH: u64 = 200;

/// Sweeps from time to time, until the handle or the link is dropped. Every process sweeps: what one
/// has dropped, the next one does not find.
pub(super) fn start(link: &Arc<Link>, every: Duration) -> AbortOnDropHandle<()> {
    let link = Arc::downgrade(link);
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            tokio::time::sleep(jittered(every)).await;
            let Some(link) = Weak::upgrade(&link) else { return };
            if let Err(error) = sweep(&link).await {
                tracing::warn!(%error, "the store could not be swept; it is tried again later");
            }
        }
    }))
}

async fn sweep(link: &Link) -> Result<(), StoreError> {
    let call = Call::new(&script::SWEEP).number("batch", BATCH);
    while decode::swept(link.run(&call).await?)? >= BATCH {}
    Ok(())
}

/// Between a half and the whole of it, so that processes that started together do not sweep together.
fn jittered(every: Duration) -> Duration {
    let chance = uuid::Uuid::new_v4().into_bytes()[0];
    every / 2 + every / 2 * u32::from(chance) / 255
}
