//! A server over Streamable HTTP.

use std::collections::BTreeMap;

use reqwest::{Client, RequestBuilder};
use tokio::sync::Mutex;

use super::{Message, READY, Role, VERSION, hello};
use crate::adversary::answer::Answer;

/// A server, and a token for each role that there is.
pub(in crate::adversary) struct Http {
    client: Client,
    url: String,
    tokens: BTreeMap<Role, String>,
    /// The session of each role, where the server opens them.
    sessions: Mutex<BTreeMap<Role, Option<String>>>,
}

impl Http {
    pub(in crate::adversary) fn new(url: &str, tokens: BTreeMap<Role, String>) -> Self {
        Self { client: Client::new(), url: url.to_owned(), tokens, sessions: Mutex::default() }
    }

    /// Whether there is such a sender: without tokens, everybody is the same.
    pub(super) fn has(&self, role: Role) -> bool {
        match role {
            Role::Agent => true,
            Role::Nobody => !self.tokens.is_empty(),
            other => self.tokens.contains_key(&other),
        }
    }

    /// The session of the agent, where the server opens any.
    pub(in crate::adversary) async fn session(&self) -> Option<String> {
        self.open(Role::Agent).await
    }

    pub(super) async fn exchange(&self, role: Role, message: Message) -> Answer {
        if message.names("Mcp-Session-Id") {
            return self.ask(role, None, &message).await;
        }
        let session = self.open(role).await;
        let answer = self.ask(role, session.as_deref(), &message).await;
        // A session that has ended is opened again (MCP 2025-11-25, Transports, Session Management).
        if answer.status != Some(404) || session.is_none() {
            return answer;
        }
        self.forget(role, session).await;
        let session = self.open(role).await;
        self.ask(role, session.as_deref(), &message).await
    }

    async fn ask(&self, role: Role, session: Option<&str>, message: &Message) -> Answer {
        let Message { id, bytes, headers } = message;
        let mut request = self.post(role, session, bytes.clone());
        if !message.names("MCP-Protocol-Version") {
            request = request.header("MCP-Protocol-Version", VERSION);
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let Ok(response) = request.send().await else {
            return Answer::default();
        };
        let status = response.status().as_u16();
        match response.text().await {
            // Accepted, or an event stream that ended without the message.
            Ok(body) if body.is_empty() && status < 400 && id.is_some() => Answer::default(),
            Ok(body) => Answer::of(message_of(&body).to_owned(), Some(status)),
            Err(_) => Answer::default(),
        }
    }

    /// Forgets a session, unless the role has another one by now.
    async fn forget(&self, role: Role, session: Option<String>) {
        let mut sessions = self.sessions.lock().await;
        if sessions.get(&role) == Some(&session) {
            sessions.remove(&role);
        }
    }

    /// The role's session, opened where it was not yet.
    async fn open(&self, role: Role) -> Option<String> {
        let mut sessions = self.sessions.lock().await;
        if let Some(session) = sessions.get(&role) {
            return session.clone();
        }
        let greeting = self.post(role, None, hello(0, VERSION).into()).send().await;
        let session = greeting.ok().and_then(|greeting| {
            let session = greeting.headers().get("Mcp-Session-Id")?;
            session.to_str().ok().map(str::to_owned)
        });
        let _ = self.post(role, session.as_deref(), READY.into()).send().await;
        sessions.insert(role, session.clone());
        session
    }

    fn post(&self, role: Role, session: Option<&str>, body: Vec<u8>) -> RequestBuilder {
        let mut request = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .body(body);
        if let Some(token) = self.tokens.get(&role) {
            request = request.bearer_auth(token);
        }
        if let Some(session) = session {
            request = request.header("Mcp-Session-Id", session);
        }
        request
    }
}

/// The message of a body: the last event with data in a stream, or the whole of anything else.
fn message_of(body: &str) -> &str {
    let mut events = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    events.rfind(|data| !data.is_empty()).unwrap_or(body)
}
