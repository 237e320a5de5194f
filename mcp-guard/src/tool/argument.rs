//! What the type of an argument must be: asked of each type once, where it is written.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A type whose values a model sends: each is read with serde.
pub trait Readable: DeserializeOwned + Send + 'static {}

impl<T: DeserializeOwned + Send + 'static> Readable for T {}

/// A type whose values a model sends: the schema tells it how.
///
/// Implemented for every [`JsonSchema`]. It asks for that in its own words.
#[diagnostic::on_unimplemented(
    message = "no schema tells a model how to send `{Self}`",
    label = "expected a type that implements `schemars::JsonSchema`",
    note = "write `#[derive(serde::Deserialize, schemars::JsonSchema)]` above the type, and above every type \
            in it; for a type of another crate, turn on its feature of `schemars` (such as `chrono04`), or \
            describe it with `#[schemars(with = \"String\")]`"
)]
pub trait Described {
    /// The type itself.
    type As: JsonSchema;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> Described for T {
    type As = T;
}

// The schema of a type that is `Described`: the same one. A doc comment would be a part of it.
#[allow(missing_docs)]
#[derive(JsonSchema)]
#[schemars(transparent, bound = "T: Described")]
pub struct SchemaOf<T: Described>(#[allow(dead_code, reason = "its type alone is used")] T::As);
