//! The least document that a schema describes, as far as it can be made up.

use serde_json::{Map, Value, json};

use super::{required, resolved, specimen};

/// How deep the least that is required is followed.
const DEEP: usize = 8;

/// An array type's length is at most a few; what is longer is not worth making up.
const LONGEST: usize = 64;

/// Makes up what `root` and the schemas in it describe.
pub(super) struct Least<'a> {
    pub(super) root: &'a Map<String, Value>,
}

/// The parts of a schema that another place has a value for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'k> {
    None,
    /// One of the forms under this keyword.
    Form(&'k str),
    /// This one of its `allOf`.
    All(usize),
}

impl Least<'_> {
    /// The least value.
    pub(super) fn of(&self, schema: &Map<String, Value>) -> Value {
        self.of_schema(schema, 0)
    }

    /// The least object, without what one of its parts says of it.
    pub(super) fn object(
        &self,
        schema: &Map<String, Value>,
        without: Part<'_>,
    ) -> Map<String, Value> {
        match self.composed(schema, without, 0) {
            Value::Object(object) => object,
            _ => Map::new(),
        }
    }

    /// The least list.
    pub(super) fn list(&self, schema: &Map<String, Value>) -> Vec<Value> {
        self.items(schema, 0)
    }

    fn of_value(&self, schema: &Value, depth: usize) -> Value {
        if let Some(example) = schema.as_object().and_then(example) {
            return example.clone();
        }
        match resolved(self.root, schema) {
            Some(schema) if depth <= DEEP => self.of_schema(schema, depth),
            _ => Value::Null,
        }
    }

    fn of_schema(&self, schema: &Map<String, Value>, depth: usize) -> Value {
        let fixed = schema.get("const").or_else(|| schema.get("enum")?.get(0));
        if let Some(fixed) = example(schema).or(fixed) {
            return fixed.clone();
        }
        let kind = match schema.get("type") {
            Some(Value::Array(_)) | None if takes_null(schema) => return Value::Null,
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("object"),
            _ => "object",
        };
        match kind {
            "boolean" => json!(false),
            "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            "string" => json!(specimen::text(schema)),
            "array" => Value::Array(self.items(schema, depth)),
            _ => self.composed(schema, Part::None, depth),
        }
    }

    /// What is required of an object by its own members and by its parts, or the value of another kind
    /// that its first form is.
    fn composed(&self, schema: &Map<String, Value>, without: Part<'_>, depth: usize) -> Value {
        let mut object = Map::new();
        let parts = |keyword| schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        let forms = ["oneOf", "anyOf"].into_iter().filter(|keyword| without != Part::Form(keyword));
        let forms = forms.filter_map(|keyword| parts(keyword).next());
        let all = parts("allOf").enumerate().filter(|(index, _)| without != Part::All(*index));
        for part in forms.chain(all.map(|(_, part)| part)) {
            match self.of_value(part, depth + 1) {
                Value::Object(members) => object.extend(members),
                other if schema.get("type").is_none() => return other,
                _ => {}
            }
        }
        object.extend(self.required(schema, depth));
        Value::Object(object)
    }

    fn required(&self, schema: &Map<String, Value>, depth: usize) -> Map<String, Value> {
        let mut object = Map::new();
        for name in required(schema) {
            let member = schema.get("properties").and_then(|properties| properties.get(name));
            object.insert(name.into(), self.of_value(member.unwrap_or(&Value::Null), depth + 1));
        }
        object
    }

    fn items(&self, schema: &Map<String, Value>, depth: usize) -> Vec<Value> {
        let first = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        let mut items: Vec<Value> = first.map(|item| self.of_value(item, depth + 1)).collect();
        if let Some(item) = schema.get("items") {
            let length = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
            let length = usize::try_from(length).unwrap_or(LONGEST).min(LONGEST);
            items.resize_with(length.max(items.len()), || self.of_value(item, depth + 1));
        }
        items
    }
}

/// A value that the type itself gives for one.
fn example(schema: &Map<String, Value>) -> Option<&Value> {
    schema.get("examples")?.get(0)
}

/// Whether `null` is one of the values, by what the schema itself says.
pub(super) fn takes_null(schema: &Map<String, Value>) -> bool {
    let by_type = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
        kind => kind.is_some_and(|kind| kind == "null"),
    };
    let forms = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    by_type || forms.filter_map(Value::as_object).any(takes_null)
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::schema::of_arguments;

    #[derive(JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Method {
        Card { last4: u16 },
        Cash,
    }

    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Id {
        Number(u64),
        Text(String),
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Order {
        #[schemars(regex(pattern = "^ord_[0-9]{2}$"))]
        reference: String,
        #[schemars(example = "sku-1")]
        sku: String,
        #[serde(flatten)]
        method: Method,
        id: Id,
        pair: (u8, [Option<bool>; 2]),
        lines: Vec<u8>,
        note: Option<String>,
    }

    #[test]
    fn it_is_the_least_and_fits() {
        let mut schema = of_arguments::<Order>();
        let root = schema.ensure_object();
        let least = Least { root }.of(root);
        assert_eq!(
            least,
            json!({
                "reference": "ord_00", "sku": "sku-1", "kind": "card", "last4": 0, "id": 0,
                "pair": [0, [null, null]], "lines": [],
            })
        );
        let schema = Value::Object(root.clone());
        assert!(jsonschema::draft202012::is_valid(&schema, &least), "{least}");
    }
}
