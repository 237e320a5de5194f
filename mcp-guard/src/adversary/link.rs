//! The way to a server: a session in this process, the pipes of a child process, or HTTP.

mod begun;
mod http;
mod lines;

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

pub(super) use begun::Begun;
pub(super) use http::Http;
use lines::Lines;
use serde::Serialize;
use serde_json::json;
use tokio::{process::Command, sync::Mutex};

use super::answer::Answer;
use crate::{caller::Caller, guard::Guard};

/// Who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// The agent, who may call the tools.
    Agent,
    /// Another one, who may as well.
    Other,
    /// The agent without its scopes.
    Unscoped,
    /// Nobody who is identified.
    Nobody,
}

/// The version that is agreed on, unless an attack asks for another.
pub(super) const VERSION: &str = "2025-11-25";

/// One message.
pub(super) struct Message {
    /// The id that its answer has; `None`: none is due.
    pub(super) id: Option<u64>,
    pub(super) bytes: Vec<u8>,
    /// HTTP headers, beside the usual ones.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Message {
    pub(super) fn request(id: u64, bytes: impl Into<Vec<u8>>) -> Self {
        Self { id: Some(id), bytes: bytes.into(), headers: Vec::new() }
    }

    pub(super) fn notification(text: impl Into<Vec<u8>>) -> Self {
        Self { id: None, bytes: text.into(), headers: Vec::new() }
    }

    /// Whether it has an HTTP header of this name.
    fn names(&self, header: &str) -> bool {
        self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header))
    }
}

/// A way to a server.
pub(super) enum Link {
    Within(Within),
    Stdio(Box<Stdio>),
    Http(Arc<Http>),
}

/// A guard in this process, with a session for each role, and callers who are made up as they are
/// needed.
pub(super) struct Within {
    pub(super) guard: Guard,
    /// The caller of an attack, by its number.
    pub(super) callers: Box<dyn Fn(u64) -> Caller + Send + Sync>,
    pub(super) sessions: Mutex<BTreeMap<Role, Arc<Lines>>>,
}

/// A server that is started as often as it ends.
pub(super) struct Stdio {
    pub(super) command: Mutex<Command>,
    pub(super) session: Mutex<Option<Arc<Lines>>>,
}

impl Link {
    /// Sends a message in the role's session, which is opened where there is none. The answer comes
    /// when it does: whoever asks bounds the time.
    ///
    /// # Errors
    /// When the session cannot be opened.
    pub(super) async fn exchange(
        &self,
        who: (Role, u64),
        message: Message,
    ) -> Result<Answer, io::Error> {
        match self {
            Self::Within(_) | Self::Stdio(_) => {
                let lines = self.lines(who.0).await?;
                Ok(lines.exchange(self.caller(who), message).await)
            }
            Self::Http(http) => Ok(http.exchange(who.0, message).await),
        }
    }

    /// Sends a request in the role's session, and does not wait for its answer.
    ///
    /// # Errors
    /// When the session cannot be opened.
    pub(super) async fn begin(
        &self,
        who: (Role, u64),
        id: u64,
        message: Message,
    ) -> Result<Begun, io::Error> {
        match self {
            Self::Within(_) | Self::Stdio(_) => {
                let lines = self.lines(who.0).await?;
                Ok(lines.begin(self.caller(who), id, message.bytes).await)
            }
            Self::Http(http) => Ok(http.begin(who.0, id, message)),
        }
    }

    /// The session of a role on a line.
    async fn lines(&self, role: Role) -> Result<Arc<Lines>, io::Error> {
        match self {
            Self::Within(within) => {
                let mut sessions = within.sessions.lock().await;
                if let Some(open) = sessions.get(&role).filter(|lines| lines.is_open()) {
                    return Ok(Arc::clone(open));
                }
                let lines = Arc::new(self.open().await?);
                lines.greet(self.caller((role, 0)), VERSION).await;
                sessions.insert(role, Arc::clone(&lines));
                Ok(lines)
            }
            Self::Stdio(stdio) => {
                let mut session = stdio.session.lock().await;
                if let Some(open) = session.as_ref().filter(|lines| lines.is_open()) {
                    return Ok(Arc::clone(open));
                }
                let lines = Arc::new(self.open().await?);
                lines.greet(None, VERSION).await;
                *session = Some(Arc::clone(&lines));
                Ok(lines)
            }
            Self::Http(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// A session of its own, that nobody has greeted yet.
    async fn open(&self) -> Result<Lines, io::Error> {
        match self {
            Self::Within(within) => Ok(Lines::within(within.guard.serve_within())),
            Self::Stdio(stdio) => Lines::of(&mut *stdio.command.lock().await),
            Self::Http(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Sends a message in a session of its own, in this version of the protocol.
    ///
    /// # Errors
    /// When a session cannot be opened.
    pub(super) async fn aside(
        &self,
        who: (Role, u64),
        version: &str,
        message: Message,
    ) -> Result<Answer, io::Error> {
        if let Self::Http(http) = self {
            return Ok(http.aside(who.0, version, message).await);
        }
        let lines = self.open().await?;
        lines.greet(self.caller(who), version).await;
        Ok(lines.exchange(self.caller(who), message).await)
    }

    /// Sends a request in a session of its own, and goes away after so many steps: it closes the session,
    /// or over HTTP the connection.
    ///
    /// # Errors
    /// When a session cannot be opened.
    pub(super) async fn desert(
        &self,
        who: (Role, u64),
        id: u64,
        message: Message,
        steps: u64,
    ) -> Result<(), io::Error> {
        if let Self::Http(http) = self {
            let begun = http.begin(who.0, id, message);
            self.let_it_go(steps).await;
            drop(begun);
            return Ok(());
        }
        let lines = self.open().await?;
        lines.greet(self.caller(who), VERSION).await;
        lines.send(self.caller(who), message.bytes).await;
        self.let_it_go(steps).await;
        lines.close().await;
        Ok(())
    }

    /// Lets the server go so many steps further: turns of the runtime that it shares with the adversary,
    /// or else milliseconds.
    pub(super) async fn let_it_go(&self, steps: u64) {
        if !matches!(self, Self::Within(_)) {
            return tokio::time::sleep(Duration::from_millis(steps)).await;
        }
        for _ in 0..steps {
            tokio::task::yield_now().await;
        }
    }

    /// Who a role is in an attack, where that is made up here.
    fn caller(&self, (role, number): (Role, u64)) -> Option<Arc<Caller>> {
        let Self::Within(within) = self else { return None };
        let agent = (within.callers)(number);
        match role {
            Role::Agent => Some(Arc::new(agent)),
            Role::Other => {
                let name = format!("{}-other", agent.subject());
                Some(Arc::new(agent.with_subject(name)))
            }
            Role::Unscoped => Some(Arc::new(agent.without_scopes())),
            Role::Nobody => None,
        }
    }

    pub(super) fn has(&self, role: Role) -> bool {
        match self {
            Self::Within(_) => true,
            Self::Stdio(_) => role == Role::Agent,
            Self::Http(http) => http.has(role),
        }
    }

    pub(super) fn is_http(&self) -> bool {
        matches!(self, Self::Http(_))
    }
}

/// What a client says first.
fn hello(id: u64, version: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {},
        "clientInfo": {"name": "adversary", "version": env!("CARGO_PKG_VERSION")},
    }})
    .to_string()
}

/// What it says when it was greeted.
const READY: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
