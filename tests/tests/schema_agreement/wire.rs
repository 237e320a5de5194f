//! A guard in this process, and a client's end of its wire.

use mcp_guard::{Guard, rmcp::ServiceExt as _};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

use super::Answer;

pub(crate) struct Wire {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: WriteHalf<DuplexStream>,
}

impl Wire {
    pub(crate) async fn open(guard: Guard) -> Self {
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

    pub(crate) async fn tools(&mut self) -> Vec<Value> {
        let listed = self.ask("tools/list", json!({})).await;
        let listed: Value = serde_json::from_str(&listed).expect("a message");
        listed["result"]["tools"].as_array().expect("tools").clone()
    }

    pub(crate) async fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        let text = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        let message: Value = serde_json::from_str(&text).expect("a message");
        let envelope = &message["result"]["structuredContent"];
        if envelope["status"] == "ok" {
            return Answer::Accepted { heard: envelope["result"].clone() };
        }
        if envelope["error"]["category"] == "validation" && !says_again(&text) {
            return Answer::Refused;
        }
        Answer::Wrong(text)
    }

    async fn ask(&mut self, method: &str, params: Value) -> String {
        self.send(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).await;
        self.lines.next_line().await.expect("the server speaks").expect("a line")
    }

    async fn send(&mut self, message: &Value) {
        self.write.write_all(format!("{message}\n").as_bytes()).await.expect("the server listens");
    }
}

/// Whether an answer has one of the texts that only a caller uses.
fn says_again(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    ["canar", "__proto__", "constructor", "ord_8821", "😀"].iter().any(|text| answer.contains(text))
}
