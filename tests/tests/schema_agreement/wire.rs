//! How a guard takes a document.

use guard_tests::in_process::InProcess;
use mcp_guard::{Call, Caller, Guard};
use serde_json::{Value, json};

/// How a guard answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Accepted {
        heard: Value,
    },
    Refused,
    /// Neither of the two that there may be, or one that says a sent value again.
    Wrong(String),
}

/// A guard, called as its transports call it, and a client's end of one of them.
pub(crate) struct Wire {
    guard: Guard,
    session: InProcess,
}

impl Wire {
    pub(crate) async fn open(guard: Guard) -> Self {
        let session = InProcess::open(guard.clone()).await;
        Self { guard, session }
    }

    /// The tools, as a client sees them.
    pub(crate) async fn tools(&mut self) -> Vec<Value> {
        let listed = self.session.ask("tools/list", json!({})).await.message();
        listed["result"]["tools"].as_array().expect("tools").clone()
    }

    /// Walks the whole line, without a transport in front of it.
    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> Answer {
        let call = Call::new(tool, arguments.clone(), Some(Caller::local("agent")));
        let reply = self.guard.call(call).await.expect("a tool");
        let envelope = serde_json::from_str(reply.body()).expect("an envelope");
        answer(&envelope, reply.body())
    }

    /// The same from a client, through the front door.
    pub(crate) async fn call_from_outside(&mut self, tool: &str, arguments: &Value) -> Answer {
        let text = self.session.call(tool, arguments).await;
        answer(&text.message()["result"]["structuredContent"], &text.text)
    }
}

fn answer(envelope: &Value, text: &str) -> Answer {
    if envelope["status"] == "ok" {
        return Answer::Accepted { heard: envelope["result"]["value"].clone() };
    }
    if envelope["error"]["category"] == "validation" && !says_again(text) {
        return Answer::Refused;
    }
    Answer::Wrong(text.into())
}

/// Whether an answer has one of the texts that only a caller uses.
fn says_again(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    ["canar", "__proto__", "constructor", "ord_8821", "😀"].iter().any(|text| answer.contains(text))
}
