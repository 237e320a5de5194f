//! What clients are told of where to get a token: protected resource metadata (RFC 9728).

/// The server, as an OAuth 2.0 protected resource: its identifier, and who issues tokens for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedResource {
    resource: String,
    authorization_servers: Vec<String>,
}

impl ProtectedResource {
    /// The server at this URL (RFC 9728 §1.2; the `resource` of RFC 8707), such as
    /// `https://payments.example.com/mcp`, for which these issuers issue tokens.
    #[must_use]
    pub fn new<I: Into<String>>(
        resource: impl Into<String>,
        authorization_servers: impl IntoIterator<Item = I>,
    ) -> Self {
        Self {
            resource: resource.into(),
            authorization_servers: authorization_servers.into_iter().map(Into::into).collect(),
        }
    }

    /// The identifier: the URL that clients send as `resource`, and that tokens have in `aud`.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The issuers of its tokens.
    #[must_use]
    pub fn authorization_servers(&self) -> &[String] {
        &self.authorization_servers
    }
}
