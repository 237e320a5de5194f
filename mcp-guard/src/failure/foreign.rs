//! Errors of other crates: what they mean, said by the one who knows the call, or by an adapter.
//!
//! An adapter speaks of *one* operation and knows nothing of what the body did before. A body with
//! two effects says itself what the failure of the second means.

#[cfg(feature = "reqwest")]
mod http;
#[cfg(feature = "sqlx")]
mod sql;

use std::{error::Error, fmt, io};

#[cfg(feature = "reqwest")]
pub use http::{CheckStatus, HttpError, http};
#[cfg(feature = "sqlx")]
pub use sql::sql;
use tokio::time::error::Elapsed;

use super::{Class, Report, ToolError};

/// An error of another crate, with what it means: made by [`MapToolError::map_tool_error`].
pub struct Reported {
    error: Box<dyn Error + Send + Sync>,
    report: Report,
}

/// Says what the error of another crate means, where it comes up.
pub trait MapToolError<T, E> {
    /// Keeps the error for the log, and takes what it means from `meaning`: a closure, or an adapter
    /// such as [`meaning::io`](crate::meaning::io).
    ///
    /// ```
    /// use mcp_guard::{MapToolError as _, Reported, meaning};
    ///
    /// async fn connect(address: &str) -> Result<tokio::net::TcpStream, Reported> {
    ///     tokio::net::TcpStream::connect(address).await.map_tool_error(meaning::io)
    /// }
    /// ```
    ///
    /// # Errors
    /// The error, with its meaning.
    fn map_tool_error(self, meaning: impl FnOnce(&E) -> Report) -> Result<T, Reported>;
}

impl<T, E: Error + Send + Sync + 'static> MapToolError<T, E> for Result<T, E> {
    fn map_tool_error(self, meaning: impl FnOnce(&E) -> Report) -> Result<T, Reported> {
        self.map_err(|error| Reported::new(error, meaning))
    }
}

impl Reported {
    /// An error with what it means.
    pub fn new<E: Error + Send + Sync + 'static>(
        error: E,
        meaning: impl FnOnce(&E) -> Report,
    ) -> Self {
        let report = meaning(&error);
        Self { error: Box::new(error), report }
    }
}

impl ToolError for Reported {
    fn report(&self) -> Report {
        self.report.clone()
    }
}

impl Error for Reported {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Debug for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reported")
            .field("error", &self.error)
            .field("report", &self.report)
            .finish()
    }
}

/// What an input or output error means. A connection that was refused carried nothing:
/// [`Class::Transient`], `connection_refused`. Anything else, a timeout too, may have come after the
/// operating system took what was written: [`Class::Ambiguous`], `io_failed`.
#[must_use]
pub fn io(error: &io::Error) -> Report {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Report::new(Class::Transient, "connection_refused"),
        io::ErrorKind::TimedOut => Report::new(Class::Ambiguous, "io_timed_out"),
        _ => Report::new(Class::Ambiguous, "io_failed"),
    }
}

/// What it means that [`tokio::time::timeout`] ran out: whatever it was waiting for had begun.
/// [`Class::Ambiguous`], `no_answer`. Around a mere connecting, say [`Class::Transient`] yourself.
#[must_use]
pub fn elapsed(_: &Elapsed) -> Report {
    Report::new(Class::Ambiguous, "no_answer")
}

impl ToolError for io::Error {
    fn report(&self) -> Report {
        io(self)
    }
}

impl ToolError for Elapsed {
    fn report(&self) -> Report {
        elapsed(self)
    }
}
