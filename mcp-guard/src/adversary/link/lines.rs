//! A session in which a message is a line.

use std::{
    collections::BTreeMap,
    io,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, DuplexStream},
    process::{Child, ChildStdin, Command},
    sync::{Mutex as AsyncMutex, oneshot},
    time::timeout,
};

use super::{Message, READY, hello};
use crate::{adversary::answer::Answer, caller::Caller, mcp::stdio};

/// How long a server may take to greet.
const GREETING: Duration = Duration::from_secs(20);
/// The id of the greeting. Those of other messages are above.
const FIRST_ID: u64 = 0;

/// Who waits, by the id of their message.
type Waiting = Arc<Mutex<BTreeMap<u64, oneshot::Sender<String>>>>;

/// One session.
pub(in crate::adversary) struct Lines {
    to: To,
    waiting: Waiting,
    open: Arc<AtomicBool>,
}

enum To {
    Within(stdio::Within),
    Child(Box<Running>),
}

/// A server of one's own, which ends with this.
struct Running {
    input: AsyncMutex<ChildStdin>,
    _process: Child,
}

impl Lines {
    /// A session with a guard in this process.
    pub(super) fn within((near, answers): (stdio::Within, DuplexStream)) -> Self {
        Self::new(To::Within(near), answers)
    }

    /// Starts a server. It ends with the session.
    pub(super) fn of(command: &mut Command) -> io::Result<Self> {
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let no_pipe = || io::Error::other("a server without pipes");
        let input = AsyncMutex::new(process.stdin.take().ok_or_else(no_pipe)?);
        let output = process.stdout.take().ok_or_else(no_pipe)?;
        let running = Running { input, _process: process };
        Ok(Self::new(To::Child(Box::new(running)), output))
    }

    fn new(to: To, answers: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (waiting, open) = (Waiting::default(), Arc::new(AtomicBool::new(true)));
        tokio::spawn(deliver(answers, Arc::clone(&waiting), Arc::clone(&open)));
        Self { to, waiting, open }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Opens the session in a version of the protocol. What the server says to it is its affair: what
    /// counts is what it does then.
    pub(super) async fn greet(&self, caller: Option<Arc<Caller>>, version: &str) {
        let hello = Message::request(FIRST_ID, hello(FIRST_ID, version));
        let _ = timeout(GREETING, self.exchange(caller.clone(), hello)).await;
        self.send(caller, READY.into()).await;
    }

    pub(super) async fn exchange(&self, caller: Option<Arc<Caller>>, message: Message) -> Answer {
        let Some(id) = message.id else {
            self.send(caller, message.bytes).await;
            return Answer::default();
        };
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiting).insert(id, sender);
        let _forgotten = Forgotten { id, waiting: &self.waiting };
        self.send(caller, message.bytes).await;
        if !self.is_open() {
            lock(&self.waiting).remove(&id);
        }
        receiver.await.map_or_else(|_| Answer::default(), |text| Answer::of(text, None))
    }

    pub(super) async fn send(&self, caller: Option<Arc<Caller>>, mut message: Vec<u8>) {
        // A line end would make two messages of one.
        message.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        match &self.to {
            To::Within(near) => near.send(caller, message).await,
            To::Child(running) => {
                message.push(b'\n');
                let mut input = running.input.lock().await;
                // A server that has gone shows in the missing answer.
                let _ = input.write_all(&message).await;
                let _ = input.flush().await;
            }
        }
    }
}

/// Takes a message off the list, also when nobody waits for it any more.
struct Forgotten<'a> {
    id: u64,
    waiting: &'a Waiting,
}

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        lock(self.waiting).remove(&self.id);
    }
}

async fn deliver(answers: impl AsyncRead + Unpin, waiting: Waiting, open: Arc<AtomicBool>) {
    let mut lines = BufReader::new(answers).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        // A server's own requests and notifications are no answers.
        if message.get("method").is_some() {
            continue;
        }
        let mut waiting = lock(&waiting);
        // A message whose id could not be read is answered without one: it is the oldest's.
        let id = message["id"].as_u64().or_else(|| waiting.keys().next().copied());
        if let Some(waiting) = id.and_then(|id| waiting.remove(&id)) {
            let _ = waiting.send(line);
        }
    }
    open.store(false, Ordering::Release);
    lock(&waiting).clear();
}

fn lock(waiting: &Waiting) -> std::sync::MutexGuard<'_, BTreeMap<u64, oneshot::Sender<String>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
