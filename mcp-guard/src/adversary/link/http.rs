//! A server over Streamable HTTP.

use std::{collections::BTreeMap, sync::Arc};

use reqwest::{Client, Method, RequestBuilder, Response};
use tokio::{sync::Mutex, task::JoinSet};

use super::{Begun, Message, READY, Role, VERSION, hello};
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

    /// Sends a request.
    pub(super) fn begin(self: &Arc<Self>, role: Role, id: u64, message: Message) -> Begun {
        let http = Arc::clone(self);
        // It is under way although nobody asks for it, and ends when it is dropped.
        let mut request = JoinSet::new();
        request.spawn(async move { http.exchange(role, message).await });
        Begun::new(id, async move {
            let answer = request.join_next().await.and_then(Result::ok);
            answer.unwrap_or_else(|| Answer::nothing("the request was given up"))
        })
    }

    /// Sends a message in a session of its own, in this version of the protocol, and ends the session.
    pub(super) async fn aside(&self, role: Role, version: &str, mut message: Message) -> Answer {
        let session = self.greet(role, version).await;
        message.headers.push(("MCP-Protocol-Version", version.to_owned()));
        let answer = self.ask(role, session.as_deref(), &message).await;
        if session.is_some() {
            let _ = self.request(Method::DELETE, role, session.as_deref()).send().await;
        }
        answer
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
        match request.send().await {
            Ok(response) => read(response, id.is_some()).await,
            Err(error) => Answer::nothing(&told(&error)),
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
        let session = self.greet(role, VERSION).await;
        sessions.insert(role, session.clone());
        session
    }

    /// Greets the server in a version of the protocol. The session, if it opens one.
    async fn greet(&self, role: Role, version: &str) -> Option<String> {
        let greeting = self.post(role, None, hello(0, version).into()).send().await;
        let session = greeting.ok().and_then(|greeting| {
            let session = greeting.headers().get("Mcp-Session-Id")?;
            session.to_str().ok().map(str::to_owned)
        });
        let _ = self.post(role, session.as_deref(), READY.into()).send().await;
        session
    }

    fn post(&self, role: Role, session: Option<&str>, body: Vec<u8>) -> RequestBuilder {
        self.request(Method::POST, role, session)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .body(body)
    }

    fn request(&self, method: Method, role: Role, session: Option<&str>) -> RequestBuilder {
        let mut request = self.client.request(method, &self.url);
        if let Some(token) = self.tokens.get(&role) {
            request = request.bearer_auth(token);
        }
        if let Some(session) = session {
            request = request.header("Mcp-Session-Id", session);
        }
        request
    }
}

/// What was answered, where an answer `is_due`.
async fn read(response: Response, is_due: bool) -> Answer {
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let mut beside: Vec<_> =
        headers.map(|(name, value)| format!("{name}: {}", printable(value.as_bytes()))).collect();
    let body = match response.text().await {
        Ok(body) => body,
        Err(error) => return Answer::nothing(&told(&error)),
    };
    // Accepted, or an event stream that ended without the message.
    if body.is_empty() && status < 400 && is_due {
        return Answer::nothing("the response was empty").beside(beside);
    }
    let (message, others) = message_of(&body);
    beside.extend(others.into_iter().map(str::to_owned));
    Answer::of(message.to_owned(), Some(status)).beside(beside)
}

fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The message of a body, which is the last event with data in a stream, or the whole of anything else;
/// and the events before it.
fn message_of(body: &str) -> (&str, Vec<&str>) {
    let events = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    let mut events: Vec<_> = events.filter(|data| !data.is_empty()).collect();
    (events.pop().unwrap_or(body), events)
}

/// An error with its causes: the first says only that a request could not be sent.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_stream_is_its_last_event() {
        let stream = "data: {\"method\":\"a\"}\n\nevent: message\ndata: {\"id\":1}\n\ndata:\n\n";
        assert_eq!(message_of(stream), (r#"{"id":1}"#, vec![r#"{"method":"a"}"#]));
        assert_eq!(message_of("no stream"), ("no stream", vec![]));
    }
}
