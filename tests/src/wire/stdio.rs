//! Lines over pipes.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    sync::oneshot,
};

use crate::answer::Answer;

type Waiting = Arc<Mutex<BTreeMap<u64, oneshot::Sender<String>>>>;

/// What a server reads from.
type Input = Box<dyn AsyncWrite + Send + Unpin>;

/// The two pipes of a server. Requests may overlap.
pub(super) struct Stdio {
    stdin: tokio::sync::Mutex<Option<Input>>,
    waiting: Waiting,
}

impl Stdio {
    pub(super) fn new(
        stdin: impl AsyncWrite + Send + Unpin + 'static,
        stdout: impl AsyncRead + Send + Unpin + 'static,
    ) -> Self {
        let waiting = Waiting::default();
        tokio::spawn(deliver(BufReader::new(stdout), Arc::clone(&waiting)));
        Self { stdin: tokio::sync::Mutex::new(Some(Box::new(stdin))), waiting }
    }

    pub(super) async fn send(&self, line: &str) {
        let mut stdin = self.stdin.lock().await;
        let stdin = stdin.as_mut().expect("an input that is open");
        // A server that has gone shows in the missing answer.
        let _ = stdin.write_all(format!("{line}\n").as_bytes()).await;
        let _ = stdin.flush().await;
    }

    pub(super) async fn exchange(&self, id: u64, line: &str) -> Answer {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().expect("a map").insert(id, sender);
        self.send(line).await;
        match receiver.await {
            Ok(text) => Answer { status: None, text, session: None },
            Err(_) => Answer::none(),
        }
    }

    pub(super) async fn close(&self) {
        self.stdin.lock().await.take();
    }
}

impl fmt::Debug for Stdio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdio").finish_non_exhaustive()
    }
}

/// Hands each answer to whoever waits for it. When the output ends, nobody waits any longer.
async fn deliver(mut stdout: BufReader<impl AsyncRead + Unpin>, waiting: Waiting) {
    let mut line = String::new();
    while let Ok(1..) = stdout.read_line(&mut line).await {
        let text = std::mem::take(&mut line).trim_end().to_owned();
        let message: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("not a message: {text:?}"));
        let mut waiting = waiting.lock().expect("a map");
        // The answer to a message that could not be read has no id: it is the oldest one's.
        let id = message["id"]
            .as_u64()
            .or_else(|| message.get("error").and_then(|_| waiting.keys().next().copied()));
        if let Some(sender) = id.and_then(|id| waiting.remove(&id)) {
            let _ = sender.send(text);
        }
    }
    waiting.lock().expect("a map").clear();
}
