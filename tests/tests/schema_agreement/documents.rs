//! Documents made from a schema: most of them fit it.

use serde_json::{Map, Number, Value, json};

use super::{chance::Chance, texts::Texts};

/// How deep a document follows a schema that refers to itself.
const DEEP: usize = 8;

/// Makes documents that a schema describes.
pub(crate) struct Documents<'a> {
    root: &'a Value,
    texts: &'a Texts,
    /// Whether they stay within what the schema says, but for where it says nothing.
    fits: bool,
}

impl<'a> Documents<'a> {
    /// At the schema's edges, and over them.
    pub(crate) fn around(root: &'a Value, texts: &'a Texts) -> Self {
        Self { root, texts, fits: false }
    }

    /// Up to the schema's edges, and over those that it does not have.
    pub(crate) fn within(root: &'a Value, texts: &'a Texts) -> Self {
        Self { root, texts, fits: true }
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
            _ if self.fits && schema.contains_key("properties") && chance.once_in(3) => {
                return None;
            }
            _ if schema.contains_key("properties") => "object",
            _ => return None,
        };
        Some(match kind {
            "object" => Value::Object(self.members(schema, chance, depth + 1)),
            "array" => Value::Array(self.items(schema, chance, depth + 1)),
            "string" => self.texts.make(schema, self.fits, chance).into(),
            "integer" => self.integer(schema, chance),
            "number" if chance.once_in(2) => self.integer(schema, chance),
            "number" => float(schema, chance),
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
            if *member == json!(false) {
                continue;
            }
            if required || (depth <= DEEP && chance.once_in(2)) {
                members.insert(name.clone(), self.value(member, chance, depth));
            }
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            if let Some(member @ (Value::Object(_) | Value::Bool(true))) = schema.get(keyword)
                && depth <= DEEP
            {
                for _ in 0..chance.below(4) {
                    let name = *chance.pick(&["canary", "canar", "é😀é😀é😀", "c", ""]);
                    members.insert(name.into(), self.value(member, chance, depth));
                }
            }
        }
        let closed = ["additionalProperties", "unevaluatedProperties"];
        let is_open = !closed.iter().any(|keyword| schema.contains_key(*keyword));
        if self.fits && is_open && chance.once_in(4) {
            members.insert("canary".into(), json!("canary"));
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for member in patterns.into_iter().flat_map(Map::values) {
            for _ in 0..chance.below(3) {
                let name = chance.pick(&["0", "7", "255", "ord_8821", "-7"]);
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
        let more = if depth > DEEP {
            0
        } else {
            *chance.pick(&[0, 1, 2, at_most.saturating_sub(at_least)])
        };
        let wanted = at_least + more.min(4);
        if let Some(item) = schema.get("items").filter(|item| **item != json!(false)) {
            while items.len() < wanted.min(at_most) {
                items.push(self.value(item, chance, depth));
            }
        }
        if self.fits && !schema.contains_key("items") && chance.once_in(3) {
            items.push(anything(chance));
        }
        if self.fits && chance.once_in(3) {
            items.truncate(at_least);
        }
        items.truncate(if self.fits { at_most } else { usize::MAX });
        items
    }

    /// An integer at or near a bound of the schema, or of those that are used.
    fn integer(&self, schema: &Map<String, Value>, chance: &mut Chance) -> Value {
        let bounds = bounds(schema);
        if self.fits && chance.once_in(16) {
            return json!(5.0);
        }
        if bounds.is_empty() || chance.once_in(2) {
            return chance.pick(&[json!(0), json!(1), json!(5), json!(100)]).clone();
        }
        let bound = *chance.pick(&bounds);
        let step = if self.fits { 0 } else { *chance.pick(&[0, 0, 1, -1]) };
        let Some(near) = bound.as_number().and_then(Number::as_i128) else { return bound.clone() };
        Number::from_i128(near + step).map_or_else(|| bound.clone(), Value::Number)
    }
}

/// A number at a bound of the schema, or next to it.
fn float(schema: &Map<String, Value>, chance: &mut Chance) -> Value {
    let bounds: Vec<f64> = bounds(schema).into_iter().filter_map(Value::as_f64).collect();
    if bounds.is_empty() {
        return json!(-2.25);
    }
    let bound = *chance.pick(&bounds);
    json!(*chance.pick(&[bound, bound.next_up(), bound.next_down(), bound / 2.0]))
}

fn bounds(schema: &Map<String, Value>) -> Vec<&Value> {
    let keywords = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
    keywords.iter().filter_map(|keyword| schema.get(*keyword)).collect()
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
