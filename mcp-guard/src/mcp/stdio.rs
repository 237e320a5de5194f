//! MCP over standard input and output, with the raw checks in front of `rmcp`'s parser.

mod output;
#[cfg(feature = "adversary")]
mod within;

use std::{
    io::{self, BufRead},
    thread,
};

use rmcp::{
    RoleServer, ServiceExt,
    model::RequestId,
    service::{RxJsonRpcMessage, ServerInitializeError, Service, TxJsonRpcMessage},
    transport::{Transport, async_rw::AsyncRwTransport},
};
use serde_json::Value;
use tokio::{
    io::{AsyncWriteExt as _, DuplexStream},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::{
    error::Error,
    guard::Guard,
    wire::{self, Fault, Refused, WireLimits},
};

use super::protocol_error;
#[cfg(feature = "adversary")]
pub(crate) use within::Within;

/// Lines that are read ahead of being handled.
const READ_AHEAD: usize = 16;

/// A server's transport on standard input and output: each message is checked on its bytes, and
/// the end of the input reaches the server only when no guarded call is under way any more.
struct StdioTransport {
    inner: AsyncRwTransport<RoleServer, DuplexStream, DuplexStream>,
    refused: mpsc::Receiver<Refused>,
}

impl Guard {
    fn transport_until(
        &self,
        stop: CancellationToken,
        lines: mpsc::Receiver<Line>,
        output: DuplexStream,
    ) -> StdioTransport {
        let limits = self.core().settings().wire;
        let (checked, fed) = tokio::io::duplex(64 * 1024);
        let (refuse, refused) = mpsc::channel(READ_AHEAD);
        let pump = Pump { guard: self.clone(), limits, checked, refuse };
        tokio::spawn(pump.run(lines, stop));
        StdioTransport { inner: AsyncRwTransport::new(fed, output), refused }
    }

    /// Serves a handler on standard input and output until the input ends or `stop` is cancelled.
    /// No running call is dropped.
    pub(crate) async fn serve_on_stdio<S: Service<RoleServer>>(
        &self,
        handler: S,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        let served = tokio::select! {
            served = self.session_on_stdio(handler, stop.clone()) => served,
            () = self.gives_up(&stop) => {
                tracing::warn!("ended while the client did not read its answers");
                Ok(())
            }
        };
        self.core().drained().await;
        served
    }

    async fn session_on_stdio<S: Service<RoleServer>>(
        &self,
        handler: S,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        let (output, written) = output::open()?;
        let lines = read_lines(self.core().settings().wire.max_bytes);
        let served = match handler.serve(self.transport_until(stop, lines, output)).await {
            Ok(session) => session.waiting().await.map(drop).map_err(|error| error.to_string()),
            // The client went away before it said anything.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        // A session that was not opened has been answered, too.
        written.wait().await;
        served.map_err(Error::Session)
    }
}

impl Transport<RoleServer> for StdioTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            tokio::select! {
                Some(refused) = self.refused.recv() => {
                    // This future may be dropped at any time, so the answer goes its own way.
                    tokio::spawn(self.inner.send(answer_to(refused)));
                }
                message = self.inner.receive() => return message,
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.inner.close().await
    }
}

fn answer_to(refused: Refused) -> TxJsonRpcMessage<RoleServer> {
    let id = match refused.id {
        Some(Value::String(id)) => Some(RequestId::String(id.into())),
        Some(Value::Number(id)) => id.as_i64().map(RequestId::Number),
        _ => None,
    };
    TxJsonRpcMessage::<RoleServer>::error(protocol_error(refused.fault), id)
}

/// Hands checked lines on, and refuses the others.
struct Pump {
    guard: Guard,
    limits: WireLimits,
    checked: DuplexStream,
    refuse: mpsc::Sender<Refused>,
}

impl Pump {
    async fn run(mut self, mut lines: mpsc::Receiver<Line>, stop: CancellationToken) {
        loop {
            let line = tokio::select! {
                () = stop.cancelled() => None,
                line = lines.recv() => line,
            };
            let Some(line) = line else { break };
            if self.hand_on(line).await.is_err() {
                break;
            }
        }
        // `rmcp` waits only seconds for calls when its input ends. So it ends for `rmcp` when they
        // are done.
        self.guard.drained().await;
        stop.cancel();
    }

    /// An error means that the server has closed its end.
    async fn hand_on(&mut self, line: Line) -> io::Result<()> {
        let message = match line {
            Line::Whole(message) => message,
            Line::TooLong => return self.refuse(Refused::unread(Fault::TooLarge)).await,
        };
        match wire::check(&message, self.limits) {
            Ok(()) => {
                self.checked.write_all(&message).await?;
                self.checked.write_all(b"\n").await
            }
            Err(refused) => self.refuse(refused).await,
        }
    }

    async fn refuse(&self, refused: Refused) -> io::Result<()> {
        tracing::warn!(fault = ?refused.fault, "a message was refused before it was parsed");
        if !refused.answerable {
            return Ok(());
        }
        self.refuse.send(refused).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// One line of the input.
enum Line {
    Whole(Vec<u8>),
    /// It was longer than a message may be, and has been skipped.
    TooLong,
}

/// Reads standard input on a thread of its own. A read cannot be cancelled, and on one of the
/// runtime's threads it would keep the runtime from ending.
fn read_lines(max_bytes: usize) -> mpsc::Receiver<Line> {
    let (send, receive) = mpsc::channel(READ_AHEAD);
    let spawned = thread::Builder::new().name("mcp-guard-stdin".into()).spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            match read_line(&mut input, max_bytes) {
                Ok(Some(Line::Whole(line))) if line.is_empty() => {}
                Ok(Some(line)) => {
                    if send.blocking_send(line).is_err() {
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "standard input cannot be read");
                    return;
                }
            }
        }
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "standard input cannot be read");
    }
    receive
}

/// One line, without its end, never holding more than `max_bytes` of it. What follows the last line
/// end is not a message.
fn read_line(input: &mut impl BufRead, max_bytes: usize) -> io::Result<Option<Line>> {
    let (mut line, mut too_long) = (Vec::new(), false);
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        if available.is_empty() {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        too_long |= line.len() + part.len() > max_bytes;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = end.map_or(available.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(if too_long { Line::TooLong } else { Line::Whole(line) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], max_bytes: usize) -> Vec<Option<String>> {
        // A buffer of three bytes makes every line come in pieces.
        let mut reader = io::BufReader::with_capacity(3, input);
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut reader, max_bytes).expect("bytes in memory") {
            lines.push(match line {
                Line::Whole(line) => Some(String::from_utf8(line).expect("text")),
                Line::TooLong => None,
            });
        }
        lines
    }

    #[test]
    fn lines_are_bounded_and_the_next_one_is_whole_again() {
        let expected =
            [Some("ab".to_owned()), None, Some(String::new()), Some("abcdef".to_owned())];
        assert_eq!(lines(b"ab\r\nabcdefg\n\nabcdef\nrest", 6), expected);
    }
}
