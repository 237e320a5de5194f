//! A credential in a file, which whoever rotates it writes anew.

use std::path::PathBuf;

use tokio::task::spawn_blocking;

use super::{
    ActsFor, Credential, CredentialError, CredentialRequest, CredentialSource, MintFuture,
};
use crate::{error::ConfigError, secret::Secret};

/// A bearer token in a file, as an orchestrator mounts it. It is read at every call, so that a token
/// that was rotated is used at once.
///
/// It is as wide as it was made: give each tool one of its own, with
/// [`credentials_for`](crate::GuardBuilder::credentials_for).
pub struct FileCredential(PathBuf);

impl FileCredential {
    /// The token in this file.
    ///
    /// # Errors
    /// When it cannot be read now: as [`Secret::from_file`], and when it is no bearer token
    /// ([`Credential::bearer`]).
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, ConfigError> {
        let path = path.into();
        Credential::bearer(Secret::from_file(&path)?).map_err(|error| {
            ConfigError::new(format!("the secret in the file {}: {error}", path.display()))
        })?;
        Ok(Self(path))
    }
}

impl CredentialSource for FileCredential {
    fn mint<'a>(&'a self, _: CredentialRequest<'a>) -> MintFuture<'a> {
        let path = self.0.clone();
        Box::pin(async move {
            // While it is being replaced, it may be missing or empty.
            let unavailable = |error: String| CredentialError::unavailable(error);
            let read = spawn_blocking(move || Secret::from_file(path)).await;
            let token = read.map_err(|error| unavailable(error.to_string()))?;
            Credential::bearer(token.map_err(|error| unavailable(error.to_string()))?)
        })
    }

    fn acts_for(&self) -> ActsFor {
        ActsFor::Server
    }
}
