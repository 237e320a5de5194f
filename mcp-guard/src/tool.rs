//! The contract between the macro and the runtime: what `#[guarded_tool]` says of a function.
//!
//! The macro emits one [`Tool`] implementation for each function: data ([`ToolSpec`], the argument
//! type), and one call ([`Tool::run`]). Everything that behaves is on this side.

mod argument;
mod erased;
mod permitted;
mod provided;
mod reconciled;
mod shape;
mod spec;

pub use argument::{Described, Readable, SchemaOf};
pub use erased::Tools;
pub(crate) use erased::{BodyEnd, Decoded, Registered, Running};
pub use permitted::{IntoPermission, permission};
pub(crate) use provided::Providers;
pub use provided::{Lent, Provided, Requirement};
pub use reconciled::{Found, IntoReconciled, Reconciled, reconciled};
pub use shape::{Anything, Shape, Textual, structured};
pub use spec::{
    Access, BudgetOf, BudgetSpec, EffectClass, IdempotentSpec, InFlight, LimitSpec, OnUnknown,
    RedactSpec, RestrictionSpec, ToolSpec,
};

use std::future::Future;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    authorizer::{Decision, Permission},
    failure::ToolError,
};

/// A guarded function, as the macro describes it.
///
/// Implemented by `#[guarded_tool]` for a marker type with the function's own name. Not meant to be
/// written by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a guarded tool",
    label = "expected the name of a function that has `#[guarded_tool(...)]`",
    note = "write `.tool::<create_refund>()` for `#[guarded_tool(...)] async fn create_refund(...)`"
)]
pub trait Tool: 'static {
    /// What the attribute says.
    const SPEC: ToolSpec;
    /// The owned parameters, one field each. Unknown fields are denied.
    type Arguments: DeserializeOwned + JsonSchema + Send + 'static;
    /// The function's return type, verbatim.
    type Return: Returned;
    /// The borrowed parameters, in order: what the server must provide.
    fn requires() -> Vec<Requirement>;
    /// The values that limits and budgets apply to: parameter and value, `None` where an optional one is absent.
    fn measure(arguments: &Self::Arguments) -> Vec<Measurement>;
    /// Calls the function.
    fn run(
        call: Provided<'_>,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Self::Return> + Send;
    /// Whether the caller may do this: the function that `authorize = ...` names. Called only where
    /// one is named ([`ToolSpec::authorizes`]).
    fn permit(
        call: Provided<'_>,
        arguments: &Self::Arguments,
    ) -> impl Future<Output = Permission> + Send {
        let _ = (call, arguments);
        async { Ok(Decision::Permit) }
    }
    /// Finds out whether an earlier attempt acted: the function that `on_unknown = reconcile(...)`
    /// names. Called only where it is named.
    fn reconcile(
        call: Provided<'_>,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Found<<Self::Return as Returned>::Value>> + Send {
        async move {
            drop((call, arguments));
            Ok(Reconciled::StillUnknown)
        }
    }
}

/// A type whose guarded methods can be registered together, with `GuardBuilder::tools`.
///
/// Implemented by `#[guarded_tools]` on an `impl` block.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no guarded methods",
    label = "its `impl` block needs `#[guarded_tools]`",
    note = "write `#[guarded_tools]` above the `impl` block, and `#[guarded_tool(...)]` above its methods; a \
            function of its own is added as `.tool::<create_refund>()`"
)]
pub trait ToolSet: Send + Sync + 'static {
    /// Adds every guarded method of the type.
    fn register(tools: &mut Tools);
}

/// What a guarded function may return: `Result<T, E>`, where `T` can be serialized and described,
/// and `E` says what its failures mean.
#[diagnostic::on_unimplemented(
    message = "a guarded tool cannot return `{Self}`",
    label = "expected `Result<T, E>` with `T: Serialize + JsonSchema` and `E: ToolError`",
    note = "derive `serde::Serialize` and `schemars::JsonSchema` for the result and \
            `mcp_guard::ToolError` for the error; a function that cannot fail returns \
            `Result<T, std::convert::Infallible>`"
)]
pub trait Returned: Send {
    /// What a successful call returns.
    type Value: Serialize + JsonSchema;
    /// What a failed call says.
    type Error: ToolError;
    /// The result itself.
    ///
    /// # Errors
    /// The function's own error, as it was returned.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

/// What a guarded function returns when it succeeds. Implemented for every type that can be
/// serialized and described; it asks for both in its own words.
#[diagnostic::on_unimplemented(
    message = "a guarded tool cannot answer with `{Self}`",
    label = "expected a result that implements `serde::Serialize` and `schemars::JsonSchema`",
    note = "write `#[derive(serde::Serialize, schemars::JsonSchema)]` above the type, and above every type in \
            it; a `Secret` or `Credential` is no answer, because the model reads what a tool returns: use it \
            in the body, and return what the backend answered"
)]
pub trait Answer: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> Answer for T {}

impl<T, E> Returned for Result<T, E>
where
    T: Answer + Send,
    E: ToolError,
{
    type Value = T;
    type Error = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}

/// The value of a limited parameter: its name, and `None` where an optional one is absent.
pub type Measurement = (&'static str, Option<i128>);

/// An integer that a limit or budget can apply to. Implement it for a newtype around an integer to
/// mark a parameter of that type with `#[amount]` or name it in `limit(...)` or `budget(...)`.
#[diagnostic::on_unimplemented(
    message = "a limit or budget cannot apply to `{Self}`",
    label = "expected an integer, such as `u64`",
    note = "amounts are integers in the currency's minor unit, such as cents; for a newtype, \
            implement `mcp_guard::Measure`"
)]
pub trait Measure {
    /// The value, or `None` where there is none. A value above [`i128::MAX`] saturates.
    fn measure(&self) -> Option<i128>;
}

macro_rules! measure_integers {
    ($($integer:ty),*) => {
        $(impl Measure for $integer {
            fn measure(&self) -> Option<i128> {
                Some(i128::try_from(*self).unwrap_or(i128::MAX))
            }
        })*
    };
}
measure_integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

impl<T: Measure> Measure for Option<T> {
    fn measure(&self) -> Option<i128> {
        self.as_ref().and_then(Measure::measure)
    }
}
