//! A client that sends any bytes that a test makes up, over either transport and in any version.

mod http;
mod stdio;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use mcp_guard::{Guard, rmcp::ServiceExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, duplex, split},
    time::timeout,
};

use crate::{
    answer::Answer,
    fixture::Process,
    server::{AGENT_TOKEN, Options, Transport},
};
use http::Http;
use stdio::Stdio;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2025-06-18, which opens with `initialize`.
    V2025June,
    /// 2025-11-25, which opens with `initialize`.
    V2025November,
    /// 2026-07-28, in which every request stands alone.
    V2026July,
}

impl Version {
    /// The versions that must work.
    pub const ALL: [Self; 3] = [Self::V2025June, Self::V2025November, Self::V2026July];

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2025June => "2025-06-18",
            Self::V2025November => "2025-11-25",
            Self::V2026July => "2026-07-28",
        }
    }

    fn has_sessions(self) -> bool {
        self != Self::V2026July
    }
}

/// Every transport in every version.
#[must_use]
pub fn every_way() -> Vec<(Transport, Version)> {
    let transports = [Transport::Stdio, Transport::Http];
    let ways = transports.map(|transport| Version::ALL.map(|version| (transport, version)));
    ways.into_iter().flatten().collect()
}

/// A connection to a server.
#[derive(Debug)]
pub struct Wire {
    version: Version,
    next: AtomicU64,
    link: Link,
    process: Option<Process>,
}

#[derive(Debug)]
enum Link {
    Stdio(Stdio),
    Http(Http),
}

impl Wire {
    /// Starts a server and connects to it, as the agent.
    ///
    /// # Panics
    /// When either fails.
    pub async fn open(options: &Options, version: Version) -> Self {
        let (process, stdin, stdout) = Process::start(options);
        let link = match options.transport {
            Transport::Stdio => Link::Stdio(Stdio::new(stdin, stdout)),
            Transport::Http => {
                let mut url = String::new();
                let line = BufReader::new(stdout).read_line(&mut url).await;
                line.expect("a line that says the URL");
                assert!(!url.is_empty(), "the server did not start: {}", process.log());
                Link::Http(Http::new(url.trim(), Some(AGENT_TOKEN)))
            }
        };
        Self::connect(link, version, Some(process)).await
    }

    /// Connects to an HTTP server that runs already, with another token.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn join(url: &str, token: &str, version: Version) -> Self {
        Self::connect(Link::Http(Http::new(url, Some(token))), version, None).await
    }

    /// Connects to a guard in this process. The raw checks belong to the real transports and are not
    /// on this wire.
    ///
    /// # Panics
    /// When there is no session.
    pub async fn within(guard: Guard) -> Self {
        let (client, server) = duplex(1024 * 1024);
        tokio::spawn(async move {
            let session = guard.serve(split(server)).await.expect("a session");
            session.waiting().await.expect("no panic");
        });
        let (read, write) = split(client);
        let link = Link::Stdio(Stdio::new(write, read));
        Self::connect(link, Version::V2025November, None).await
    }

    async fn connect(link: Link, version: Version, process: Option<Process>) -> Self {
        let mut wire = Self { version, next: AtomicU64::new(1), link, process };
        if version.has_sessions() {
            wire.initialize().await;
        }
        wire
    }

    async fn initialize(&mut self) {
        let (id, text) = self.frame(
            "initialize",
            &format!(
                r#""protocolVersion":"{}","capabilities":{{}},"clientInfo":{{"name":"wire","version":"1"}}"#,
                self.version.as_str()
            ),
        );
        let answer = self.exchange(id, "initialize", None, &text).await;
        let agreed = &answer.message()["result"]["protocolVersion"];
        assert_eq!(agreed, self.version.as_str(), "the version that was asked for: {answer:?}");
        if let Link::Http(http) = &mut self.link {
            http.agree_on(self.version, &answer);
        }
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        match &self.link {
            Link::Stdio(stdio) => stdio.send(initialized).await,
            Link::Http(http) => http.notify(initialized).await,
        }
    }

    /// The server's process, if this connection started it.
    ///
    /// # Panics
    /// When it did not.
    #[must_use]
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("a connection that started its server")
    }

    /// Where the server listens.
    ///
    /// # Panics
    /// When it does not use HTTP.
    #[must_use]
    pub fn url(&self) -> &str {
        match &self.link {
            Link::Http(http) => http.url(),
            Link::Stdio(_) => panic!("there is no URL on stdio"),
        }
    }

    /// Closes the server's standard input, as a client does that has gone. Answers still arrive.
    ///
    /// # Panics
    /// When the server does not use stdio.
    pub async fn close_input(&self) {
        match &self.link {
            Link::Stdio(stdio) => stdio.close().await,
            Link::Http(_) => panic!("there is no input to close on HTTP"),
        }
    }

    /// Lists the tools.
    ///
    /// # Panics
    /// When there is no list.
    pub async fn tools(&self) -> Vec<Value> {
        let (id, text) = self.frame("tools/list", "");
        let answer = self.exchange(id, "tools/list", None, &text).await;
        let tools = answer.message()["result"]["tools"].as_array().cloned();
        tools.unwrap_or_else(|| panic!("no list of tools: {answer:?}"))
    }

    /// Calls a tool.
    pub async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.call_raw(tool, &arguments.to_string()).await
    }

    /// Calls a tool with these bytes as its arguments.
    pub async fn call_raw(&self, tool: &str, arguments: &str) -> Answer {
        let (id, text) =
            self.frame("tools/call", &format!(r#""name":"{tool}","arguments":{arguments}"#));
        self.exchange(id, "tools/call", Some(tool), &text).await
    }

    /// Says that the answer to a request is no longer wanted.
    ///
    /// # Panics
    /// When the server does not use stdio.
    pub async fn cancel(&self, id: u64) {
        let Link::Stdio(stdio) = &self.link else { panic!("requests are cancelled on stdio here") };
        let cancelled = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id},
        });
        stdio.send(&cancelled.to_string()).await;
    }

    /// A request whose `params` end with these members, and its id.
    #[must_use]
    pub fn frame(&self, method: &str, members: &str) -> (u64, String) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut params = String::new();
        if !self.version.has_sessions() {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": self.version.as_str(),
                "io.modelcontextprotocol/clientInfo": {"name": "wire", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            params = format!(r#""_meta":{meta}"#);
            if !members.is_empty() {
                params.push(',');
            }
        }
        params += members;
        let text =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#);
        (id, text)
    }

    /// Sends a request and waits for its answer. `method` and `name` are what an honest HTTP client
    /// puts into its headers; the text is sent as it is.
    ///
    /// # Panics
    /// When no answer comes within thirty seconds.
    pub async fn exchange(&self, id: u64, method: &str, name: Option<&str>, text: &str) -> Answer {
        let patience = Duration::from_secs(30);
        let answer = match &self.link {
            Link::Stdio(stdio) => timeout(patience, stdio.exchange(id, text)).await,
            Link::Http(http) => {
                timeout(patience, http.exchange(self.version, method, name, text)).await
            }
        };
        answer.unwrap_or_else(|_| panic!("no answer to {method} {name:?}"))
    }
}
