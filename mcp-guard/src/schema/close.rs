//! Closing a schema: no object, at any depth, takes members that it does not name.

use serde_json::{Map, Value, json};

use super::{
    apart::keep_apart,
    choices::as_enum,
    definition_name,
    exact::{bound, bound_keys},
    loose::tighten,
};

/// Keywords whose subschemas apply to the same value, rather than to a part of it.
const IN_PLACE: [&str; 6] = ["allOf", "anyOf", "oneOf", "if", "then", "else"];

/// Formats that schemars writes for Rust's number types. What they say is said by the bounds, and
/// strict clients complain about them.
const NUMBER_FORMATS: [&str; 16] = [
    "int8", "int16", "int32", "int64", "int128", "int", "uint8", "uint16", "uint32", "uint64",
    "uint128", "uint", "float", "double", "isize", "usize",
];

/// Closes every object schema under `root`, writes enums as enums and removes number formats.
///
/// An object that is described in one place gets `additionalProperties: false`. One whose members
/// come from several places (a flattened or internally tagged type) gets
/// `unevaluatedProperties: false`, which sees all of them, and the parts stay open.
pub(super) fn close(root: &mut Map<String, Value>) {
    let mut definitions = take_definitions(root);
    let open = definitions.clone();
    for definition in definitions.values_mut() {
        close_value(definition, &open);
    }
    close_schema(root, &open);
    put_definitions(root, definitions);
}

fn take_definitions(root: &mut Map<String, Value>) -> Map<String, Value> {
    match root.remove("$defs") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    }
}

fn put_definitions(root: &mut Map<String, Value>, mut definitions: Map<String, Value>) {
    // Inlining may have left some without a reference to them.
    loop {
        let unused: Vec<String> = definitions
            .keys()
            .filter(|name| {
                let reference = reference_to(name);
                let elsewhere = definitions.iter().filter(|(other, _)| other != name);
                !mentions_map(root, &reference)
                    && !elsewhere.into_iter().any(|(_, value)| mentions(value, &reference))
            })
            .cloned()
            .collect();
        if unused.is_empty() {
            break;
        }
        for name in unused {
            definitions.remove(&name);
        }
    }
    if !definitions.is_empty() {
        root.insert("$defs".into(), Value::Object(definitions));
    }
}

fn reference_to(name: &str) -> String {
    format!("#/$defs/{}", super::escape(name))
}

fn mentions(value: &Value, reference: &str) -> bool {
    match value {
        Value::String(text) => text == reference,
        Value::Array(items) => items.iter().any(|item| mentions(item, reference)),
        Value::Object(members) => mentions_map(members, reference),
        _ => false,
    }
}

fn mentions_map(members: &Map<String, Value>, reference: &str) -> bool {
    members.values().any(|value| mentions(value, reference))
}

fn close_value(value: &mut Value, open: &Map<String, Value>) {
    if let Value::Object(schema) = value {
        close_schema(schema, open);
    }
}

fn close_schema(schema: &mut Map<String, Value>, open: &Map<String, Value>) {
    tidy(schema);
    if describes_members(schema) && is_composed(schema) {
        inline_reference(schema, open);
        leave_parts_open(schema, open);
        schema.remove("additionalProperties");
        schema.entry("unevaluatedProperties").or_insert(json!(false));
    } else {
        if describes_members(schema) && !schema.contains_key("unevaluatedProperties") {
            schema.entry("additionalProperties").or_insert(json!(false));
        }
        for keyword in IN_PLACE {
            each_subschema(schema, keyword, &mut |part| close_schema(part, open));
        }
    }
    close_parts(schema, open);
}

/// Closes the schemas of the value's parts: members, items.
fn close_parts(schema: &mut Map<String, Value>, open: &Map<String, Value>) {
    for keyword in ["properties", "patternProperties", "dependentSchemas"] {
        if let Some(Value::Object(members)) = schema.get_mut(keyword) {
            members.values_mut().for_each(|member| close_value(member, open));
        }
    }
    for keyword in
        ["items", "prefixItems", "contains", "additionalProperties", "unevaluatedItems", "not"]
    {
        each_subschema(schema, keyword, &mut |part| close_schema(part, open));
    }
}

/// The in-place parts of a composed object: not closed themselves, closed below.
fn leave_parts_open(schema: &mut Map<String, Value>, open: &Map<String, Value>) {
    for keyword in IN_PLACE {
        each_subschema(schema, keyword, &mut |part| {
            tidy(part);
            part.remove("additionalProperties");
            inline_reference(part, open);
            leave_parts_open(part, open);
            close_parts(part, open);
        });
    }
    keep_apart(schema);
}

/// Replaces a reference beside other keywords by what it refers to, left open: the definition
/// itself is closed, and would refuse the members that stand beside the reference.
fn inline_reference(schema: &mut Map<String, Value>, open: &Map<String, Value>) {
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| open.get(&definition_name(reference)?));
    if let Some(Value::Object(target)) = target {
        let mut part = target.clone();
        part.remove("additionalProperties");
        schema.remove("$ref");
        match schema.entry("allOf").or_insert_with(|| json!([])) {
            Value::Array(parts) => parts.push(Value::Object(part)),
            other => *other = json!([part]),
        }
    }
}

fn each_subschema(
    schema: &mut Map<String, Value>,
    keyword: &str,
    change: &mut dyn FnMut(&mut Map<String, Value>),
) {
    match schema.get_mut(keyword) {
        Some(Value::Object(part)) => change(part),
        Some(Value::Array(parts)) => {
            parts.iter_mut().filter_map(Value::as_object_mut).for_each(change);
        }
        _ => {}
    }
}

fn has_own_members(schema: &Map<String, Value>) -> bool {
    schema.contains_key("properties")
}

fn is_composed(schema: &Map<String, Value>) -> bool {
    schema.contains_key("$ref") || IN_PLACE.iter().any(|keyword| schema.contains_key(*keyword))
}

/// Whether it is the schema of an object with named members: one with `patternProperties` or a
/// schema for its additional ones is a map.
fn describes_members(schema: &Map<String, Value>) -> bool {
    has_own_members(schema)
        || (schema.get("type") == Some(&json!("object"))
            && !schema.contains_key("patternProperties")
            && !schema.contains_key("additionalProperties"))
}

fn tidy(schema: &mut Map<String, Value>) {
    as_enum(schema);
    tighten(schema);
    bound(schema);
    bound_keys(schema);
    if let Some(Value::String(format)) = schema.get("format")
        && NUMBER_FORMATS.contains(&format.as_str())
    {
        schema.remove("format");
    }
}

/// Writes enums as enums and removes number formats at every depth, and changes nothing else.
pub(super) fn tidy_all(schema: &mut Map<String, Value>) {
    tidy(schema);
    for value in schema.values_mut() {
        match value {
            Value::Object(part) => tidy_all(part),
            Value::Array(parts) => {
                parts.iter_mut().filter_map(Value::as_object_mut).for_each(tidy_all);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Inner {
        a: u64,
    }

    #[derive(JsonSchema)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Tagged {
        One(Inner),
        Two { b: i32 },
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Zoo {
        inner: Inner,
        list: Vec<Inner>,
        maybe: Option<Inner>,
        map: BTreeMap<String, Inner>,
        tagged: Tagged,
        #[serde(flatten)]
        flat: Inner,
        empty: Empty,
    }

    #[derive(JsonSchema)]
    struct Empty {}

    fn accepts(document: &Value) -> bool {
        let mut schema = crate::schema::of_arguments::<Zoo>();
        let schema = schema.ensure_object();
        close(schema);
        let schema = Value::Object(schema.clone());
        jsonschema::draft202012::new(&schema).expect("a schema").is_valid(document)
    }

    fn fits() -> Value {
        json!({
            "inner": {"a": 1}, "list": [{"a": 1}], "maybe": {"a": 1}, "map": {"any": {"a": 1}},
            "tagged": {"kind": "One", "a": 1}, "a": 1, "empty": {}
        })
    }

    #[test]
    fn what_fits_is_accepted() {
        assert!(accepts(&fits()));
        let mut other = fits();
        other["tagged"] = json!({"kind": "Two", "b": 1});
        other["maybe"] = Value::Null;
        assert!(accepts(&other));
    }

    #[test]
    fn nothing_unknown_is_accepted_at_any_depth() {
        for place in ["", "/inner", "/list/0", "/maybe", "/map/any", "/tagged", "/empty"] {
            let mut document = fits();
            let object = document.pointer_mut(place).and_then(Value::as_object_mut);
            object.expect("an object").insert("unknown".into(), json!(1));
            assert!(!accepts(&document), "{place}");
        }
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct OnlyFlat {
        #[serde(flatten)]
        tagged: Tagged,
    }

    #[test]
    fn a_struct_of_one_flattened_enum_takes_what_that_takes() {
        let mut schema = crate::schema::of_arguments::<OnlyFlat>();
        close(schema.ensure_object());
        let fits = jsonschema::draft202012::new(schema.as_value()).expect("a schema");
        for (document, is_taken) in [
            (json!({"kind": "One", "a": 1}), true),
            (json!({"kind": "Two", "b": 1}), true),
            (json!({"kind": "Two", "b": 1, "unknown": 1}), false),
            (json!({"kind": "Three"}), false),
            (json!({}), false),
        ] {
            assert_eq!(fits.is_valid(&document), is_taken, "{document}");
        }
    }

    #[test]
    fn number_formats_are_gone() {
        let mut schema = crate::schema::of_arguments::<Zoo>();
        close(schema.ensure_object());
        assert!(!schema.as_value().to_string().contains("format"));
    }
}
