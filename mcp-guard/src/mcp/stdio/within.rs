//! The same session without the two pipes: for an adversary in the guard's own process, whose caller
//! changes from message to message, as over HTTP.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use http::request::Parts;
use rmcp::{
    RoleServer, ServiceExt,
    model::{GetExtensions as _, JsonRpcMessage},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::{io::DuplexStream, sync::mpsc};
use tokio_util::sync::CancellationToken;

use super::{Line, READ_AHEAD, StdioTransport};
use crate::{caller::Caller, guard::Guard};

/// Bytes of answers that wait to be read.
const BUFFER: usize = 1024 * 1024;

/// A client's end of a session. When it is dropped, the session ends.
pub(crate) struct Within {
    lines: mpsc::Sender<Line>,
    whose: Whose,
}

/// Who sends the next messages. `None`: somebody who is not identified.
type Whose = Arc<Mutex<Option<Arc<Caller>>>>;

impl Guard {
    /// Opens a session that walks the whole way of a message on standard input, from its bytes on.
    /// What is answered can be read from the stream.
    pub(crate) fn serve_within(&self) -> (Within, DuplexStream) {
        let (lines, queue) = mpsc::channel(READ_AHEAD);
        let (output, answers) = tokio::io::duplex(BUFFER);
        let whose = Whose::default();
        let inner = self.transport_until(CancellationToken::new(), queue, output);
        let transport = Named { inner, whose: Arc::clone(&whose) };
        let handler = self.clone();
        tokio::spawn(async move {
            match handler.serve(transport).await {
                Ok(session) => drop(session.waiting().await),
                Err(error) => tracing::debug!(%error, "a session was not opened"),
            }
        });
        (Within { lines, whose }, answers)
    }
}

impl Within {
    /// Sends one message, as this caller. It must not hold a line end.
    pub(crate) async fn send(&self, caller: Option<Arc<Caller>>, message: Vec<u8>) {
        *self.whose.lock().unwrap_or_else(PoisonError::into_inner) = caller;
        // A server that has gone shows in the missing answer.
        let _ = self.lines.send(Line::Whole(message)).await;
    }
}

/// Names the sender of each message as an authentication layer does.
struct Named {
    inner: StdioTransport,
    whose: Whose,
}

impl Transport<RoleServer> for Named {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let mut message = self.inner.receive().await?;
        if let JsonRpcMessage::Request(request) = &mut message {
            let caller = self.whose.lock().unwrap_or_else(PoisonError::into_inner).clone();
            request.request.extensions_mut().insert(sent_by(caller));
        }
        Some(message)
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.inner.close().await
    }
}

fn sent_by(caller: Option<Arc<Caller>>) -> Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    if let Some(caller) = caller {
        parts.extensions.insert(caller);
    }
    parts
}
