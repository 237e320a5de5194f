//! The one thread that touches the file, and what it is asked.

mod line;
mod thread;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, mpsc},
    time::Instant,
};

pub(super) use line::{Line, Next};
use rusqlite::Connection;
use thread::Thread;
#[cfg(test)]
pub(super) use thread::sweep_some;
use tokio::sync::oneshot;

use super::{
    Purpose,
    change::Change,
    file,
    transaction::{Begin, Step},
    unavailable,
};
use crate::{clock::Clock, store::StoreError};

/// A handle on the thread. It ends when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

/// What the thread is told.
pub(super) enum Message {
    /// Something is to be decided, and perhaps written.
    Job(Box<dyn Job>),
    /// A transaction is to be opened for a body.
    Begin(Box<Begin>),
    /// Something is to be done in the transaction of this number.
    Inside(u64, Step),
}

impl Writer {
    /// Opens the file on a thread of its own.
    pub(super) async fn start(path: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let (sender, queue) = mpsc::channel();
        let (opened, ready) = oneshot::channel();
        std::thread::Builder::new()
            .name("mcp-guard-sqlite".into())
            .spawn(move || match file::open(&path, &*clock) {
                Ok((connection, place)) => {
                    if opened.send(Ok(())).is_ok() {
                        Thread::new(connection, place, Line::new(queue), clock).serve();
                    }
                }
                // The caller has given up if nobody listens.
                Err(error) => drop(opened.send(Err(error))),
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        ready.await.map_err(|_| gone())??;
        Ok(Self { queue: sender })
    }

    /// A thread on a connection that is open.
    #[cfg(test)]
    pub(super) fn on(connection: Connection, place: file::Place, clock: Arc<dyn Clock>) -> Self {
        let (sender, queue) = mpsc::channel();
        let thread = Thread::new(connection, place, Line::new(queue), clock);
        drop(std::thread::spawn(move || thread.serve()));
        Self { queue: sender }
    }

    /// Decides in a transaction, and answers once what the decision writes is durable. It may be
    /// decided several times, while somebody else holds the file; the last time counts. It waits for
    /// that as long as its purpose allows.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        purpose: Purpose,
        decide: impl FnMut(&Connection) -> Result<(T, Option<Change>), StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let until = Instant::now() + purpose.patience();
        self.send(Message::Job(Box::new(Pending {
            decide,
            purpose,
            until,
            result: None,
            answer,
        })))?;
        answered.await.map_err(|_| gone())?
    }

    pub(super) fn send(&self, message: Message) -> Result<(), StoreError> {
        self.queue.send(message).map_err(|_| gone())
    }
}

pub(super) fn gone() -> StoreError {
    StoreError::Unavailable("the store's thread has ended".into())
}

/// Something to decide, whose answer is told only after the commit.
pub(super) trait Job: Send {
    /// Until when it waits for a file that somebody else holds.
    fn until(&self) -> Instant;
    /// Decides it without writing, if nothing has to be written for that.
    fn look(&mut self, connection: &Connection) -> bool;
    /// Decides it and writes.
    fn work(&mut self, connection: &Connection);
    fn answer(self: Box<Self>, committed: &Result<(), StoreError>);
}

struct Pending<T, F> {
    decide: F,
    purpose: Purpose,
    until: Instant,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Pending<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<(T, Option<Change>), StoreError> + Send,
{
    fn until(&self) -> Instant {
        self.until
    }

    fn look(&mut self, connection: &Connection) -> bool {
        self.result = match survived(|| (self.decide)(connection)) {
            Ok((answer, None)) => Some(Ok(answer)),
            Ok((_, Some(_))) | Err(StoreError::Unavailable(_)) => None,
            Err(error) => Some(Err(error)),
        };
        self.result.is_some()
    }

    fn work(&mut self, connection: &Connection) {
        if self.purpose == Purpose::Act && self.answer.is_closed() {
            return;
        }
        self.result = Some(survived(|| {
            let (answer, change) = (self.decide)(connection)?;
            match change {
                Some(change) if change.is_several() => all_or_nothing(connection, &change)?,
                Some(change) => change.write(connection)?,
                None => {}
            }
            Ok(answer)
        }));
    }

    fn answer(self: Box<Self>, committed: &Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) => Err(gone()),
        };
        // Nobody may wait for it any more: what was written is found in the record.
        drop(self.answer.send(result));
    }
}

/// Undoes the first of several statements if a later one fails, so that a failed job leaves nothing
/// behind in the transaction that it shares.
fn all_or_nothing(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    let run = |statement| {
        connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute([]))
            .map_err(|error| unavailable(&error))
    };
    run("SAVEPOINT mcp_guard_job")?;
    let written = change.write(connection);
    if written.is_err() {
        run("ROLLBACK TO mcp_guard_job")?;
    }
    run("RELEASE mcp_guard_job")?;
    written
}

/// The clock is the user's code, on the store's thread. Its panic is one failure, not the end of the
/// store.
pub(super) fn survived<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(StoreError::NoClock))
}
