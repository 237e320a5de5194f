//! Private servers that the tests of one program share, each in a database of its own.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
};

use crate::services::{postgres::Postgres, redis::Redis};

/// How many databases there may be on a server: the tests of one program.
const DATABASES: &str = "1024";

pub(super) static POSTGRES: Shared<Postgres> =
    Shared::new(|| Postgres::start_with(&[("fsync", "off"), ("max_connections", "200")]));
pub(super) static REDIS: Shared<Redis> =
    Shared::new(|| Redis::start_with(&[("databases", DATABASES)]));

/// A server that is there as long as some test needs it: one that begins before the last one has
/// ended uses the same.
pub(super) struct Shared<S> {
    start: fn() -> Option<S>,
    running: Mutex<Weak<Host<S>>>,
    /// Databases of one server are counted from 1.
    databases: AtomicU32,
}

impl<S: Send + 'static> Shared<S> {
    const fn new(start: fn() -> Option<S>) -> Self {
        Self { start, running: Mutex::new(Weak::new()), databases: AtomicU32::new(1) }
    }

    /// The server, and the number of a database that nobody uses. `None`: it is not installed.
    pub(super) fn take(&self) -> Option<(Arc<Host<S>>, u32)> {
        // A server that did not come up poisons the lock, and the next test tries once more.
        let mut running = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let host = if let Some(host) = running.upgrade() {
            host
        } else {
            self.databases.store(1, Ordering::SeqCst);
            let host = Arc::new(Host::start(self.start)?);
            *running = Arc::downgrade(&host);
            host
        };
        Some((host, self.databases.fetch_add(1, Ordering::SeqCst)))
    }
}

/// A running server, and the thread that started it: some servers end with theirs.
#[derive(Debug)]
pub(super) struct Host<S> {
    server: S,
    _thread: mpsc::Sender<()>,
}

impl<S: Send + 'static> Host<S> {
    fn start(start: fn() -> Option<S>) -> Option<Self> {
        let (thread, ends) = mpsc::channel();
        let (started, server) = mpsc::channel();
        thread::spawn(move || {
            drop(started.send(start()));
            // Until the host is dropped, which nobody tells but the channel's end.
            let _ = ends.recv();
        });
        let server = server.recv().expect("a server that comes up")?;
        Some(Self { server, _thread: thread })
    }
}

impl<S> Deref for Host<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.server
    }
}
