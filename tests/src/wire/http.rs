//! Bodies over Streamable HTTP.

use reqwest::{Client, RequestBuilder};

use super::Version;
use crate::answer::Answer;

/// One client of an HTTP server.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    url: String,
    token: Option<String>,
    agreed: Option<Version>,
    session: Option<String>,
}

impl Http {
    pub(super) fn new(url: &str, token: Option<&str>) -> Self {
        Self {
            client: Client::new(),
            url: url.to_owned(),
            token: token.map(str::to_owned),
            agreed: None,
            session: None,
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn agree_on(&mut self, version: Version, opened: &Answer) {
        self.agreed = Some(version);
        self.session.clone_from(&opened.session);
    }

    pub(super) async fn notify(&self, text: &str) {
        let response = self.post(text).send().await.expect("a server that listens");
        assert!(response.status().is_success(), "a notification was refused: {response:?}");
    }

    pub(super) async fn exchange(
        &self,
        version: Version,
        method: &str,
        name: Option<&str>,
        text: &str,
    ) -> Answer {
        let mut request = self.post(text);
        if version == Version::V2026July {
            request = request
                .header("MCP-Protocol-Version", version.as_str())
                .header("Mcp-Method", method);
            if let Some(name) = name {
                request = request.header("Mcp-Name", name);
            }
        }
        let Ok(response) = request.send().await else {
            return Answer::none();
        };
        let status = response.status().as_u16();
        let session = response.headers().get("Mcp-Session-Id");
        let session = session.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = response.text().await.unwrap_or_default();
        Answer { status: Some(status), text: last_event(&body), session }
    }

    fn post(&self, text: &str) -> RequestBuilder {
        let mut request = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .body(text.to_owned());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(version) = self.agreed {
            request = request.header("MCP-Protocol-Version", version.as_str());
        }
        if let Some(session) = &self.session {
            request = request.header("Mcp-Session-Id", session);
        }
        request
    }
}

/// The message of a body: the last event with data in a stream, or the whole of anything else.
fn last_event(body: &str) -> String {
    let mut events = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    events.rfind(|data| !data.is_empty()).unwrap_or(body).to_owned()
}
