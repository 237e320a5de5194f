//! Documents made from a schema: most of them fit it.

use serde_json::{Map, Value, json};

use super::chance::Chance;

/// How deep a document follows a schema that refers to itself.
const DEEP: usize = 8;

/// Makes documents that a schema describes.
pub(crate) struct Documents<'a> {
    root: &'a Value,
}

impl<'a> Documents<'a> {
    pub(crate) fn of(root: &'a Value) -> Self {
        Self { root }
    }

    pub(crate) fn make(&self, chance: &mut Chance) -> Value {
        self.value(self.root, chance, 0)
    }

    fn value(&self, schema: &Value, chance: &mut Chance, depth: usize) -> Value {
        let Value::Object(schema) = schema else { return anything(chance) };
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(Value::Array(texts)) = schema.get("enum") {
            return chance.pick(texts).clone();
        }
        let mut made = self.own(schema, chance, depth);
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let target = reference.strip_prefix('#').and_then(|at| self.root.pointer(at));
            let target = target.expect("a reference within the schema");
            made = Some(merged(made, self.value(target, chance, depth)));
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(parts)) = schema.get(keyword) {
                let null = parts.iter().find(|part| part["type"] == "null");
                let part = null.filter(|_| depth > DEEP).unwrap_or_else(|| chance.pick(parts));
                made = Some(merged(made, self.value(part, chance, depth)));
            }
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            made = Some(merged(made, self.value(part, chance, depth)));
        }
        made.unwrap_or_else(|| anything(chance))
    }

    /// What the schema says itself, in no other schema.
    fn own(&self, schema: &Map<String, Value>, chance: &mut Chance, depth: usize) -> Option<Value> {
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) if depth > DEEP && kinds.contains(&json!("null")) => "null",
            Some(Value::Array(kinds)) => chance.pick(kinds).as_str()?,
            _ if schema.contains_key("properties") => "object",
            _ => return None,
        };
        Some(match kind {
            "object" => Value::Object(self.members(schema, chance, depth + 1)),
            "array" => Value::Array(self.items(schema, chance, depth + 1)),
            "string" => text(schema, chance).into(),
            "integer" => integer(schema, chance),
            "number" if chance.once_in(2) => integer(schema, chance),
            "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(-2.25)),
            "boolean" => chance.once_in(2).into(),
            _ => Value::Null,
        })
    }

    fn members(
        &self,
        schema: &Map<String, Value>,
        chance: &mut Chance,
        depth: usize,
    ) -> Map<String, Value> {
        let mut members = Map::new();
        let required = schema.get("required").and_then(Value::as_array);
        for (name, member) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let required = required.is_some_and(|names| names.contains(&json!(name)));
            if required || (depth <= DEEP && chance.once_in(2)) {
                members.insert(name.clone(), self.value(member, chance, depth));
            }
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            if let Some(member @ (Value::Object(_) | Value::Bool(true))) = schema.get(keyword)
                && depth <= DEEP
            {
                for count in 0..chance.below(3) {
                    members.insert(format!("canary{count}"), self.value(member, chance, depth));
                }
            }
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for member in patterns.into_iter().flat_map(Map::values) {
            for _ in 0..chance.below(3) {
                let name = chance.pick(&["0", "7", "255"]);
                members.insert((*name).into(), self.value(member, chance, depth));
            }
        }
        members
    }

    fn items(&self, schema: &Map<String, Value>, chance: &mut Chance, depth: usize) -> Vec<Value> {
        let first = schema.get("prefixItems").and_then(Value::as_array);
        let mut items: Vec<Value> =
            first.into_iter().flatten().map(|item| self.value(item, chance, depth)).collect();
        let bound = |keyword| schema.get(keyword).and_then(Value::as_u64).map(usize::try_from);
        let at_least = bound("minItems").map_or(0, |bound| bound.expect("64 bits"));
        let at_most = bound("maxItems").map_or(at_least + 2, |bound| bound.expect("64 bits"));
        let wanted = if depth > DEEP { at_least } else { at_least + chance.below(3) };
        if let Some(item) = schema.get("items").filter(|item| **item != json!(false)) {
            while items.len() < wanted.min(at_most) {
                items.push(self.value(item, chance, depth));
            }
        }
        items
    }
}

/// What two schemas of one value ask for.
fn merged(one: Option<Value>, other: Value) -> Value {
    match (one, other) {
        (Some(Value::Object(mut one)), Value::Object(other)) => {
            one.extend(other);
            Value::Object(one)
        }
        (_, other) => other,
    }
}

fn integer(schema: &Map<String, Value>, chance: &mut Chance) -> Value {
    let bounds: Vec<&Value> =
        ["minimum", "maximum"].iter().filter_map(|keyword| schema.get(*keyword)).collect();
    if !bounds.is_empty() && chance.once_in(2) {
        return (*chance.pick(&bounds)).clone();
    }
    chance.pick(&[json!(1), json!(2), json!(5), json!(100)]).clone()
}

fn text(schema: &Map<String, Value>, chance: &mut Chance) -> String {
    let keyword = |name| schema.get(name).and_then(Value::as_str);
    if keyword("pattern").is_some() {
        return "ord_8821".into();
    }
    match keyword("format") {
        Some("ipv4") => return "127.0.0.1".into(),
        Some("ipv6") => return "::1".into(),
        _ => {}
    }
    match schema.get("maxLength").and_then(Value::as_u64) {
        Some(1) => "c".into(),
        Some(_) => "canar".into(),
        None => (*chance.pick(&["canary", "canary é😀", ""])).into(),
    }
}

/// A value of which nothing is said.
fn anything(chance: &mut Chance) -> Value {
    chance
        .pick(&[
            json!(null),
            json!(true),
            json!(7),
            json!(2.5),
            json!("canary"),
            json!([]),
            json!({}),
            json!([1, ["canary"]]),
            json!({"canary": {"canary": 1}}),
        ])
        .clone()
}
