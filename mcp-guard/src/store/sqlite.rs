//! The embedded durable store: one SQLite file, any number of processes.

mod file;
mod writer;

use std::{fmt, path::Path, sync::Arc};

use rusqlite::{Connection, OptionalExtension as _, named_params};
use writer::Writer;

use super::{
    Claim, Claimed, Fenced, Fingerprint, Lease, OperationId, Owner, Settlement, Standing, Store,
    StoreError, StoreFuture, StoredReply,
    record::{self, Ended, Record, State},
};
use crate::{
    clock::{Clock, SystemClock, Timestamp},
    secret::DeploymentSecret,
};

/// Keeps records in a file, durable against power loss (`synchronous=FULL`, write-ahead log), safe
/// with several processes on one file. Every stdio client starts its own server process, so that is
/// the usual case.
///
/// Writes of concurrent calls share commits. The file must be on a local disk: SQLite's locks do
/// not work on network file systems. It is created readable by its owner alone. A store whose file is
/// moved, deleted or replaced while it is open refuses everything from then on.
#[derive(Clone)]
pub struct SqliteStore {
    writer: Arc<Writer>,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens the file, creating it and its tables where they are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened; [`StoreError::Unusable`] when it
    /// is not durable (`:memory:`), another application's, or of a newer version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with_clock(path, Arc::new(SystemClock)).await
    }

    /// Opens the file, on a clock of the test's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with_clock(
        path: impl AsRef<Path>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let writer = Writer::start(path.as_ref().to_owned(), Arc::clone(&clock)).await?;
        Ok(Self { writer: Arc::new(writer), clock })
    }

    /// Reads a record, asks a rule, writes what it says: in one transaction of the file.
    async fn transact<T: Send + 'static>(
        &self,
        operation: OperationId,
        tool: Option<&'static str>,
        rule: impl FnOnce(Option<Record>, Timestamp) -> (T, Option<Record>) + Send + 'static,
    ) -> Result<T, StoreError> {
        let clock = Arc::clone(&self.clock);
        self.writer
            .submit(move |connection| {
                // Read inside the transaction: waiting for it may take longer than a lease.
                let now = clock.now().ok_or(StoreError::NoClock)?;
                let (answer, changed) = rule(read(connection, &operation)?, now);
                if let Some(record) = changed {
                    write(connection, &operation, tool, &record)?;
                }
                Ok(answer)
            })
            .await
    }
}

impl Store for SqliteStore {
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        let owned = claim.clone();
        Box::pin(self.transact(claim.operation, Some(claim.tool), move |record, now| {
            record::on_claim(record, &owned, now)
        }))
    }

    fn recall<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<Standing>> {
        let owned = claim.clone();
        Box::pin(self.transact(claim.operation, None, move |record, now| {
            (record.and_then(|record| record::on_recall(&record, &owned, now)), None)
        }))
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> StoreFuture<'a, Fenced> {
        let owned = lease.clone();
        Box::pin(self.transact(lease.operation, None, move |record, now| {
            record::on_renew(record, &owned, now)
        }))
    }

    fn settle<'a>(
        &'a self,
        lease: &'a Lease,
        settlement: &'a Settlement,
    ) -> StoreFuture<'a, Fenced> {
        let (owned, settlement) = (lease.clone(), settlement.clone());
        Box::pin(self.transact(lease.operation, None, move |record, now| {
            record::on_settle(record, &owned, &settlement, now)
        }))
    }

    fn secret(&self) -> StoreFuture<'_, DeploymentSecret> {
        Box::pin(self.writer.submit(|connection| {
            let bytes: [u8; 32] = connection
                .query_row("SELECT value FROM mcp_guard_secret WHERE id = 1", [], |row| row.get(0))
                .map_err(|error| unreadable(&error))?;
            Ok(DeploymentSecret::from_bytes(bytes))
        }))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

const CLAIMED: &str = "claimed";
const RECORDED: &str = "recorded";
const RELEASED: &str = "released";
const UNKNOWN: &str = "unknown";

fn read(connection: &Connection, operation: &OperationId) -> Result<Option<Record>, StoreError> {
    connection
        .prepare_cached(
            "SELECT fingerprint, epoch, owner, state, lease_until, reply, is_error, ended_at,
                    retain_until, forget_at
             FROM mcp_guard_operation WHERE operation = ?1",
        )
        .map_err(|error| unavailable(&error))?
        .query_row([operation.as_bytes()], record_of)
        .optional()
        .map_err(|error| unreadable(&error))
}

fn record_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Record> {
    let timestamp = |column| row.get(column).map(Timestamp::from_millis);
    let ended = || -> rusqlite::Result<Ended> {
        Ok(Ended {
            at: timestamp("ended_at")?,
            retain_until: timestamp("retain_until")?,
            forget_at: timestamp("forget_at")?,
        })
    };
    let state = match row.get_ref("state")?.as_str()? {
        CLAIMED => State::Claimed { until: timestamp("lease_until")? },
        RECORDED => State::Recorded {
            // The sweeper drops the body when it can no longer be replayed.
            reply: StoredReply {
                body: row.get::<_, Option<String>>("reply")?.unwrap_or_default(),
                is_error: row.get("is_error")?,
            },
            ended: ended()?,
        },
        RELEASED => State::Released { ended: ended()? },
        UNKNOWN => State::Unknown,
        _ => return Err(rusqlite::Error::InvalidQuery),
    };
    Ok(Record {
        fingerprint: Fingerprint::from_bytes(row.get("fingerprint")?),
        epoch: row.get("epoch")?,
        owner: Owner::from_bytes(row.get("owner")?),
        state,
    })
}

fn write(
    connection: &Connection,
    operation: &OperationId,
    tool: Option<&str>,
    record: &Record,
) -> Result<(), StoreError> {
    let (state, lease_until, reply, ended) = match &record.state {
        State::Claimed { until } => (CLAIMED, Some(*until), None, None),
        State::Recorded { reply, ended } => (RECORDED, None, Some(reply), Some(ended)),
        State::Released { ended } => (RELEASED, None, None, Some(ended)),
        State::Unknown => (UNKNOWN, None, None, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO mcp_guard_operation
                 (operation, tool, fingerprint, epoch, owner, state, lease_until, reply, is_error,
                  ended_at, retain_until, forget_at)
             VALUES (:operation, :tool, :fingerprint, :epoch, :owner, :state, :lease_until, :reply,
                     :is_error, :ended_at, :retain_until, :forget_at)
             ON CONFLICT (operation) DO UPDATE SET
                 fingerprint = :fingerprint, epoch = :epoch, owner = :owner, state = :state,
                 lease_until = :lease_until, reply = :reply, is_error = :is_error,
                 ended_at = :ended_at, retain_until = :retain_until, forget_at = :forget_at",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":operation": operation.as_bytes(),
                ":tool": tool.unwrap_or_default(),
                ":fingerprint": record.fingerprint.as_bytes(),
                ":epoch": record.epoch,
                ":owner": record.owner.as_bytes(),
                ":state": state,
                ":lease_until": lease_until.map(Timestamp::as_millis),
                ":reply": reply.map(|reply| reply.body.as_str()),
                ":is_error": reply.map(|reply| reply.is_error),
                ":ended_at": ended.map(|ended| ended.at.as_millis()),
                ":retain_until": ended.map(|ended| ended.retain_until.as_millis()),
                ":forget_at": ended.map(|ended| ended.forget_at.as_millis()),
            })
        })
        .map(drop)
        .map_err(|error| unavailable(&error))
}

/// Drops bodies that can no longer be replayed and records that need not be remembered. A claimed
/// or unknown record has no `forget_at` and stays. Says whether there may be more to drop than fits
/// into one batch.
fn sweep(connection: &Connection, now: Timestamp, batch: u32) -> Result<bool, StoreError> {
    let now = now.as_millis();
    let full = |dropped: usize| u32::try_from(dropped).is_ok_and(|dropped| dropped >= batch);
    connection
        .execute(
            "DELETE FROM mcp_guard_operation WHERE rowid IN
                 (SELECT rowid FROM mcp_guard_operation WHERE forget_at <= ?1 LIMIT ?2)",
            (now, batch),
        )
        .and_then(|records| {
            let bodies = connection.execute(
                "UPDATE mcp_guard_operation SET reply = NULL WHERE rowid IN
                     (SELECT rowid FROM mcp_guard_operation
                      WHERE retain_until <= ?1 AND reply IS NOT NULL LIMIT ?2)",
                (now, batch),
            )?;
            Ok(full(records) || full(bodies))
        })
        .map_err(|error| unavailable(&error))
}

fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// A row that does not read as it was written is refused; anything else is the file's failure.
fn unreadable(error: &rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqliteFailure(..) => unavailable(error),
        _ => StoreError::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
