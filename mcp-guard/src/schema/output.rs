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
