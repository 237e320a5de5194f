//! The functions that the attribute names.

use syn::Path;

use super::{OnUnknown, Tool};

/// A function that the attribute names, which stands where the tool does.
pub(crate) struct Named<'a> {
    /// Its path.
    pub(crate) path: &'a Path,
    /// A name that it could have.
    pub(crate) example: &'static str,
    /// What stands before the path, and behind it.
    around: [&'static str; 2],
}

impl Named<'_> {
    /// The entry of the attribute that names a function.
    pub(crate) fn written(&self, path: &str) -> String {
        let [before, after] = self.around;
        format!("{before}{path}{after}")
    }
}

impl Tool {
    /// The functions that the attribute names.
    pub(crate) fn named(&self) -> impl Iterator<Item = Named<'_>> {
        let authorize = self.authorize.as_ref().map(|authorize| Named {
            path: &authorize.path,
            example: "owns_order",
            around: ["authorize = ", ""],
        });
        let reconcile = match self.idempotent().map(|idempotent| &idempotent.on_unknown) {
            Some(OnUnknown::Reconcile(_, path)) => {
                Some(Named { path, example: "find_refund", around: ["reconcile(", ")"] })
            }
            _ => None,
        };
        authorize.into_iter().chain(reconcile)
    }
}
