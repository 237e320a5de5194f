//! What a tool's own error means.

use std::{borrow::Cow, error::Error, time::Duration};

use super::text::{is_code, presentable};

/// An error of a tool's body that says what it means.
///
/// Derive it: `#[derive(Debug, thiserror::Error, ToolError)]`, with `#[tool_error(...)]` on every
/// variant. Written by hand, [`report`](ToolError::report) must choose [`Class::Transient`] only
/// when it is certain that nothing was done.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what its failures mean",
    label = "expected an error that implements `ToolError`",
    note = "write `#[derive(Debug, thiserror::Error, mcp_guard::ToolError)]` and give every variant \
            `#[tool_error(rejected)]`, `#[tool_error(transient)]` or `#[tool_error(ambiguous)]`"
)]
pub trait ToolError: Error + Send + 'static {
    /// What this error means to the caller.
    fn report(&self) -> Report;
}

#[diagnostic::do_not_recommend]
impl<E: ToolError> ToolError for Box<E> {
    fn report(&self) -> Report {
        (**self).report()
    }
}

impl ToolError for std::convert::Infallible {
    fn report(&self) -> Report {
        match *self {}
    }
}

/// What an error says about the effect, and so what the caller may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// The backend refused for good. Nothing was done.
    Rejected,
    /// Nothing was done, and the same call may work later.
    Transient,
    /// It may have been done.
    Ambiguous,
    /// An argument does not fit, which only the backend could tell. Nothing was done.
    Validation,
    /// The caller may not do this, which only the backend could tell. Nothing was done.
    Authz,
    /// A defect. It may have been done.
    Internal,
}

impl Class {
    /// The name that `#[tool_error(...)]` has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Transient => "transient",
            Self::Ambiguous => "ambiguous",
            Self::Validation => "validation",
            Self::Authz => "authz",
            Self::Internal => "internal",
        }
    }
}

/// The longest pointer that is told, in bytes.
const MAX_FIELD: usize = 256;

/// What one error says: its class, its code, and what of it may be shown.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// What it means.
    pub class: Class,
    /// A stable name: `snake_case`, of at most 64 letters, digits and `_`. Another text is logged, and
    /// the class's name told instead of it, because it may be a backend's.
    pub code: Cow<'static, str>,
    /// The text that the model may see; `None`: the class's fixed template.
    pub public_message: Option<String>,
    /// How long to wait before the same call is worth trying.
    pub retry_after: Option<Duration>,
    /// The argument that it is about, as a JSON pointer (RFC 6901). Another text is left out.
    pub field: Option<Cow<'static, str>>,
}

impl Report {
    /// A report that shows nothing but its code.
    #[must_use]
    pub fn new(class: Class, code: impl Into<Cow<'static, str>>) -> Self {
        Self { class, code: code.into(), public_message: None, retry_after: None, field: None }
    }

    /// Shows this text to the model.
    #[must_use]
    pub fn with_public_message(mut self, message: impl Into<String>) -> Self {
        self.public_message = Some(message.into());
        self
    }

    /// Says how long to wait.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// What of it may leave: a backend's words are no code and no pointer.
    pub(crate) fn presentable(mut self) -> Self {
        if !is_code(&self.code) {
            tracing::warn!(target: "mcp_guard", code = &*self.code, "an error's code is no name");
            self.code = self.class.as_str().into();
        }
        let is_pointer = |field: &str| {
            field.starts_with('/') && field.len() <= MAX_FIELD && presentable(field) == field
        };
        self.field = self.field.filter(|field| is_pointer(field));
        self
    }

    /// Says which argument it is about: its JSON pointer, such as `/order_id`.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }
}
