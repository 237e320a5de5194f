//! The one thread that touches the file, and the transactions that concurrent calls share.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    file::{self, Place},
    sweep, unavailable,
};
use crate::{clock::Clock, store::StoreError};

/// How many waiting jobs share one commit.
const GROUP: usize = 256;
/// How often expired records are looked for, and how many go at once.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_BATCH: u32 = 1_000;

/// A handle on the thread. It ends when the last handle is dropped.
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Opens the file on a thread of its own.
    pub(super) async fn start(path: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let (opened, ready) = oneshot::channel();
        thread::Builder::new()
            .name("mcp-guard-sqlite".into())
            .spawn(move || match file::open(&path) {
                Ok((connection, place)) => {
                    if opened.send(Ok(())).is_ok() {
                        serve(&connection, &place, &queue, &*clock);
                    }
                }
                // The caller has given up if nobody listens.
                Err(error) => drop(opened.send(Err(error))),
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        ready.await.map_err(|_| gone())??;
        Ok(Self { jobs })
    }

    /// Runs `work` in a transaction and answers once that is durable. `work` writes at most one
    /// statement, so that a failed one leaves nothing behind in the shared transaction.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Pending { work: Some(work), result: None, answer };
        self.jobs.send(Box::new(job)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the store's thread has ended".into())
}

/// Work whose result is told only after the commit.
trait Job: Send {
    fn work(&mut self, connection: &Connection);
    fn answer(self: Box<Self>, committed: &Result<(), StoreError>);
}

struct Pending<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Pending<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn work(&mut self, connection: &Connection) {
        self.result = self.work.take().map(|work| survived(|| work(connection)));
    }

    fn answer(self: Box<Self>, committed: &Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) => Err(gone()),
        };
        // A caller that was dropped finds its answer in the record.
        drop(self.answer.send(result));
    }
}

/// The clock is the user's code, on the store's thread. Its panic is one failure, not the end of the
/// store.
fn survived<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(StoreError::NoClock))
}

fn serve(
    connection: &Connection,
    place: &Place,
    queue: &mpsc::Receiver<Box<dyn Job>>,
    clock: &dyn Clock,
) {
    let (mut swept, mut more) = (Instant::now(), false);
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        // After the commit, so that nothing is answered of a file that nobody else would look into.
        let committed =
            commit_together(connection, queue, &mut group).and_then(|()| place.still_holds());
        for job in group {
            job.answer(&committed);
        }
        // A batch with every group until nothing is left: more is dropped than a group can add.
        if more || swept.elapsed() > SWEEP_EVERY {
            swept = Instant::now();
            more = sweep_some(connection, clock);
        }
    }
}

/// Says whether there is more to sweep.
pub(super) fn sweep_some(connection: &Connection, clock: &dyn Clock) -> bool {
    let swept = survived(|| {
        let now = clock.now().ok_or(StoreError::NoClock)?;
        sweep(connection, now, SWEEP_BATCH)
    });
    swept.unwrap_or_else(|error| {
        tracing::warn!(%error, "expired records could not be removed");
        false
    })
}

/// Runs the first job, and whatever else has come in by then, in one transaction.
fn commit_together(
    connection: &Connection,
    queue: &mpsc::Receiver<Box<dyn Job>>,
    group: &mut Vec<Box<dyn Job>>,
) -> Result<(), StoreError> {
    // IMMEDIATE: two processes that both read first could not both write afterwards.
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    if begun.is_err() {
        // Who came in meanwhile is told as well. One after the other, each would wait as long again.
        group.extend(queue.try_iter());
    }
    begun.map_err(|error| unavailable(&error))?;
    group.extend(queue.try_iter().take(GROUP - 1));
    for job in group.iter_mut() {
        job.work(connection);
    }
    connection.execute_batch("COMMIT").map_err(|error| {
        // Nothing of a transaction that did not commit is kept, whatever the rollback says.
        drop(connection.execute_batch("ROLLBACK"));
        unavailable(&error)
    })
}
