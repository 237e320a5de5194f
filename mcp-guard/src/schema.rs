//! Schemas: what is published is what is enforced.

mod apart;
mod asked;
mod choices;
mod close;
mod exact;
mod explain;
mod hash;
mod input;
mod lint;
mod loose;
mod output;
mod probe;
mod redact;
mod result;
mod spelling;
mod untagged;

pub(crate) use asked::{with_defaults, without_key};
pub(crate) use hash::{hash_of, hash_of_text};
pub(crate) use input::{ArgumentsSchema, Misfit};
pub use lint::{Finding, Level, Lint};
pub(crate) use lint::{Lints, Shown, findings};
pub(crate) use result::ResultSchema;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value};
pub(crate) use spelling::hold_to_one;

/// The schema that schemars derives, in draft 2020-12.
pub(crate) fn of_arguments<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>()
}

/// The schema of what a value is written as.
pub(crate) fn of_value<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// A path of serde's as a JSON pointer (RFC 6901).
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", escape(key)),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

/// What a schema is, or what it refers to in `root`.
pub(crate) fn resolved<'s>(
    root: &'s Map<String, Value>,
    schema: &'s Value,
) -> Option<&'s Map<String, Value>> {
    let schema = schema.as_object()?;
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
    root.get("$defs")?.get(definition_name(reference)?)?.as_object()
}

/// The name of the definition that a reference within a schema means.
fn definition_name(reference: &str) -> Option<String> {
    reference.strip_prefix("#/$defs/").map(unescape)
}

/// The named members that a schema describes.
pub(crate) fn properties(schema: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// A member's name as a JSON pointer's token.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The member's name that a JSON pointer's token means.
fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
