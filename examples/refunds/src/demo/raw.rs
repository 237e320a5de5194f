//! An agent that writes its messages itself: for what no client would send, and for a connection
//! that breaks at a chosen moment.

use std::time::Duration;

use rmcp::model::{CallToolResult, ErrorData};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{Result, told::Told};

const PATIENCE: Duration = Duration::from_secs(10);
const HELLO: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"agent","version":"1"}}}"#;
const READY: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A server process and the line to it.
pub(super) struct RawAgent {
    server: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl RawAgent {
    /// Starts a server and greets it.
    pub(super) async fn connect(mut command: Command) -> Result<Self> {
        let mut server = command.stdin(std::process::Stdio::piped()).spawn()?;
        let to = server.stdin.take().ok_or("a server without an input")?;
        let from = server.stdout.take().ok_or("a server without an output")?;
        let mut agent = Self { server, to, from: BufReader::new(from).lines() };
        agent.write(HELLO).await?;
        agent.read(0).await?.ok_or("the server did not greet")?;
        agent.write(READY).await?;
        Ok(agent)
    }

    /// Sends a call with these arguments, as they are written.
    pub(super) async fn send(&mut self, tool: &str, arguments: &str) -> Result<()> {
        self.write(&format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        ))
        .await
    }

    /// Waits for the answer to the call.
    pub(super) async fn hear(&mut self) -> Result<Told> {
        let Some(mut message) = self.read(1).await? else {
            return Ok(Told::Nothing);
        };
        if !message["error"].is_null() {
            let error: ErrorData = serde_json::from_value(message["error"].take())?;
            return Ok(Told::protocol(&error));
        }
        let result: CallToolResult = serde_json::from_value(message["result"].take())?;
        Ok(Told::of(&result))
    }

    /// Kills the server, as `kill -9` does. What it still says, nobody hears.
    pub(super) async fn kill_server(&mut self) -> Result<()> {
        Ok(self.server.kill().await?)
    }

    async fn write(&mut self, message: &str) -> Result<()> {
        self.to.write_all(format!("{message}\n").as_bytes()).await?;
        Ok(self.to.flush().await?)
    }

    /// The answer with that id; `None` when the server is gone.
    async fn read(&mut self, id: u64) -> Result<Option<Value>> {
        while let Some(line) = timeout(PATIENCE, self.from.next_line()).await?? {
            let message: Value = serde_json::from_str(&line)?;
            if message["id"] == id {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }
}
