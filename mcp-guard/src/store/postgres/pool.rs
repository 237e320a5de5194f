//! The connections that a store shares among its calls.

use std::{fmt, ops::Deref, time::Duration};

use deadpool::managed::{self, Object, PoolError};
use tokio::time::{sleep, timeout};
use tokio_postgres::Row;

use super::{
    calls::Call,
    fault::Fault,
    session::{Connector, Parameters, Session},
};
use crate::store::StoreError;

/// How often a statement is repeated when another transaction was in its way.
const TRIES: u32 = 8;

/// A bounded number of connections.
#[derive(Clone)]
pub(super) struct Pool {
    pool: managed::Pool<Connector>,
    patience: Duration,
}

impl Pool {
    pub(super) fn new(
        connector: Connector,
        size: usize,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let pool = managed::Pool::builder(connector)
            .max_size(size)
            .build()
            .map_err(|error| StoreError::Unusable(error.to_string()))?;
        Ok(Self { pool, patience })
    }

    /// Calls a function of the schema: one round trip, unless something is in the way.
    pub(super) async fn call(
        &self,
        call: Call,
        parameters: &Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.patiently(async {
            let mut repeats = Repeats::default();
            loop {
                match self.call_once(call, parameters).await {
                    Ok(rows) => return Ok(rows),
                    Err(fault) => self.stand(fault, &mut repeats).await?,
                }
            }
        })
        .await
    }

    /// Stands a fault, where doing the same again may help: every operation of a store is safe to
    /// repeat.
    pub(super) async fn stand(
        &self,
        fault: Fault,
        repeats: &mut Repeats,
    ) -> Result<(), StoreError> {
        match fault {
            Fault::Lost(_) if !repeats.lost => {
                repeats.lost = true;
                // Those that lie idle may have broken with it: the next one is a fresh one.
                self.pool.retain(|_, _| false);
            }
            Fault::Again(_) if repeats.again < TRIES => {
                repeats.again += 1;
                sleep(a_little(repeats.again)).await;
            }
            fault => return Err(fault.into()),
        }
        Ok(())
    }

    async fn call_once(&self, call: Call, parameters: &Parameters<'_>) -> Result<Vec<Row>, Fault> {
        let mut borrowed = self.borrow().await?;
        let answer = borrowed.call(call, parameters).await;
        if !matches!(answer, Err(Fault::Lost(_))) {
            borrowed.give_back();
        }
        answer
    }

    /// A connection, for a while. No round trip asks whether it is still there: whoever uses it
    /// finds out.
    pub(super) async fn borrow(&self) -> Result<Borrowed, StoreError> {
        let object = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            other => StoreError::Unavailable(other.to_string()),
        })?;
        Ok(Borrowed { object, clean: false })
    }

    /// Bounds what the store waits for.
    pub(super) async fn patiently<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(self.patience, work).await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable(format!(
                "PostgreSQL did not answer within {:?}",
                self.patience
            )))
        })
    }

    /// What a session is set to.
    pub(super) fn settings(&self) -> &str {
        self.pool.manager().settings()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("status", &self.pool.status()).finish_non_exhaustive()
    }
}

/// What was done again already.
#[derive(Default)]
pub(super) struct Repeats {
    lost: bool,
    again: u32,
}

/// A connection of the pool. Unless it is given back, it is closed when it is dropped: a call that
/// was given up half-way leaves nothing behind for the next one.
pub(super) struct Borrowed {
    object: Object<Connector>,
    clean: bool,
}

impl Borrowed {
    /// Says that nothing is under way on the connection.
    pub(super) fn give_back(&mut self) {
        self.clean = true;
    }
}

impl Deref for Borrowed {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.object
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if !self.clean {
            self.object.close();
        }
    }
}

/// A pause that grows, and is not the same for two that collided.
fn a_little(tries: u32) -> Duration {
    let [chance, ..] = *uuid::Uuid::new_v4().as_bytes();
    Duration::from_millis(u64::from(1_u32 << tries.min(5))) * (u32::from(chance) + 64) / 256
}
