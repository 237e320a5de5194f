//! How a guard takes a document.

use guard_tests::in_process::InProcess;
use mcp_guard::Guard;
use serde_json::{Value, json};

use super::Answer;

pub(crate) struct Wire(InProcess);

impl Wire {
    pub(crate) async fn open(guard: Guard) -> Self {
        Self(InProcess::open(guard).await)
    }

    pub(crate) async fn tools(&mut self) -> Vec<Value> {
        let listed = self.0.ask("tools/list", json!({})).await.message();
        listed["result"]["tools"].as_array().expect("tools").clone()
    }

    pub(crate) async fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        let answer = self.0.call(tool, arguments).await;
        let envelope = &answer.message()["result"]["structuredContent"];
        if envelope["status"] == "ok" {
            return Answer::Accepted { heard: envelope["result"]["value"].clone() };
        }
        if envelope["error"]["category"] == "validation" && !says_again(&answer.text) {
            return Answer::Refused;
        }
        Answer::Wrong(answer.text)
    }
}

/// Whether an answer has one of the texts that only a caller uses.
fn says_again(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    ["canar", "__proto__", "constructor", "ord_8821", "😀"].iter().any(|text| answer.contains(text))
}
