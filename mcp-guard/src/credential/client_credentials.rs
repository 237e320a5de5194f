//! Credentials of the server's own account (RFC 6749 §4.4).

use super::{
    ActsFor, CredentialRequest, CredentialSource, MintFuture,
    oauth::{TokenEndpoint, endpoint_settings},
};
use crate::secret::Secret;

/// Mints with the server's own account: the client credentials grant of OAuth 2.0 (RFC 6749 §4.4).
///
/// Each tool has a credential for its own scopes, which every caller's calls use. What the
/// authorization server grants must be what was asked: a wider scope is a defect, and a narrower one
/// is refused. A token without `expires_in` is not kept.
pub struct ClientCredentials {
    endpoint: TokenEndpoint,
}

impl ClientCredentials {
    /// Asks the token endpoint at this `https://` URL, as this client.
    #[must_use]
    pub fn new(
        token_endpoint: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: Secret,
    ) -> Self {
        Self {
            endpoint: TokenEndpoint::new(token_endpoint.into(), client_id.into(), client_secret),
        }
    }
}

endpoint_settings!(ClientCredentials);

impl CredentialSource for ClientCredentials {
    fn mint<'a>(&'a self, request: CredentialRequest<'a>) -> MintFuture<'a> {
        Box::pin(async move {
            let grant = [("grant_type", "client_credentials")];
            self.endpoint.ask(&grant, request.scopes(), None).await
        })
    }

    fn acts_for(&self) -> ActsFor {
        ActsFor::Server
    }

    fn mistakes(&self) -> Vec<String> {
        self.endpoint.mistakes("ClientCredentials")
    }
}
