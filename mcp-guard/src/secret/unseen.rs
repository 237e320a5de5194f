//! What the compiler says of a secret that a tool returns.
//!
//! That of `Serialize` is there for no type: it asks for a bound that nothing meets. Without it, the compiler
//! would advise to derive it. That of `JsonSchema` is there so that a secret in a result is one mistake and
//! not two: what is described can still be neither written nor read.

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
        impl JsonSchema for $kept {
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
