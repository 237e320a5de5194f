//! A guard in the test's own process, and a client's end of its wire: for what no other process can
//! show, such as a store that fails on demand. The raw checks belong to the real transports and are
//! not on this wire.

use mcp_guard::{Guard, rmcp::ServiceExt as _};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use crate::answer::Answer;

/// One session, one request after the other.
#[derive(Debug)]
pub struct InProcess {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
}

impl InProcess {
    /// Serves the guard and opens a session with it.
    ///
    /// # Panics
    /// When there is no session.
    pub async fn open(guard: Guard) -> Self {
        let (client, server) = tokio::io::duplex(1024 * 1024);
        tokio::spawn(async move {
            let session = guard.serve(tokio::io::split(server)).await.expect("a session");
            session.waiting().await.expect("no panic");
        });
        let (read, write) = tokio::io::split(client);
        let mut wire = Self { lines: BufReader::new(read).lines(), write };
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}});
        wire.ask("initialize", hello).await;
        wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        wire
    }

    /// Calls a tool.
    ///
    /// # Panics
    /// When the server goes away.
    pub async fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await
    }

    /// Sends a request and takes its answer.
    ///
    /// # Panics
    /// When the server goes away.
    pub async fn ask(&mut self, method: &str, params: Value) -> Answer {
        self.send(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).await;
        let text = self.lines.next_line().await.expect("the server speaks").expect("a line");
        Answer { status: None, text, session: None }
    }

    async fn send(&mut self, message: &Value) {
        self.write.write_all(format!("{message}\n").as_bytes()).await.expect("the server listens");
    }
}
