//! Lists that change, and clients that listen for it.

use mcp_guard::rmcp::{model::CallToolResponse, service::SubscriptionContext};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::content::{described, said};

/// A list that has changed.
#[derive(Debug, Clone, Copy)]
enum Changed {
    Tools,
    Prompts,
}

/// Who is told of changes.
#[derive(Debug, Clone)]
pub(super) struct Changes(broadcast::Sender<Changed>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::channel(16).0)
    }
}

impl Changes {
    pub(super) fn tools() -> Value {
        let names = ["test_trigger_tool_change", "test_trigger_prompt_change"];
        json!(names.map(|name| described(name, "Change a list.", &json!({}))))
    }

    pub(super) fn call(&self, tool: &str) -> Option<CallToolResponse> {
        let changed = match tool {
            "test_trigger_tool_change" => Changed::Tools,
            "test_trigger_prompt_change" => Changed::Prompts,
            _ => return None,
        };
        // Nobody may be listening.
        let _listeners = self.0.send(changed);
        Some(said("changed"))
    }

    /// Tells a client what it asked for, until it goes.
    pub(super) async fn tell(&self, subscription: &SubscriptionContext) {
        let mut told = self.0.subscribe();
        loop {
            let list = tokio::select! {
                () = subscription.cancelled() => return,
                Ok(list) = told.recv() => list,
            };
            // What the client did not ask for is not sent.
            let _sent = match list {
                Changed::Tools => subscription.sink().notify_tool_list_changed().await,
                Changed::Prompts => subscription.sink().notify_prompt_list_changed().await,
            };
        }
    }
}
