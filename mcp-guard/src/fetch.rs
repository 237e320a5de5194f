//! The one client for what the guard itself asks of others over HTTP: metadata, keys, introspection,
//! tokens.
//!
//! HTTPS alone, no redirects, no proxy from the environment, a bounded time and a bounded answer. An
//! address is judged when it is connected to ([`address`]): a name that resolves to the inside of the
//! network leads nowhere. What goes wrong is told without a word of the answer or of what was sent.

mod address;
mod answer;
mod resolver;
mod target;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

pub(crate) use address::Reach;
pub(crate) use answer::Answer;
use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use secrecy::{ExposeSecret as _, SecretString};

use self::{resolver::GuardedResolver, target::Target};

/// How long a request may take, from the name's resolution to the last byte of the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
pub(crate) const MAX_ANSWER: usize = 256 * 1024;

/// Asks others. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub(crate) struct Fetch {
    reach: Reach,
    /// Made at the first use, because it reads the system's certificates.
    client: Arc<OnceLock<Option<Client>>>,
}

/// Why there is no answer. It quotes neither the answer nor what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the URL is not one that may be asked")]
    Target,
    #[error("no TLS client could be made: the system's certificates cannot be read")]
    Client,
    #[error("the name has no address that may be asked")]
    Address,
    #[error("there was no answer in time")]
    TimedOut,
    #[error("the connection failed")]
    Connection,
    #[error("the answer has status {0}")]
    Status(StatusCode),
    #[error("the answer is longer than {} KiB", MAX_ANSWER / 1024)]
    TooLarge,
    #[error("the answer is not the JSON that was expected")]
    Unreadable,
}

/// `client_secret_basic` of RFC 6749 §2.3.1.
#[derive(Clone)]
pub(crate) struct ClientSecret {
    id: String,
    secret: SecretString,
}

impl ClientSecret {
    pub(crate) fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        Self { id: id.into(), secret: secret.into() }
    }

    pub(crate) fn is_complete(&self) -> bool {
        !self.id.is_empty() && !self.secret.expose_secret().is_empty()
    }

    /// Both are form-encoded first, so that a colon in one is not taken for the separator.
    fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        let secret = SecretString::from(target::form_encoded(self.secret.expose_secret()));
        request.basic_auth(target::form_encoded(&self.id), Some(secret.expose_secret()))
    }
}

impl Fetch {
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, client: Arc::default() }
    }

    /// What is wrong with asking this URL, for `build()`: it completes "the URL …".
    pub(crate) fn mistake(&self, url: &str) -> Option<String> {
        Target::parse(url, self.reach).err()
    }

    /// Whether there is a client at all: the system's certificates could be read.
    pub(crate) fn is_usable(&self) -> bool {
        self.client().is_ok()
    }

    /// `GET`.
    ///
    /// # Errors
    /// When the URL may not be asked, or there is no answer of status 200 in time and size.
    #[cfg_attr(
        not(feature = "jwt"),
        expect(dead_code, reason = "metadata and keys are read by it")
    )]
    pub(crate) async fn get(&self, url: &str) -> Result<Answer, FetchError> {
        let target = self.target(url)?;
        let request = self.client()?.get(target.into_url());
        Ok(self.send(request, |status| status == StatusCode::OK).await?.1)
    }

    /// `POST` of a form, as the client that `secret` belongs to.
    ///
    /// # Errors
    /// As of [`get`](Self::get).
    #[cfg_attr(not(feature = "jwt"), expect(dead_code, reason = "tokens are introspected by it"))]
    pub(crate) async fn post_form(
        &self,
        url: &str,
        form: &[(&str, &str)],
        secret: Option<&ClientSecret>,
    ) -> Result<Answer, FetchError> {
        let request = self.form(url, form, secret)?;
        Ok(self.send(request, |status| status == StatusCode::OK).await?.1)
    }

    /// `POST` of a form to a token endpoint, which says in JSON why it refuses: status 400 or 401 (RFC
    /// 6749 §5.2), or 403.
    ///
    /// # Errors
    /// As of [`get`](Self::get), but that these statuses are an answer.
    #[cfg(feature = "credentials")]
    pub(crate) async fn ask_for_token(
        &self,
        url: &str,
        form: &[(&str, &str)],
        secret: Option<&ClientSecret>,
    ) -> Result<(StatusCode, Answer), FetchError> {
        let request = self.form(url, form, secret)?;
        self.send(request, |status| matches!(status.as_u16(), 200 | 400 | 401 | 403)).await
    }

    fn form(
        &self,
        url: &str,
        form: &[(&str, &str)],
        secret: Option<&ClientSecret>,
    ) -> Result<RequestBuilder, FetchError> {
        let target = self.target(url)?;
        let request = self.client()?.post(target.into_url()).form(form);
        Ok(match secret {
            Some(secret) => secret.sign(request),
            None => request,
        })
    }

    fn target(&self, url: &str) -> Result<Target, FetchError> {
        Target::parse(url, self.reach).map_err(|_| FetchError::Target)
    }

    async fn send(
        &self,
        request: RequestBuilder,
        is_answer: impl Fn(StatusCode) -> bool,
    ) -> Result<(StatusCode, Answer), FetchError> {
        let request = request.header("Accept", "application/json");
        let response = request.send().await.map_err(|error| FetchError::of(&error))?;
        let status = response.status();
        if !is_answer(status) {
            return Err(FetchError::Status(status));
        }
        Ok((status, Answer::read(response).await?))
    }

    fn client(&self) -> Result<&Client, FetchError> {
        self.client.get_or_init(|| build(self.reach)).as_ref().ok_or(FetchError::Client)
    }
}

/// Behind a proxy the address of the other end would be the proxy's to choose, so there is none.
fn build(reach: Reach) -> Option<Client> {
    Client::builder()
        .user_agent(concat!("mcp-guard/", env!("CARGO_PKG_VERSION")))
        .https_only(!reach.http_on_loopback)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .dns_resolver(GuardedResolver::new(reach))
        .timeout(TIMEOUT)
        .build()
        .inspect_err(|error| tracing::error!(%error, "no TLS client could be made"))
        .ok()
}

impl FetchError {
    /// The kind of failure: `reqwest`'s own text has the URL in it.
    fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TimedOut
        } else if resolver::is_refusal(error) {
            Self::Address
        } else {
            Self::Connection
        }
    }
}

#[cfg(test)]
mod tests;
