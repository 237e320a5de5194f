//! Every schema within a schema, each with its place.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::{
    key::KEY_ARGUMENT,
    schema::{escape, properties},
};

static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// A schema within the root's, and where it is.
pub(super) struct Place<'s> {
    pub(super) schema: &'s Map<String, Value>,
    /// A JSON pointer from the tool.
    pub(super) pointer: String,
    pub(super) role: Role<'s>,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role<'s> {
    /// All arguments.
    Root,
    /// A member with this name.
    Member {
        name: &'s str,
        /// It alone makes up a variant that has a description.
        is_described_variant: bool,
    },
    /// One of an enum's variants.
    Variant,
    /// A part of what surrounds it, an item, a map's value, or what others refer to.
    Part,
}

/// The root and all below it. The key that the library itself adds is not among them.
pub(super) fn places<'s>(
    root: &'s Map<String, Value>,
    pointer: &str,
    has_key: bool,
) -> Vec<Place<'s>> {
    let mut places = Vec::new();
    walk(root, pointer.to_owned(), Role::Root, &mut places);
    let key = format!("{pointer}/properties/{KEY_ARGUMENT}");
    places.retain(|place| !has_key || place.pointer != key);
    places
}

fn walk<'s>(
    schema: &'s Map<String, Value>,
    pointer: String,
    role: Role<'s>,
    places: &mut Vec<Place<'s>>,
) {
    let below = |keyword: &str| format!("{pointer}/{keyword}");
    let is_described_variant = role == Role::Variant
        && schema.contains_key("description")
        && properties(schema).count() == 1;
    for (name, member) in properties(schema) {
        let role = Role::Member { name, is_described_variant };
        walk_value(member, format!("{}/{}", below("properties"), escape(name)), role, places);
    }
    for keyword in ["patternProperties", "$defs"] {
        let parts = schema.get(keyword).and_then(Value::as_object).into_iter().flatten();
        for (name, part) in parts {
            walk_value(part, format!("{}/{}", below(keyword), escape(name)), Role::Part, places);
        }
    }
    for keyword in ["additionalProperties", "items"] {
        if let Some(part) = schema.get(keyword) {
            walk_value(part, below(keyword), Role::Part, places);
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        let role = if keyword == "oneOf" { Role::Variant } else { Role::Part };
        let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        for (index, part) in parts.enumerate() {
            walk_value(part, format!("{}/{index}", below(keyword)), role, places);
        }
    }
    places.push(Place { schema, pointer, role });
}

fn walk_value<'s>(value: &'s Value, pointer: String, role: Role<'s>, places: &mut Vec<Place<'s>>) {
    match value {
        Value::Object(schema) => walk(schema, pointer, role, places),
        // What takes everything says nothing.
        Value::Bool(true) => walk(&NOTHING, pointer, role, places),
        _ => {}
    }
}
