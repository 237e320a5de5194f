//! An agent with a real MCP client.

use std::time::Duration;

use rmcp::{
    RoleClient, ServiceExt,
    model::CallToolRequestParams,
    service::{RunningService, ServiceError},
    transport::{
        StreamableHttpClientTransport, TokioChildProcess,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};

use super::{Result, told::Told};

/// An answer that takes longer is a defect.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client that is connected to a server.
pub(super) struct Agent(RunningService<RoleClient, ()>);

impl Agent {
    /// Starts a server and talks to it on its standard streams.
    pub(super) async fn over_stdio(command: Command, log: std::fs::File) -> Result<Self> {
        let (transport, _) = TokioChildProcess::builder(command).stderr(log).spawn()?;
        Ok(Self(timeout(PATIENCE, ().serve(transport)).await??))
    }

    /// Talks to a server over HTTP, or is told why it does not let the token in.
    pub(super) async fn over_http(url: &str, token: Option<&str>) -> Result<Result<Self, Told>> {
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        let config = match token {
            Some(token) => config.auth_header(token),
            None => config,
        };
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build()?;
        let transport = StreamableHttpClientTransport::with_client(http, config);
        match timeout(PATIENCE, ().serve(transport)).await? {
            Ok(client) => Ok(Ok(Self(client))),
            Err(error) => match error.auth_challenge() {
                Some(challenge) => Ok(Err(Told::challenge(challenge))),
                None => Err(error.into()),
            },
        }
    }

    /// Calls a tool.
    pub(super) async fn call(&self, tool: &'static str, arguments: &Value) -> Result<Told> {
        let mut call = CallToolRequestParams::new(tool);
        call.arguments = arguments.as_object().cloned();
        match timeout(PATIENCE, self.0.call_tool(call)).await? {
            Ok(result) => Ok(Told::of(&result)),
            Err(ServiceError::McpError(error)) => Ok(Told::protocol(&error)),
            Err(error) => match error.auth_challenge() {
                Some(challenge) => Ok(Told::challenge(challenge)),
                None => Err(error.into()),
            },
        }
    }

    /// Asks what became of the call of a tool with a key, without repeating it.
    pub(super) async fn ask(&self, tool: &str, key: &str) -> Result<Told> {
        let asked = json!({"tool": tool, "idempotency_key": key});
        Ok(self.call("operation_status", &asked).await?.standing())
    }

    /// Hangs up and waits until the server has ended.
    pub(super) async fn leave(self) -> Result<()> {
        self.0.cancel().await?;
        Ok(())
    }
}
