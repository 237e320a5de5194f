//! Credentials to act for the caller (RFC 8693).

use super::{
    ActsFor, CredentialError, CredentialRequest, CredentialSource, MintFuture,
    oauth::{ACCESS_TOKEN, TokenEndpoint, endpoint_settings},
};
use crate::secret::Secret;

/// Acts for the caller: exchanges the token that they sent for one to the backend (RFC 8693).
///
/// The caller's own token is sent to the token endpoint and to nobody else. What comes back is used for
/// that caller with that token alone, so that it ends with it. What the authorization server grants
/// must be what was asked, as with [`ClientCredentials`](super::ClientCredentials).
///
/// On stdio a caller has no token, and `build()` says so. An unknown outcome is reconciled on its
/// caller's next call, not in the background.
pub struct TokenExchange {
    endpoint: TokenEndpoint,
    audiences: Vec<String>,
    actor: Option<Box<dyn CredentialSource>>,
}

impl TokenExchange {
    /// Asks the token endpoint at this `https://` URL, as this client.
    #[must_use]
    pub fn new(
        token_endpoint: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: Secret,
    ) -> Self {
        Self {
            endpoint: TokenEndpoint::new(token_endpoint.into(), client_id.into(), client_secret),
            audiences: Vec::new(),
            actor: None,
        }
    }

    /// Asks for a token for this audience (RFC 8693 §2.1): the backend's logical name. For several, it
    /// is written several times.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Names the server as the one who acts (`actor_token` of RFC 8693 §2.1), with an access token from
    /// this source, which acts for the server. It is asked for at every exchange.
    #[must_use]
    pub fn actor(mut self, source: impl CredentialSource) -> Self {
        self.actor = Some(Box::new(source));
        self
    }
}

endpoint_settings!(TokenExchange);

impl CredentialSource for TokenExchange {
    fn mint<'a>(&'a self, request: CredentialRequest<'a>) -> MintFuture<'a> {
        Box::pin(async move {
            let subject = request.subject_token().ok_or_else(|| {
                CredentialError::refused("the caller has sent no token that could be exchanged")
            })?;
            let actor = match &self.actor {
                Some(actor) => Some(actor.mint(request.without_caller()).await?),
                None => None,
            };
            let mut grant = vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", subject.expose()),
                ("subject_token_type", ACCESS_TOKEN),
                ("requested_token_type", ACCESS_TOKEN),
            ];
            if let Some(actor) = &actor {
                grant.extend([("actor_token", actor.expose()), ("actor_token_type", ACCESS_TOKEN)]);
            }
            grant.extend(self.audiences.iter().map(|audience| ("audience", audience.as_str())));
            self.endpoint.ask(&grant, request.scopes(), Some(ACCESS_TOKEN)).await
        })
    }

    fn acts_for(&self) -> ActsFor {
        ActsFor::SubjectToken
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.endpoint.mistakes("TokenExchange");
        let Some(actor) = &self.actor else { return mistakes };
        mistakes.extend(actor.mistakes());
        if actor.acts_for() != ActsFor::Server {
            mistakes.push(
                "the actor of `TokenExchange` is the server: give `.actor(…)` a source that acts \
                 for it, such as `ClientCredentials` or `FileCredential`"
                    .into(),
            );
        }
        mistakes
    }
}
