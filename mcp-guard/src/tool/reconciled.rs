//! What became of an operation whose outcome was unknown, as the user's own function finds out.

use std::error::Error;

use crate::failure::with_sources;

/// What a function named by `on_unknown = reconcile(...)` finds out about an earlier attempt.
///
/// The function takes the tool's own parameters, with the values of that attempt; its `&Effect` has
/// the key that the backend was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled<T> {
    /// It was done, with this result: recorded, and what every later call is answered.
    Landed(T),
    /// It was not done, **and can no longer come to be done**: the key is free again. An attempt
    /// that is only slow may still land. Say this only of what the backend has refused, or will
    /// refuse because of its own deadline or because you cancelled it.
    NotLanded,
    /// It cannot be told, or not yet.
    StillUnknown,
}

/// What a reconciling function may return: [`Reconciled`], or a `Result` whose error means
/// [`Reconciled::StillUnknown`].
#[diagnostic::on_unimplemented(
    message = "a reconciling function cannot return `{Self}`",
    label = "expected `Reconciled<{T}>` or `Result<Reconciled<{T}>, E>`",
    note = "the result of `Landed` is of the same type as the tool's own"
)]
pub trait IntoReconciled<T> {
    /// What was found out.
    ///
    /// # Errors
    /// The function's own, as text.
    fn into_reconciled(self) -> Found<T>;
}

/// What was found out, or why that is not known yet, for the log.
pub type Found<T> = Result<Reconciled<T>, String>;

impl<T> IntoReconciled<T> for Reconciled<T> {
    fn into_reconciled(self) -> Found<T> {
        Ok(self)
    }
}

impl<T, E: Error> IntoReconciled<T> for Result<Reconciled<T>, E> {
    fn into_reconciled(self) -> Found<T> {
        self.map_err(|error| with_sources(&error))
    }
}

/// Calls [`IntoReconciled::into_reconciled`], for generated code.
///
/// # Errors
/// The function's own, as text.
pub fn reconciled<T, R: IntoReconciled<T>>(returned: R) -> Found<T> {
    returned.into_reconciled()
}
