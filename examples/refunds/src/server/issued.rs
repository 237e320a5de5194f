//! Who may call over HTTP, where an authorization server says so.

use mcp_guard::{ConfigError, Issuer, ResourceServer, prelude::*};
use reqwest::Url;

use crate::{issuer::SERVER, settings};

/// The server, as its clients know it.
pub(super) struct Resource {
    url: String,
    /// The name under which it is asked, where that is not its own address.
    host: Option<String>,
}

impl Resource {
    /// What the operator says, else the address at which it listens.
    pub(super) fn from_env(address: &str) -> Result<Self, ConfigError> {
        for name in ["REFUNDS_HTTP_TOKEN", "REFUNDS_HTTP_TOKENS"] {
            if settings::text(name)?.is_some() {
                return Err(ConfigError::new(format!(
                    "{name} is set, and --issuer says that tokens come from there: leave one of \
                     them out"
                )));
            }
        }
        let Some(url) = settings::text("REFUNDS_RESOURCE")? else {
            return Ok(Self { url: address.to_owned(), host: None });
        };
        let host = Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let host = host.ok_or_else(|| {
            ConfigError::new(
                "REFUNDS_RESOURCE is not a URL: write the one at which clients reach the server, \
                 such as https://payments.example.com/mcp",
            )
        })?;
        Ok(Self { url, host: Some(host) })
    }

    /// Serves those who know it by this name and have a token of this issuer's that is for it.
    pub(super) fn admitting(&self, http: Http, issuer: &str) -> Result<GuardBuilder, ConfigError> {
        let http = http.allow_hosts(self.host.iter().cloned());
        let mut trusted = match settings::text("REFUNDS_INTROSPECTION_SECRET")? {
            Some(secret) => {
                Issuer::introspect(issuer, format!("{issuer}/introspect"), SERVER, secret)
            }
            None => Issuer::discover(issuer),
        };
        if issuer.starts_with("http://") {
            trusted = trusted.allow_http_on_loopback();
        }
        if let Some(claim) = settings::text("REFUNDS_TENANT_CLAIM")? {
            trusted = trusted.tenant_claim(claim);
        }
        let tokens = ResourceServer::new(&self.url).issuer(trusted);
        Ok(Guard::builder().http(http).authenticate(tokens))
    }
}
