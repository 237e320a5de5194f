//! Who waits for the file.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};

use super::{Job, Message};
use crate::store::{
    StoreError,
    sqlite::{
        file::Place,
        transaction::{Begin, Step},
        unavailable,
    },
};

/// Everything that was asked and is not answered yet, in the order in which it came.
pub(in crate::store::sqlite) struct Line {
    queue: Receiver<Message>,
    waiting: VecDeque<Waiting>,
}

enum Waiting {
    Job(Box<dyn Job>),
    Begin(Box<Begin>),
}

/// What comes in while a transaction is open.
pub(in crate::store::sqlite) enum Next {
    /// Something to do in the transaction of this number.
    Inside(u64, Step),
    /// Somebody else came, or has waited for long enough.
    Other,
    /// Nobody is left.
    End,
}

impl Line {
    pub(super) fn new(queue: Receiver<Message>) -> Self {
        Self { queue, waiting: VecDeque::new() }
    }

    /// Waits until somebody comes. `false`: nobody will.
    pub(super) fn wait(&mut self) -> bool {
        if self.waiting.is_empty() {
            match self.queue.recv() {
                Ok(message) => self.take(message),
                Err(_) => return false,
            }
        }
        true
    }

    /// Lets in whoever has come.
    pub(super) fn fill(&mut self) {
        while let Ok(message) = self.queue.try_recv() {
            self.take(message);
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Job(job) => self.waiting.push_back(Waiting::Job(job)),
            Message::Begin(begin) => self.waiting.push_back(Waiting::Begin(begin)),
            // Of a transaction that has ended: whoever waits for it is told by its going.
            Message::Inside(_, step) => drop(step),
        }
    }

    pub(super) fn begins(&self) -> bool {
        matches!(self.waiting.front(), Some(Waiting::Begin(_)))
    }

    /// The transaction to open, if it is its turn.
    pub(in crate::store::sqlite) fn take_begin(&mut self) -> Option<Box<Begin>> {
        match self.waiting.pop_front()? {
            Waiting::Begin(begin) => Some(begin),
            other @ Waiting::Job(_) => {
                self.waiting.push_front(other);
                None
            }
        }
    }

    /// The first jobs, as many as there are before a transaction is to be opened.
    pub(super) fn take_jobs(&mut self, most: usize) -> Vec<Box<dyn Job>> {
        let mut jobs = Vec::new();
        while jobs.len() < most {
            match self.waiting.pop_front() {
                Some(Waiting::Job(job)) => jobs.push(job),
                Some(begin) => {
                    self.waiting.push_front(begin);
                    break;
                }
                None => break,
            }
        }
        jobs
    }

    /// Begins a transaction that writes. While another process holds the file, or nobody can write to
    /// it, whoever needs nothing written is answered; whoever has waited for long enough is told. `false`: nobody is left
    /// who wants one.
    pub(in crate::store::sqlite) fn lock(
        &mut self,
        connection: &Connection,
        reader: &Connection,
        place: &Place,
    ) -> bool {
        while !self.waiting.is_empty() {
            // IMMEDIATE: two processes that both read first could not both write afterwards.
            let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") else { return true };
            self.fill();
            self.look_at_what_is_committed(reader, place);
            if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
                self.give_up(&unavailable(&error));
            } else {
                self.fail_all(&unavailable(&error));
            }
        }
        false
    }

    fn look_at_what_is_committed(&mut self, reader: &Connection, place: &Place) {
        // One snapshot for what is read in several statements.
        if reader.execute_batch("BEGIN").is_ok() {
            self.look(reader, place);
            drop(reader.execute_batch("ROLLBACK"));
        }
    }

    /// Answers whoever needs nothing written.
    pub(in crate::store::sqlite) fn look(&mut self, connection: &Connection, place: &Place) {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting =
            waiting.into_iter().filter_map(|who| who.looked_at(connection, place)).collect();
    }

    /// Tells whoever has waited for long enough.
    fn give_up(&mut self, error: &StoreError) {
        let now = Instant::now();
        for who in std::mem::take(&mut self.waiting) {
            if who.until() <= now {
                who.fail(error);
            } else {
                self.waiting.push_back(who);
            }
        }
    }

    fn fail_all(&mut self, error: &StoreError) {
        for who in self.waiting.drain(..) {
            who.fail(error);
        }
    }

    /// What comes next, while a transaction is open on this connection.
    pub(in crate::store::sqlite) fn next(
        &mut self,
        connection: &Connection,
        place: &Place,
    ) -> Next {
        let now = Instant::now();
        let first = self.waiting.iter().map(Waiting::until).min();
        let rest = first.map_or(Duration::from_secs(60), |first| first.duration_since(now));
        match self.queue.recv_timeout(rest) {
            Ok(Message::Inside(number, step)) => return Next::Inside(number, step),
            Ok(Message::Job(job)) => self.come(Waiting::Job(job), connection, place),
            Ok(Message::Begin(begin)) => self.come(Waiting::Begin(begin), connection, place),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Next::End,
        }
        self.give_up(&StoreError::Unavailable("a tool's transaction holds the file".into()));
        Next::Other
    }

    fn come(&mut self, who: Waiting, connection: &Connection, place: &Place) {
        self.waiting.extend(who.looked_at(connection, place));
    }
}

impl Waiting {
    fn until(&self) -> Instant {
        match self {
            Self::Job(job) => job.until(),
            Self::Begin(begin) => begin.until(),
        }
    }

    /// Answers it, or gives it back.
    fn looked_at(self, connection: &Connection, place: &Place) -> Option<Self> {
        match self {
            Self::Job(mut job) => {
                if !job.look(connection) {
                    return Some(Self::Job(job));
                }
                job.answer(&place.still_holds());
                None
            }
            Self::Begin(begin) => begin.looked_at(connection, place).map(Self::Begin),
        }
    }

    fn fail(self, error: &StoreError) {
        match self {
            Self::Job(job) => job.answer(&Err(error.clone())),
            Self::Begin(begin) => begin.fail(error.clone()),
        }
    }
}
