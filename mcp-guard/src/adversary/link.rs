//! The way to a server: a session in this process, the pipes of a child process, or HTTP.

mod http;
mod lines;

use std::{collections::BTreeMap, io, sync::Arc};

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
    Stdio(Stdio),
    Http(Http),
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

    /// Sends a message in a session of its own, in this version of the protocol. The session ends with
    /// the answer, or at once where it is not waited for.
    ///
    /// # Errors
    /// Where sessions cannot be opened at will.
    pub(super) async fn aside(
        &self,
        who: (Role, u64),
        version: &str,
        message: Message,
        wait: bool,
    ) -> Result<Answer, io::Error> {
        let lines = self.open().await?;
        lines.greet(self.caller(who), version).await;
        if wait {
            return Ok(lines.exchange(self.caller(who), message).await);
        }
        lines.send(self.caller(who), message.bytes).await;
        Ok(Answer::default())
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

    /// Whether sessions can be opened and closed at will.
    pub(super) fn reopens(&self) -> bool {
        !self.is_http()
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
