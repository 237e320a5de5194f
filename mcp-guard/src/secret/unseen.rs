//! What the compiler says of a secret that a tool returns.
//!
//! The implementations are there for no type: each asks for a bound that nothing meets. Without them,
//! the compiler would advise to derive `Serialize`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::Secret;
use crate::credential::Credential;

/// What a tool may return. No secret does.
#[diagnostic::on_unimplemented(
    message = "a guarded tool cannot return a `{Self}`, and nothing can write one down",
    label = "`{Self}` must not be seen",
    note = "the model reads what a tool returns: use the credential in the tool's body, and return \
            what the backend answered"
)]
pub trait ShownToModels<'a> {}

/// What a model is told of. No secret is.
#[diagnostic::on_unimplemented(
    message = "no schema describes a `{Self}` to the model",
    label = "the model neither sends nor sees a `{Self}`"
)]
pub trait DescribedToModels<'a> {}

macro_rules! unseen {
    ($($kept:ident),*) => { $(
        #[doc(hidden)]
        impl Serialize for $kept
        where
            for<'a> Self: ShownToModels<'a>,
        {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("it must not be seen"))
            }
        }

        #[doc(hidden)]
        impl JsonSchema for $kept
        where
            for<'a> Self: DescribedToModels<'a>,
        {
            fn schema_name() -> Cow<'static, str> {
                stringify!($kept).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                Schema::from(false)
            }
        }
    )* };
}
unseen!(Secret, Credential);
