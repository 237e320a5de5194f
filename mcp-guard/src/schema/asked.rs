//! What is told of arguments to those who decide whether a caller may do this.

use serde_json::{Map, Value};

use super::properties;
use crate::key::KEY_ARGUMENT;

/// The schema without the key, which is the guard's own argument.
pub(crate) fn without_key(published: &Map<String, Value>) -> Map<String, Value> {
    let mut schema = published.clone();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.remove(KEY_ARGUMENT);
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name != KEY_ARGUMENT);
    }
    schema
}

/// The arguments as they were sent, and the default of each that was left out: what is not there to
/// be judged would be done all the same.
pub(crate) fn with_defaults(published: &Map<String, Value>, sent: &Value) -> Map<String, Value> {
    let mut arguments = sent.as_object().cloned().unwrap_or_default();
    for (name, schema) in properties(published) {
        if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
            arguments.entry(name).or_insert_with(|| default.clone());
        }
    }
    arguments
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("an object") };
        object
    }

    #[test]
    fn the_key_is_no_argument() {
        let published = json!({
            "properties": {"order_id": {"type": "string"}, "idempotency_key": {"type": "string"}},
            "required": ["order_id", "idempotency_key"],
        });
        let schema = without_key(&object(published));
        assert_eq!(
            Value::Object(schema),
            json!({"properties": {"order_id": {"type": "string"}}, "required": ["order_id"]})
        );
    }

    #[test]
    fn what_was_left_out_is_judged_by_its_default() {
        let published = json!({"properties": {
            "amount": {"type": "integer", "default": 100},
            "note": {"type": ["string", "null"], "default": null},
            "fee": {"type": "integer"},
        }});
        let published = object(published);
        let seen = |sent: Value| Value::Object(with_defaults(&published, &sent));
        assert_eq!(seen(json!({})), json!({"amount": 100}));
        assert_eq!(seen(json!({"amount": 7, "fee": 1})), json!({"amount": 7, "fee": 1}));
    }
}
