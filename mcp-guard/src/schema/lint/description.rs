//! Descriptions: what a model fills in a member by.

use serde_json::{Map, Value};

use super::{Found, Lint, Place, walk::Role};
use crate::schema::resolved;

/// Finds members and variants that nothing is said of.
pub(super) fn missing(root: &Map<String, Value>, places: &[Place<'_>], found: &mut Found<'_>) {
    for Place { schema, pointer, role } in places {
        // What a constant is for is said of its variant.
        if schema.contains_key("const") || is_described(root, schema) {
            continue;
        }
        match role {
            Role::Member { name, is_described_variant: false } => found.add(
                Lint::MissingDescription,
                pointer.clone(),
                format!("`{name}` has no description: write a doc comment above it"),
            ),
            Role::Variant => found.add(
                Lint::MissingDescription,
                pointer.clone(),
                "the variant has no description: write a doc comment above it",
            ),
            Role::Member { .. } | Role::Root | Role::Part => {}
        }
    }
}

/// By itself, or by what it refers to.
fn is_described(root: &Map<String, Value>, schema: &Map<String, Value>) -> bool {
    let says = |schema: &Map<String, Value>| {
        let text = schema.get("description").and_then(Value::as_str);
        text.is_some_and(|text| !text.trim().is_empty())
    };
    let target = schema.get("$ref").map(|_| Value::Object(schema.clone()));
    says(schema) || target.is_some_and(|target| resolved(root, &target).is_some_and(says))
}
