//! A credential that the operator put into the environment.

use super::{ActsFor, Credential, CredentialRequest, CredentialSource, MintFuture};
use crate::{error::ConfigError, secret::Secret};

/// A bearer token of the operator's, from an environment variable that is read once.
///
/// It is as wide as it was made: give each tool one of its own, with
/// [`credentials_for`](crate::GuardBuilder::credentials_for).
pub struct EnvironmentCredential(Secret);

impl EnvironmentCredential {
    /// The token in this variable.
    ///
    /// # Errors
    /// As [`Secret::from_env`], and when it is no bearer token ([`Credential::bearer`]).
    pub fn new(variable: &str) -> Result<Self, ConfigError> {
        let token = Secret::from_env(variable)?;
        Credential::bearer(copy(&token))
            .map_err(|error| ConfigError::new(format!("the secret in {variable}: {error}")))?;
        Ok(Self(token))
    }
}

impl CredentialSource for EnvironmentCredential {
    fn mint<'a>(&'a self, _: CredentialRequest<'a>) -> MintFuture<'a> {
        Box::pin(async { Credential::bearer(copy(&self.0)) })
    }

    fn acts_for(&self) -> ActsFor {
        ActsFor::Server
    }
}

fn copy(secret: &Secret) -> Secret {
    Secret::new(secret.expose().to_owned())
}
