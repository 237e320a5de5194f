//! Dropping what nobody needs to remember.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{Inner, calls::Call, row};
use crate::store::StoreError;

/// How many rows one transaction drops.
const BATCH: i64 = 1_000;

/// Sweeps from time to time, never at the moment at which every other process does.
pub(super) async fn run(inner: Arc<Inner>, every: Duration) {
    loop {
        let [chance, ..] = *uuid::Uuid::new_v4().as_bytes();
        sleep(every / 2 + every * u32::from(chance) / 256).await;
        if let Err(error) = sweep(&inner).await {
            tracing::warn!(%error, "the store's forgotten records could not be dropped");
        }
    }
}

/// Goes on until nothing is left, or somebody else is at it.
async fn sweep(inner: &Inner) -> Result<(), StoreError> {
    loop {
        let rows = inner.pool.call(Call::Sweep, &[&BATCH, &inner.given()?]).await?;
        let more: bool = row::get(row::only(&rows)?, 0)?;
        if !more {
            return Ok(());
        }
    }
}
