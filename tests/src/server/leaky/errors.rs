//! Errors that know too much, down to the last of their sources.

use std::{error::Error, fmt};

use mcp_guard::{Class, Report, ToolError};

use super::canary;

/// An error with a source, which has another one.
#[derive(Debug)]
pub(super) struct Deep {
    text: String,
    source: Option<Box<Deep>>,
}

impl Deep {
    /// The one that comes up at this place.
    pub(super) fn of(place: &str) -> Self {
        let at = |part: &str, source| Self { text: canary(&format!("{place}{part}")), source };
        let deepest = at("_deepest", None);
        at("_source", Some(Box::new(deepest)))
    }
}

impl fmt::Display for Deep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Deep {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// A failure of each class.
#[derive(Debug, thiserror::Error, ToolError)]
pub(super) enum Failing {
    #[error("{}", canary("rejected"))]
    #[tool_error(rejected)]
    Rejected(#[source] Deep),
    #[error("{}", canary("transient"))]
    #[tool_error(transient, retry_after = "1s")]
    Transient(#[source] Deep),
    #[error("{}", canary("ambiguous"))]
    #[tool_error(ambiguous)]
    Ambiguous(#[source] Deep),
    #[error("{}", canary("validation"))]
    #[tool_error(validation, field = "text")]
    Validation(#[source] Deep),
    #[error("{}", canary("authz"))]
    #[tool_error(authz)]
    Authz(#[source] Deep),
    #[error("{}", canary("internal"))]
    #[tool_error(internal)]
    Internal(#[source] Deep),
    /// Its own text is meant to be shown, without what hides in it.
    #[error("no such\u{202e} order\u{200b}\u{e0041}\u{1b}[31m {}", "x".repeat(10_000))]
    #[tool_error(rejected, public)]
    Public(#[source] Deep),
}

/// One whose code and field are a backend's words.
#[derive(Debug)]
pub(super) struct HandWritten;

impl fmt::Display for HandWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl Error for HandWritten {}

impl ToolError for HandWritten {
    fn report(&self) -> Report {
        Report::new(Class::Rejected, canary("code")).with_field(canary("field"))
    }
}
