//! Schemas: what is published is what is enforced.

mod apart;
mod asked;
mod choices;
mod close;
mod exact;
mod explain;
mod hash;
mod input;
mod least;
mod lint;
mod loose;
mod output;
mod place;
mod probe;
mod redact;
mod restricted;
mod result;
mod retried;
mod specimen;
mod spelling;
mod untagged;
mod weigh;

pub(crate) use asked::{with_defaults, without_key};
pub(crate) use hash::{hash_of, hash_of_text};
pub(crate) use input::{ArgumentsSchema, Misfit};
pub use lint::{Finding, Level, Lint};
pub(crate) use lint::{Lints, Shown, findings};
pub(crate) use place::Place;
pub(crate) use restricted::refuse_idle;
pub(crate) use result::ResultSchema;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value};
pub(crate) use spelling::hold_to_one;

/// How many references are followed from one to the next: a type may stand for itself.
const REFERENCES: usize = 16;

/// The schema that schemars derives, in draft 2020-12.
pub(crate) fn of_arguments<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>()
}

/// The schema of what a value is written as.
pub(crate) fn of_value<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// What a schema is, or what it refers to in `root`, at the end of however many types that stand for one
/// another.
pub(crate) fn resolved<'s>(
    root: &'s Map<String, Value>,
    schema: &'s Value,
) -> Option<&'s Map<String, Value>> {
    let mut schema = schema.as_object()?;
    for _ in 0..REFERENCES {
        if !schema.contains_key("$ref") {
            return Some(schema);
        }
        schema = referred(root, schema)?.as_object()?;
    }
    None
}

/// What a schema refers to in `root`, if it does.
fn referred<'s>(root: &'s Map<String, Value>, schema: &Map<String, Value>) -> Option<&'s Value> {
    let reference = schema.get("$ref")?.as_str()?;
    root.get("$defs")?.get(definition_name(reference)?)
}

/// The name of the definition that a reference within a schema means.
fn definition_name(reference: &str) -> Option<String> {
    reference.strip_prefix("#/$defs/").map(unescape)
}

/// The named members that a schema describes.
pub(crate) fn properties(schema: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The members that must be there.
fn required(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let required = schema.get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a member must be there.
fn requires(schema: &Map<String, Value>, name: &str) -> bool {
    required(schema).any(|other| other == name)
}

/// The schemas that say the rest of what a schema says of the same value.
fn forms(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|of| schema.get(of)?.as_array());
    lists.flatten()
}

/// A member's name as a JSON pointer's token.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The member's name that a JSON pointer's token means.
fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
