//! What must not be seen: secrets that the operator hands over, and the deployment's own.

mod deployment;
mod place;
mod unseen;

use std::path::Path;

pub use deployment::DeploymentSecret;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::error::ConfigError;

/// A text that nobody must see: an access token, a client's secret, an API key.
///
/// It has no `Debug`, `Display`, `Serialize`, `JsonSchema`, `Clone` or comparison, so that a tool
/// which returns one, alone or in a field, does not compile, and neither does a `derive(Debug)` that
/// would print it. Its memory is overwritten when it is dropped. What is made of
/// [`expose`](Secret::expose) is no longer kept by it.
pub struct Secret(SecretString);

impl Secret {
    /// Keeps a text. The text that was handed over is overwritten with it.
    #[must_use]
    pub fn new(text: String) -> Self {
        let text = Zeroizing::new(text);
        Self(SecretString::from(text.as_str()))
    }

    /// The secret in an environment variable.
    ///
    /// # Errors
    /// When it is not set, empty, or not Unicode.
    pub fn from_env(name: &str) -> Result<Self, ConfigError> {
        place::in_env(name)
    }

    /// The secret in a file: its text without one trailing line break. At most 64 KiB.
    ///
    /// As `ssh` has it, a file that belongs to the user who runs this and that others can read or
    /// write is refused; one that somebody else put there, as a container's runtime does, is theirs
    /// to protect.
    ///
    /// # Errors
    /// When it cannot be read, is open to others, empty, too long, or not Unicode.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        place::in_file(path.as_ref())
    }

    /// The text. Hand it on, and keep no copy.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
