//! The transactions that concurrent calls share, on the store's thread.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{Job, Line, survived};
use crate::{
    clock::Clock,
    store::{
        StoreError,
        sqlite::{file::Place, sweep::sweep, transaction::Host, unavailable},
    },
};

/// How many waiting jobs share one commit.
const GROUP: usize = 256;
/// How often expired records are looked for, and how many go at once.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_BATCH: u32 = 1_000;

pub(in crate::store::sqlite) struct Thread {
    connection: Connection,
    place: Place,
    line: Line,
    clock: Arc<dyn Clock>,
    host: Host,
}

impl Thread {
    pub(super) fn new(
        connection: Connection,
        place: Place,
        line: Line,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { connection, place, line, clock, host: Host::default() }
    }

    pub(super) fn serve(mut self) {
        let (mut swept, mut more) = (Instant::now(), false);
        while self.line.wait() {
            self.line.fill();
            if self.line.begins() {
                self.host.open(&mut self.line, &self.connection, &self.place);
            } else {
                self.commit_together();
            }
            // A batch with every group until nothing is left: more is dropped than a group can add.
            if more || swept.elapsed() > SWEEP_EVERY {
                swept = Instant::now();
                more = sweep_some(&self.connection, &*self.clock);
            }
        }
    }

    /// Runs the jobs that have come, in one transaction.
    fn commit_together(&mut self) {
        let connection = &self.connection;
        if !self.line.lock(connection, connection, &self.place) {
            return;
        }
        self.line.fill();
        let mut group = self.line.take_jobs(GROUP);
        // After the commit, so that nothing is answered of a file that nobody else would look into.
        let committed = work(connection, &mut group).and_then(|()| self.place.still_holds());
        for job in group {
            job.answer(&committed);
        }
    }
}

fn work(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    for job in group {
        job.work(connection);
        // A full disk undoes the whole transaction, and what came after it would be on its own.
        if connection.is_autocommit() {
            return Err(StoreError::Unavailable("SQLite gave the transaction up".into()));
        }
    }
    connection.execute_batch("COMMIT").map_err(|error| {
        // Nothing of a transaction that did not commit is kept, whatever the rollback says.
        drop(connection.execute_batch("ROLLBACK"));
        unavailable(&error)
    })
}

/// Says whether there is more to sweep.
pub(in crate::store::sqlite) fn sweep_some(connection: &Connection, clock: &dyn Clock) -> bool {
    let swept = survived(|| {
        let now = clock.now().ok_or(StoreError::NoClock)?;
        sweep(connection, now, SWEEP_BATCH)
    });
    swept.unwrap_or_else(|error| {
        tracing::warn!(%error, "expired records could not be removed");
        false
    })
}
