//! Whether a caller may do this, as the user's own function says.

use std::error::Error;

use crate::authorizer::{AuthorizeError, Decision, Permission};

/// What a function named by `authorize = ...` may return: `bool`, or a `Result<bool, E>` whose error
/// means that it cannot be told now.
#[diagnostic::on_unimplemented(
    message = "a function that authorizes cannot return `{Self}`",
    label = "expected `bool` or `Result<bool, E>`",
    note = "`true` permits; `false` says that it is not the caller's, or that it does not exist"
)]
pub trait IntoPermission {
    /// The decision, or why there is none.
    ///
    /// # Errors
    /// The function's own, as text for the log.
    fn into_permission(self) -> Permission;
}

impl IntoPermission for bool {
    fn into_permission(self) -> Permission {
        Ok(if self { Decision::Permit } else { Decision::Deny })
    }
}

impl<E: Error> IntoPermission for Result<bool, E> {
    fn into_permission(self) -> Permission {
        match self {
            Ok(permitted) => permitted.into_permission(),
            Err(error) => Err(AuthorizeError::from(&error as &dyn Error)),
        }
    }
}

/// Calls [`IntoPermission::into_permission`], for generated code.
///
/// # Errors
/// As that.
pub fn permission(returned: impl IntoPermission) -> Permission {
    returned.into_permission()
}
