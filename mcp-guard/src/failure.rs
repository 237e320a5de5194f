//! Failures: what the model is told ([`Failure`]), and what a tool's own errors mean
//! ([`ToolError`]).

mod foreign;
mod report;
mod template;
mod text;

use std::{borrow::Cow, time::Duration};

#[cfg(feature = "sqlx")]
pub use foreign::sql;
#[cfg(feature = "reqwest")]
pub use foreign::{CheckStatus, HttpError, http};
pub use foreign::{MapToolError, Reported, elapsed, io};
pub use report::{Class, Report, ToolError};
use serde::Serialize;
pub(crate) use text::with_sources;

/// What kind of failure it is, and so what the agent should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Category {
    /// The arguments do not fit. Fix them or ask the user.
    Validation,
    /// The caller may not do this. Stop and tell a person.
    Authz,
    /// Nothing was done, and it may work later. Retry with the same key.
    Transient,
    /// The key says that it is under way, done, or spent. Treat it as done, or wait.
    Idempotent,
    /// The backend refused for good. Tell the user.
    Rejected,
    /// It may or may not have been done. Do not retry, do not mint a new key.
    Unknown,
    /// A defect in the server. Tell a person the `error_id`.
    Internal,
}

impl Category {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Authz => "authz",
            Self::Transient => "transient",
            Self::Idempotent => "idempotent",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Internal => "internal",
        }
    }
}

/// What the model is told of a call that failed: the `error` of the envelope.
///
/// Every text comes from a fixed template or from an error marked `public`. What else there is to
/// say is logged under `error_id`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// What kind of failure it is.
    pub category: Category,
    /// A stable name.
    pub code: Cow<'static, str>,
    /// What happened, in a sentence.
    pub message: String,
    /// Whether the same call with the *same* key is safe and may work.
    pub retryable: bool,
    /// How long to wait before it, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Whether a call with a new key cannot act twice: only where the record of this key was asked, and
    /// says so. What is refused before that may repeat a call that was carried out.
    pub safe_new_key: bool,
    /// The argument that it is about, as a JSON pointer (RFC 6901).
    pub field: Option<String>,
    /// What the agent should do.
    pub next_action: &'static str,
    /// Where the log says more.
    pub error_id: Option<String>,
    /// The scopes that the tool asks for, where the caller lacks one of them.
    #[serde(skip)]
    pub(crate) required_scopes: Option<&'static [&'static str]>,
    /// What the log says, never the model.
    #[serde(skip)]
    pub(crate) detail: Option<String>,
    /// Who denied it, for the audit trail.
    #[serde(skip)]
    pub(crate) denied_by: Option<String>,
}

impl Failure {
    fn new(
        category: Category,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            category,
            code: code.into(),
            message: message.into(),
            retryable: category == Category::Transient,
            retry_after_ms: None,
            safe_new_key: false,
            field: None,
            next_action: template::next_action(category),
            error_id: None,
            required_scopes: None,
            detail: None,
            denied_by: None,
        }
    }

    /// Only where it is safe to try again is there a time to do so.
    fn retry_after_if(self, after: Option<Duration>) -> Self {
        match after {
            Some(after) if self.retryable => self.retry_after(after),
            _ => self,
        }
    }

    fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Keeps `detail` for the log, under a fresh `error_id`.
    fn logged(mut self, detail: impl Into<String>) -> Self {
        self.error_id = Some(uuid::Uuid::new_v4().simple().to_string());
        self.detail = Some(text::loggable(&detail.into()));
        self
    }
}
