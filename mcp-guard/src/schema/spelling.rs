//! Arguments that tell operations or budgets apart have one spelling for each value. What identifies an
//! operation is hashed as it was sent: a model that could write the same value in another way could do the
//! same thing twice, or begin a budget anew.

use std::{cell::RefCell, ptr};

use schemars::Schema;
use serde_json::{Map, Value};

use super::{forms, loose::DECIMAL, properties, referred, requires, resolved};

/// How a UUID is written: serde's reader takes either case (RFC 9562 §4 writes the lower one).
const UUID: &str = "^[0-9a-f-]{36}$";

/// Formats whose values are read as they are written, or in one way only.
const PLAIN: [&str; 4] = ["date", "ipv4", "email", "hostname"];

/// Holds these arguments to one spelling, or says which one cannot be.
pub(crate) fn hold_to_one(mut derived: Schema, names: &[&str]) -> Result<Schema, String> {
    let Some(schema) = derived.as_object_mut() else { return Ok(derived) };
    for name in names {
        let walk = Walk { root: schema, seen: RefCell::default() };
        let Some((_, argument)) = properties(schema).find(|(other, _)| other == name) else {
            continue;
        };
        if walk.is_uuid(argument) {
            write_in_one_case(schema, name);
        } else {
            walk.once(argument, name)?;
        }
    }
    Ok(derived)
}

fn write_in_one_case(schema: &mut Map<String, Value>, name: &str) {
    let argument = schema.get_mut("properties").and_then(|members| members.get_mut(name));
    if let Some(Value::Object(argument)) = argument {
        argument.insert("pattern".into(), UUID.into());
    }
}

fn refused(place: &str, why: &str, write: &str) -> Result<(), String> {
    Err(format!(
        "`{place}` is a part of the tool's business key, or says whose budget it is, and {why}: {write}"
    ))
}

struct Walk<'s> {
    root: &'s Map<String, Value>,
    /// The schemas that were looked at: one that refers to itself ends here.
    seen: RefCell<Vec<*const Map<String, Value>>>,
}

impl<'s> Walk<'s> {
    /// Whether it is a UUID, of which the schema says no more.
    fn is_uuid(&self, schema: &'s Value) -> bool {
        resolved(self.root, schema).is_some_and(|schema| {
            schema.get("format").is_some_and(|format| format == "uuid")
                && !schema.contains_key("pattern")
        })
    }

    fn once(&self, schema: &'s Value, place: &str) -> Result<(), String> {
        let Some(schema) = schema.as_object() else { return anything(place) };
        if self.seen.borrow().iter().any(|seen| ptr::eq(*seen, schema)) {
            return Ok(());
        }
        self.seen.borrow_mut().push(schema);
        if schema.contains_key("const") || schema.contains_key("enum") {
            return Ok(());
        }
        let forms: Vec<_> = referred(self.root, schema).into_iter().chain(forms(schema)).collect();
        let kinds = kinds(schema);
        match kinds[..] {
            [] if forms.is_empty() && !schema.contains_key("type") => return anything(place),
            ["string"] => text(schema, place)?,
            ["array"] => self.list(schema, place)?,
            ["object"] => self.object(schema, !forms.is_empty(), place)?,
            ["number"] => {
                let why = "a float is written in several ways, such as 5 and 5.0";
                return refused(place, why, "write an integer, or `String`");
            }
            [] | [_] => {}
            [..] => {
                let why = format!("one value can be written as {}", kinds.join(" or "));
                return refused(place, &why, "write an integer, or `String`");
            }
        }
        forms.into_iter().try_for_each(|form| self.once(form, place))
    }

    fn list(&self, schema: &'s Map<String, Value>, place: &str) -> Result<(), String> {
        if schema.get("uniqueItems").is_some_and(|unique| unique == true) {
            return refused(place, "a set is written in any order", "write a `Vec`");
        }
        let places = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        let items = schema.get("items").filter(|items| **items != false);
        let mut inside = places.chain(items).peekable();
        if inside.peek().is_none() {
            return anything(place);
        }
        inside.try_for_each(|item| self.once(item, &format!("{place}[]")))
    }

    fn object(
        &self,
        schema: &'s Map<String, Value>,
        has_forms: bool,
        place: &str,
    ) -> Result<(), String> {
        for (name, member) in properties(schema) {
            let place = format!("{place}.{name}");
            if !requires(schema, name) {
                let why = "can be left out, which is another spelling of its default";
                return refused(&place, why, "let it be required, without a default");
            }
            self.once(member, &place)?;
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| **others != false);
        let mut values = patterns.into_iter().flat_map(Map::values).chain(others).peekable();
        if values.peek().is_none() && properties(schema).next().is_none() && !has_forms {
            return anything(place);
        }
        values.try_for_each(|value| self.once(value, &format!("{place}.*")))
    }
}

/// The types that a schema allows, but for `null`, which is written in one way.
fn kinds(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        Some(Value::String(kind)) if kind != "null" => vec![kind],
        _ => Vec::new(),
    }
}

fn text(schema: &Map<String, Value>, place: &str) -> Result<(), String> {
    if schema.get("pattern").is_some_and(|pattern| pattern == DECIMAL) {
        let why = "a decimal is written in several ways, such as 5 and 5.0";
        return refused(place, why, "write an integer, or `String`");
    }
    match schema.get("format").and_then(Value::as_str) {
        None => Ok(()),
        Some(format) if PLAIN.contains(&format) => Ok(()),
        Some("uuid") => refused(
            place,
            "a UUID is written in upper or lower case",
            "make it an argument of its own, without a `pattern`, or write `String`",
        ),
        Some(format) => {
            let why = format!("one value of the format `{format}` is written in several ways");
            refused(place, &why, "write `String`, and read it in the body")
        }
    }
}

fn anything(place: &str) -> Result<(), String> {
    refused(place, "its schema lets anything be sent", "give it a type that says what it is")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(what: &Value) -> Result<Value, String> {
        let defs = json!({
            "id": {"type": "string", "format": "uuid"},
            "tree": {"type": "object", "required": ["of"], "properties": {"of": {"$ref": "#/$defs/tree"}}},
        });
        let schema = json!({"type": "object", "properties": {"what": what}, "$defs": defs});
        let schema = Schema::try_from(schema).expect("a schema");
        let held = hold_to_one(schema, &["what", "missing"])?;
        Ok(held.to_value()["properties"]["what"].clone())
    }

    #[test]
    fn what_is_written_in_one_way_is_left_as_it_is() {
        for what in [
            json!({"type": "string"}),
            json!({"type": ["integer", "null"]}),
            json!({"type": "boolean"}),
            json!({"type": "null"}),
            json!({"enum": ["a", 1.5]}),
            json!({"type": "string", "format": "date"}),
            json!({"type": "array", "items": {"type": "integer"}}),
            json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": false}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"$ref": "#/$defs/tree"}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ] {
            assert_eq!(held(&what).as_ref(), Ok(&what));
        }
    }

    #[test]
    fn a_uuid_is_held_to_the_lower_case() {
        for what in [json!({"type": "string", "format": "uuid"}), json!({"$ref": "#/$defs/id"})] {
            assert_eq!(held(&what).expect("it can be")["pattern"], UUID);
        }
    }

    #[test]
    fn what_is_written_in_several_ways_is_refused() {
        for what in [
            json!(true),
            json!({}),
            json!({"type": "number"}),
            json!({"type": ["string", "number"]}),
            json!({"type": "string", "pattern": DECIMAL}),
            json!({"type": "string", "format": "date-time"}),
            json!({"type": "string", "format": "uuid", "pattern": "^[0-9A-F-]*$"}),
            json!({"type": "array"}),
            json!({"type": "array", "items": {"type": "integer"}, "uniqueItems": true}),
            json!({"type": "array", "items": {"$ref": "#/$defs/id"}}),
            json!({"type": "object"}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            json!({"anyOf": [{"type": "string"}, {"type": "number"}]}),
        ] {
            let refusal = held(&what).expect_err("it is written in several ways");
            assert!(refusal.contains("`what"), "{what}: {refusal}");
        }
    }
}
