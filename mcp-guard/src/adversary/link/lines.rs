//! A session in which a message is a line.

use std::{
    collections::BTreeMap,
    io,
    mem::take,
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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

use super::{Begun, Message, READY, hello};
use crate::{adversary::answer::Answer, caller::Caller, mcp::stdio};

/// How long a server may take to greet.
const GREETING: Duration = Duration::from_secs(20);
/// The id of the greeting. Those of other messages are above.
const FIRST_ID: u64 = 0;

/// How long a server may take to end when its client has gone.
const PARTING: Duration = Duration::from_secs(5);

/// What comes from a server.
#[derive(Default)]
struct Inbox {
    /// Who waits, by the id of their message.
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<String>>>,
    /// What nobody waits for: the server's own messages, and answers that were given up.
    others: Mutex<Vec<String>>,
    has_ended: AtomicBool,
}

/// One session.
pub(in crate::adversary) struct Lines {
    to: To,
    inbox: Arc<Inbox>,
}

enum To {
    Within(stdio::Within),
    Child(Box<Running>),
}

/// A server of one's own, which ends with this.
struct Running {
    input: AsyncMutex<ChildStdin>,
    process: Child,
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
        let running = Running { input, process };
        Ok(Self::new(To::Child(Box::new(running)), output))
    }

    fn new(to: To, answers: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let inbox = Arc::<Inbox>::default();
        tokio::spawn(deliver(answers, Arc::clone(&inbox)));
        Self { to, inbox }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.inbox.has_ended.load(Ordering::Acquire)
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
        self.begin(caller, id, message.bytes).await.answer().await
    }

    /// Sends a request.
    pub(super) async fn begin(
        &self,
        caller: Option<Arc<Caller>>,
        id: u64,
        message: Vec<u8>,
    ) -> Begun {
        let (sender, receiver) = oneshot::channel();
        lock(&self.inbox.waiting).insert(id, sender);
        let expected = Expected { id, inbox: Arc::clone(&self.inbox) };
        self.send(caller, message).await;
        if !self.is_open() {
            lock(&self.inbox.waiting).remove(&id);
        }
        Begun::new(id, async move {
            let Ok(text) = receiver.await else {
                return Answer::nothing("the server's output has ended");
            };
            Answer::of(text, None).beside(take(&mut *lock(&expected.inbox.others)))
        })
    }

    /// Goes away, as a client does: a process whose input has ended may end by itself.
    pub(super) async fn close(self) {
        if let To::Child(running) = self.to {
            let Running { input, mut process } = *running;
            drop(input);
            let _ = timeout(PARTING, process.wait()).await;
        }
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
struct Expected {
    id: u64,
    inbox: Arc<Inbox>,
}

impl Drop for Expected {
    fn drop(&mut self) {
        lock(&self.inbox.waiting).remove(&self.id);
    }
}

async fn deliver(answers: impl AsyncRead + Unpin, inbox: Arc<Inbox>) {
    let mut lines = BufReader::new(answers).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match inbox.whose(&line) {
            // Whoever waited may have gone meanwhile.
            Some(waiting) => drop(waiting.send(line)),
            None => lock(&inbox.others).push(line),
        }
    }
    inbox.has_ended.store(true, Ordering::Release);
    lock(&inbox.waiting).clear();
}

impl Inbox {
    /// Who waits for a message.
    fn whose(&self, line: &str) -> Option<oneshot::Sender<String>> {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        // A server's own requests and notifications are no answers.
        if message.get("method").is_some() {
            return None;
        }
        let mut waiting = lock(&self.waiting);
        // A message whose id could not be read is answered without one: it is the oldest's.
        let id = message["id"].as_u64().or_else(|| waiting.keys().next().copied());
        id.and_then(|id| waiting.remove(&id))
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
