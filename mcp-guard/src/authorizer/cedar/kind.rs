//! What Cedar's types make of the arguments' schemas, and of the arguments.

use std::collections::BTreeMap;

use cedar_policy::RestrictedExpression;
use serde_json::{Map, Value, json};

use crate::schema::{properties, resolved};

/// Deeper than this, a type is taken to contain itself.
const MAX_DEPTH: usize = 16;

/// A type of Cedar's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
    Set(Box<Kind>),
    Record(BTreeMap<String, Member>),
}

/// A member of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// A value that Cedar cannot hold. What is said of it is not the value.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("an integer is beyond 64 bits")]
    TooLarge,
    #[error("an argument is not of the type that its schema says")]
    Mistyped,
    #[error(transparent)]
    Refused(#[from] cedar_policy::ExpressionConstructionError),
}

impl Kind {
    /// The record of a tool's arguments. Those that Cedar has no type for are left out.
    pub(super) fn of_arguments(schema: &Map<String, Value>) -> Self {
        let mut members = members(schema, schema, 0);
        for (name, property) in properties(schema) {
            let is_defaulted = property.get("default").is_some_and(|default| !default.is_null());
            if let Some(member) = members.get_mut(name).filter(|_| is_defaulted) {
                // It stands in the request with its default.
                member.required |= !is_nullable(schema, property);
            }
        }
        Self::Record(members)
    }

    /// The type of a schema, if Cedar has one.
    fn of(root: &Map<String, Value>, schema: &Value, depth: usize) -> Option<Self> {
        let schema = resolved(root, schema).filter(|_| depth < MAX_DEPTH)?;
        let next = |schema: &Value| Self::of(root, schema, depth + 1);
        if let Some(alternatives) = alternatives(schema) {
            let mut kinds = alternatives.iter().filter(|it| !is_null(it)).map(next);
            let first = kinds.next()??;
            return kinds.all(|kind| kind.as_ref() == Some(&first)).then_some(first);
        }
        if let Some(values) = values(schema) {
            let mut kinds = values.iter().filter(|value| !value.is_null()).map(of_value);
            let first = kinds.next()??;
            return kinds.all(|kind| kind.as_ref() == Some(&first)).then_some(first);
        }
        match type_of(schema)? {
            "string" => Some(Self::Text),
            "integer" => Some(Self::Integer),
            "boolean" => Some(Self::Boolean),
            "array" if !schema.contains_key("prefixItems") => {
                next(schema.get("items")?).map(|kind| Self::Set(Box::new(kind)))
            }
            "object" if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                Some(Self::Record(members(root, schema, depth + 1)))
            }
            _ => None,
        }
    }

    /// The type as a schema of Cedar's writes it.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Text => json!({"type": "String"}),
            Self::Integer => json!({"type": "Long"}),
            Self::Boolean => json!({"type": "Boolean"}),
            Self::Set(element) => json!({"type": "Set", "element": element.to_json()}),
            Self::Record(members) => {
                let attributes = members.iter().map(|(name, member)| {
                    let mut attribute = member.kind.to_json();
                    attribute["required"] = member.required.into();
                    (name.clone(), attribute)
                });
                let attributes: Map<_, _> = attributes.collect();
                json!({"type": "Record", "attributes": attributes})
            }
        }
    }

    /// The value as Cedar has it.
    pub(super) fn express(&self, value: &Value) -> Result<RestrictedExpression, Unfit> {
        match (self, value) {
            (Self::Text, Value::String(text)) => Ok(RestrictedExpression::new_string(text.clone())),
            (Self::Boolean, Value::Bool(flag)) => Ok(RestrictedExpression::new_bool(*flag)),
            (Self::Integer, Value::Number(number)) => {
                number.as_i64().map(RestrictedExpression::new_long).ok_or(Unfit::TooLarge)
            }
            (Self::Set(element), Value::Array(items)) => {
                let items = items.iter().map(|item| element.express(item));
                Ok(RestrictedExpression::new_set(items.collect::<Result<Vec<_>, _>>()?))
            }
            (Self::Record(members), Value::Object(object)) => expressed(members, object),
            _ => Err(Unfit::Mistyped),
        }
    }
}

/// The members that there are; `null` is as good as none.
fn expressed(
    members: &BTreeMap<String, Member>,
    object: &Map<String, Value>,
) -> Result<RestrictedExpression, Unfit> {
    let mut expressed = Vec::new();
    for (name, member) in members {
        match object.get(name).filter(|value| !value.is_null()) {
            Some(value) => expressed.push((name.clone(), member.kind.express(value)?)),
            None if member.required => return Err(Unfit::Mistyped),
            None => {}
        }
    }
    Ok(RestrictedExpression::new_record(expressed)?)
}

fn members(
    root: &Map<String, Value>,
    schema: &Map<String, Value>,
    depth: usize,
) -> BTreeMap<String, Member> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
    let member = |(name, property): (&String, &Value)| {
        let kind = Kind::of(root, property, depth)?;
        let required = is_required(name) && !is_nullable(root, property);
        Some((name.clone(), Member { kind, required }))
    };
    properties(schema).filter_map(member).collect()
}

fn alternatives(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"].iter().find_map(|keyword| schema.get(*keyword)?.as_array())
}

/// The values that a schema lists.
fn values(schema: &Map<String, Value>) -> Option<&[Value]> {
    let listed = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    listed.or_else(|| schema.get("const").map(std::slice::from_ref))
}

fn of_value(value: &Value) -> Option<Kind> {
    match value {
        Value::String(_) => Some(Kind::Text),
        Value::Bool(_) => Some(Kind::Boolean),
        Value::Number(number) if number.as_i64().is_some() => Some(Kind::Integer),
        _ => None,
    }
}

/// The one type beside `null`.
fn type_of(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(one) => Some(one),
        Value::Array(several) => {
            let mut others = several.iter().filter_map(Value::as_str).filter(|it| *it != "null");
            others.next().filter(|_| others.next().is_none())
        }
        _ => None,
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
}

/// Whether `null` fits a schema.
fn is_nullable(root: &Map<String, Value>, schema: &Value) -> bool {
    let Some(schema) = resolved(root, schema) else { return true };
    let lists = |keyword: &str, wanted: &Value| {
        let listed = schema.get(keyword).and_then(Value::as_array);
        listed.is_some_and(|listed| listed.contains(wanted))
    };
    lists("type", &"null".into())
        || lists("enum", &Value::Null)
        || alternatives(schema).is_some_and(|alternatives| alternatives.iter().any(is_null))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(schema: &Value) -> Option<Kind> {
        let root = json!({"$defs": {
            "Reason": {"type": "string", "enum": ["late", "defect"]},
            "Node": {
                "type": "object", "additionalProperties": false, "required": ["id"],
                "properties": {"id": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}},
            },
        }});
        Kind::of(root.as_object().unwrap(), schema, 0)
    }

    #[test]
    fn what_cedar_has_a_type_for_has_one() {
        for (schema, expected) in [
            (json!({"type": "string", "format": "uuid"}), Kind::Text),
            (json!({"type": ["integer", "null"], "minimum": 0}), Kind::Integer),
            (json!({"type": "boolean"}), Kind::Boolean),
            (json!({"$ref": "#/$defs/Reason", "description": "Why."}), Kind::Text),
            (json!({"anyOf": [{"$ref": "#/$defs/Reason"}, {"type": "null"}]}), Kind::Text),
            (json!({"oneOf": [{"const": "late"}, {"const": "defect"}]}), Kind::Text),
            (json!({"type": "array", "items": {"type": "string"}}), Kind::Set(Kind::Text.into())),
        ] {
            assert_eq!(kind(&schema), Some(expected), "{schema}");
        }
    }

    #[test]
    fn what_it_has_none_for_is_left_out() {
        for schema in [
            json!({"type": "number"}),
            json!({"type": ["integer", "string"]}),
            json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
            json!({"enum": [1, "one"]}),
            json!({"const": 1.5}),
            json!({"type": "array", "items": {"type": "number"}}),
            json!({"type": "array", "prefixItems": [{"type": "string"}], "items": false}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!(true),
            json!({"$ref": "#/$defs/Missing"}),
        ] {
            assert_eq!(kind(&schema), None, "{schema}");
        }
        // Of a type that contains itself, the part that is not too deep.
        assert!(kind(&json!({"$ref": "#/$defs/Node"})).is_some());
    }

    #[test]
    fn what_can_be_absent_is_not_required() {
        let schema = json!({
            "properties": {
                "a": {"type": "string"}, "b": {"type": ["string", "null"]},
                "c": {"type": "string"}, "d": {"type": "integer", "default": 5},
                "e": {"type": "number"}, "f": {"type": ["integer", "null"], "default": 5},
            },
            "required": ["a", "b", "e"],
        });
        let Kind::Record(members) = Kind::of_arguments(schema.as_object().unwrap()) else {
            panic!("a record")
        };
        let required: Vec<_> =
            members.iter().map(|(name, member)| (name.as_str(), member.required)).collect();
        assert_eq!(required, [("a", true), ("b", false), ("c", false), ("d", true), ("f", false)]);
    }

    #[test]
    fn what_cedar_cannot_hold_is_refused() {
        assert!(Kind::Integer.express(&json!(i64::MAX)).is_ok());
        assert!(Kind::Integer.express(&json!(i64::MIN)).is_ok());
        assert!(matches!(Kind::Integer.express(&json!(u64::MAX)), Err(Unfit::TooLarge)));
        assert!(matches!(Kind::Integer.express(&json!("1")), Err(Unfit::Mistyped)));
        let set = Kind::Set(Box::new(Kind::Integer));
        assert!(matches!(set.express(&json!([1, u64::MAX])), Err(Unfit::TooLarge)));
    }
}
