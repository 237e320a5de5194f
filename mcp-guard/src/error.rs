//! What can go wrong while a server is put together and served. What goes wrong in a call is a
//! [`Failure`](crate::Failure).

use std::{fmt, io};

use crate::store::StoreError;

/// Why a server could not be built or served.
///
/// `Debug` prints the same text as `Display`, so that `fn main() -> Result<(), mcp_guard::Error>`
/// shows it readably.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The guard's parts do not fit together.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Something that the operator configures is missing or malformed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A socket or a standard stream failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The MCP session could not be opened.
    #[error("the MCP session could not be opened: {0}")]
    Session(String),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Something that the operator configures is missing or malformed. The text says what to write; it
/// never quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// An error with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Everything that is wrong with a guard, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError {
    mistakes: Vec<String>,
}

impl BuildError {
    pub(crate) fn check(mistakes: Vec<String>) -> Result<(), Self> {
        if mistakes.is_empty() { Ok(()) } else { Err(Self { mistakes }) }
    }

    /// The mistakes, each saying what to write.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.mistakes.len() == 1 { "mistake" } else { "mistakes" };
        write!(f, "the guard has {} {plural}:", self.mistakes.len())?;
        for mistake in &self.mistakes {
            write!(f, "\n  - {mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for BuildError {}
