//! The schema of every answer: the envelope of success and failure.

use serde_json::{Map, Value, json};

/// The `outputSchema` of a tool whose results have the schema `value`. The root is an object, which
/// older clients insist on, and failures fit it too: some clients hide an error that does not.
pub(super) fn envelope_schema(mut value: Value) -> Map<String, Value> {
    let definitions = value.as_object_mut().and_then(|schema| schema.remove("$defs"));
    let mut envelope = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": ["ok", "error"]},
        },
        "required": ["status"],
        "oneOf": [
            {
                "properties": {"status": {"const": "ok"}, "result": value},
                "required": ["status", "result"],
                "additionalProperties": false,
            },
            {
                "properties": {"status": {"const": "error"}, "error": error_schema()},
                "required": ["status", "error"],
                "additionalProperties": false,
            },
        ],
    });
    if let (Some(definitions), Some(root)) = (definitions, envelope.as_object_mut()) {
        root.insert("$defs".into(), definitions);
    }
    match envelope {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Gives a schema that refers to itself a name to refer to: within the envelope, `#` is the envelope.
pub(super) fn name_root(schema: &mut Map<String, Value>) {
    if !schema.values().any(refers_to_root) {
        return;
    }
    let mut definitions = match schema.remove("$defs") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    let mut name = "Result".to_owned();
    while definitions.contains_key(&name) {
        name.push('_');
    }
    let reference = format!("#/$defs/{name}");
    definitions.insert(name, Value::Object(std::mem::take(schema)));
    definitions.values_mut().for_each(|definition| redirect(definition, &reference));
    schema.insert("$ref".into(), reference.into());
    schema.insert("$defs".into(), Value::Object(definitions));
}

fn refers_to_root(value: &Value) -> bool {
    match value {
        Value::Object(schema) => {
            schema.get("$ref").is_some_and(|reference| reference == "#")
                || schema.values().any(refers_to_root)
        }
        Value::Array(parts) => parts.iter().any(refers_to_root),
        _ => false,
    }
}

fn redirect(value: &mut Value, reference: &str) {
    match value {
        Value::Object(schema) => {
            if schema.get("$ref").is_some_and(|reference| reference == "#") {
                schema.insert("$ref".into(), reference.into());
            }
            schema.values_mut().for_each(|part| redirect(part, reference));
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| redirect(part, reference)),
        _ => {}
    }
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "category": {
                "type": "string",
                "enum": ["validation", "authz", "transient", "idempotent", "rejected", "unknown",
                         "internal"],
            },
            "code": {"type": "string"},
            "message": {"type": "string"},
            "retryable": {
                "type": "boolean",
                "description": "Whether the same call with the same idempotency_key is safe and may work.",
            },
            "retry_after_ms": {"type": ["integer", "null"], "minimum": 0},
            "safe_new_key": {
                "type": "boolean",
                "description": "Whether a call with a new idempotency_key cannot act twice.",
            },
            "field": {"type": ["string", "null"], "description": "A JSON pointer."},
            "next_action": {"type": "string"},
            "error_id": {"type": ["string", "null"]},
        },
        "required": ["category", "code", "message", "retryable", "retry_after_ms", "safe_new_key",
                     "field", "next_action", "error_id"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::schema::of_value;

    #[derive(JsonSchema)]
    #[schemars(rename = "Result")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Other {
        other: Option<Box<Tree>>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Tree {
        children: Vec<Tree>,
        result: Option<Other>,
    }

    fn named<T: JsonSchema>() -> Value {
        let mut schema = of_value::<T>();
        name_root(schema.ensure_object());
        schema.to_value()
    }

    #[test]
    fn a_result_that_refers_to_itself_is_named() {
        let schema = named::<Tree>();
        assert!(!refers_to_root(&schema), "{schema}");
        assert_eq!(schema["$ref"], "#/$defs/Result_");
        let fits = jsonschema::draft202012::new(&schema).expect("a schema");
        let leaf = json!({"children": [], "result": null});
        let tree = json!({"children": [leaf], "result": {"other": leaf}});
        assert!(fits.is_valid(&tree));
        assert!(!fits.is_valid(&json!({"children": [{"children": 5}]})));
    }

    #[test]
    fn another_stays_as_it_is() {
        assert_eq!(named::<Vec<Tree>>(), of_value::<Vec<Tree>>().to_value());
    }
}
