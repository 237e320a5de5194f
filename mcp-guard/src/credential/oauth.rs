//! A token endpoint of OAuth 2.0 (RFC 6749 §3.2), and what is asked of it.

mod granted;
mod scopes;

use granted::{granted, refused};
use reqwest::{StatusCode, Url};
pub(super) use scopes::ScopeMap;

use super::{Credential, CredentialError};
use crate::{
    fetch::{ClientSecret, Fetch, FetchError, Reach},
    secret::Secret,
};

/// An access token (RFC 8693 §3).
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A token endpoint, as a client of it.
pub(super) struct TokenEndpoint {
    url: String,
    client_id: String,
    client_secret: Secret,
    /// `client_secret_post` instead of `client_secret_basic`.
    pub(super) secret_in_body: bool,
    pub(super) reach: Reach,
    pub(super) scopes: ScopeMap,
    /// RFC 8707.
    pub(super) resources: Vec<String>,
    fetch: Fetch,
}

/// The settings of a source that asks a token endpoint.
macro_rules! endpoint_settings {
    ($source:ident) => {
        impl $source {
            /// Asks for `granted`, a scope of the authorization server's, where a tool has the scope
            /// `scope`. For several, it is written several times. A scope that is not mapped is asked
            /// for by its own name.
            #[must_use]
            pub fn map_scope(
                mut self,
                scope: impl Into<String>,
                granted: impl Into<String>,
            ) -> Self {
                self.endpoint.scopes.add(scope.into(), granted.into());
                self
            }

            /// Asks for a token for this resource alone (RFC 8707 §2): the backend's URL. For several,
            /// it is written several times.
            #[must_use]
            pub fn resource(mut self, resource: impl Into<String>) -> Self {
                self.endpoint.resources.push(resource.into());
                self
            }

            /// Sends the client's secret in the body (`client_secret_post`), to a server that does not
            /// take it in the header (`client_secret_basic`; RFC 6749 §2.3.1).
            #[must_use]
            pub fn client_secret_post(mut self) -> Self {
                self.endpoint.secret_in_body = true;
                self
            }

            /// Lets the token endpoint have an address of a private network.
            #[must_use]
            pub fn allow_private_addresses(mut self) -> Self {
                self.endpoint.reach.private_addresses = true;
                self.endpoint.reconnect();
                self
            }

            /// Lets the token endpoint be `http://` on the loopback interface, for development and
            /// tests.
            #[must_use]
            pub fn allow_http_on_loopback(mut self) -> Self {
                self.endpoint.reach.http_on_loopback = true;
                self.endpoint.reconnect();
                self
            }
        }
    };
}
pub(super) use endpoint_settings;

impl TokenEndpoint {
    pub(super) fn new(url: String, client_id: String, client_secret: Secret) -> Self {
        let reach = Reach::default();
        Self {
            url,
            client_id,
            client_secret,
            secret_in_body: false,
            reach,
            scopes: ScopeMap::default(),
            resources: Vec::new(),
            fetch: Fetch::new(reach),
        }
    }

    pub(super) fn reconnect(&mut self) {
        self.fetch = Fetch::new(self.reach);
    }

    /// Asks for a token of this grant, for a tool's scopes. `issued_type` is what the answer must say
    /// that it is, where it must say so.
    pub(super) async fn ask(
        &self,
        grant: &[(&str, &str)],
        scopes: &[&str],
        issued_type: Option<&str>,
    ) -> Result<Credential, CredentialError> {
        let asked = self.scopes.of(scopes);
        let scope = asked.iter().copied().collect::<Vec<_>>().join(" ");
        let mut form = grant.to_vec();
        form.push(("scope", &scope));
        form.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        let (id, secret) = (self.client_id.as_str(), self.client_secret.expose());
        if self.secret_in_body {
            form.extend([("client_id", id), ("client_secret", secret)]);
        }
        let client = self.client();
        let basic = Some(&client).filter(|_| !self.secret_in_body);
        let (status, answer) = self.fetch.ask_for_token(&self.url, &form, basic).await?;
        match status {
            StatusCode::OK => granted(&answer, &asked, issued_type),
            status => Err(refused(status, &answer)),
        }
    }

    fn client(&self) -> ClientSecret {
        ClientSecret::new(self.client_id.as_str(), self.client_secret.expose())
    }

    /// What is wrong with it, for `build()`.
    pub(super) fn mistakes(&self, of: &str) -> Vec<String> {
        let mut mistakes = Vec::new();
        if let Some(mistake) = self.fetch.mistake(&self.url) {
            mistakes.push(format!("the token endpoint's URL of `{of}` {mistake}"));
        } else if !self.fetch.is_usable() {
            mistakes.push(format!("`{of}` {}", FetchError::Client));
        }
        if !self.client().is_complete() {
            mistakes.push(format!("the client's id or secret of `{of}` is empty"));
        }
        if let Some(scope) = self.scopes.malformed() {
            mistakes.push(format!(
                "`.map_scope(…)` of `{of}` has {scope:?}, which is not a scope: one has no space, \
                 quote or backslash (RFC 6749 §3.3)"
            ));
        }
        for resource in self.resources.iter().filter(|resource| !is_resource(resource)) {
            mistakes.push(format!(
                "`.resource({resource:?})` of `{of}` must be an absolute URL without a fragment \
                 (RFC 8707 §2)"
            ));
        }
        mistakes
    }
}

fn is_resource(resource: &str) -> bool {
    Url::parse(resource).is_ok_and(|url| url.fragment().is_none())
}

impl From<FetchError> for CredentialError {
    fn from(error: FetchError) -> Self {
        let why = format!("the token endpoint: {error}");
        match error {
            FetchError::Target | FetchError::Client | FetchError::Address => Self::defect(why),
            FetchError::TimedOut
            | FetchError::Connection
            | FetchError::Status(_)
            | FetchError::TooLarge
            | FetchError::Unreadable => Self::unavailable(why),
        }
    }
}
