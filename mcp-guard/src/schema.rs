//! Schemas: what is published is what is enforced.

mod choices;
mod close;
mod exact;
mod input;
mod output;
mod probe;
mod untagged;

pub(crate) use input::{ArgumentsSchema, Misfit};
pub(crate) use output::envelope_schema;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value};

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

/// What a reference within a schema refers to.
fn definition<'s>(root: &'s Map<String, Value>, reference: &str) -> Option<&'s Map<String, Value>> {
    let name = reference.strip_prefix("#/$defs/")?;
    root.get("$defs")?.get(name.replace("~1", "/").replace("~0", "~"))?.as_object()
}

/// A member's name as a JSON pointer's token.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
