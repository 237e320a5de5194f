//! Tells a payments service to misbehave: for tests and for the demo.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};

use super::Fault;

/// Whoever holds the service's admin token.
pub(crate) struct Admin {
    http: Client,
    base: String,
    token: String,
}

impl Admin {
    /// The service at `base`.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub(crate) fn new(base: &str, token: &str) -> reqwest::Result<Self> {
        let http = Client::builder()
            .timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()?;
        Ok(Self { http, base: base.to_owned(), token: token.to_owned() })
    }

    /// Arms `fault` for the next calls, in place of what was armed.
    ///
    /// # Errors
    /// When the service cannot be told.
    pub(crate) async fn arm(&self, fault: Fault) -> reqwest::Result<()> {
        self.tell(self.http.put(self.address("fault")).json(&fault)).await
    }

    /// Waits until the armed fault has been done to all its calls.
    ///
    /// # Errors
    /// When that takes longer than ten seconds, or the service cannot be asked.
    pub(crate) async fn played(&self) -> reqwest::Result<()> {
        self.tell(self.http.get(self.address("fault/played"))).await
    }

    /// Closes the service's port for so long. Returns when it is closed.
    ///
    /// # Errors
    /// When the service cannot be told.
    #[cfg(test)]
    pub(crate) async fn close(&self, millis: u64) -> reqwest::Result<()> {
        self.tell(self.http.put(self.address("closed")).json(&super::service::Closed { millis }))
            .await
    }

    fn address(&self, path: &str) -> String {
        format!("{}/admin/{path}", self.base)
    }

    async fn tell(&self, request: RequestBuilder) -> reqwest::Result<()> {
        request.bearer_auth(&self.token).send().await?.error_for_status()?;
        Ok(())
    }
}
