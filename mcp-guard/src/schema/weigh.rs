//! Whether it can be told what is wrong with arguments. They are a stranger's, and so is the work of it:
//! each form of a value is held against it, to any depth, and what is wrong with one has a copy of it.

use serde_json::{Map, Value};

use super::{forms, referred};

/// How much is looked at and copied to tell what is wrong with one call: in values, each as often as a
/// schema is held against it.
const MOST: usize = 50_000;

/// How many schemas are within one another.
const DEEPEST: usize = 512;

/// Of a text, what is as much to copy as one value.
const TEXT: usize = 32;

/// Whether what is wrong with the arguments can be told with little work.
pub(super) fn can_be_told(root: &Map<String, Value>, arguments: &Value) -> bool {
    Scales { root, left: MOST }.hold(root, arguments, 0).is_some()
}

struct Scales<'a> {
    root: &'a Map<String, Value>,
    left: usize,
}

impl<'a> Scales<'a> {
    /// Holds a schema against a value, as a validator that tells all mistakes does. Nothing, when that is
    /// too much.
    fn hold(&mut self, schema: &'a Map<String, Value>, value: &Value, depth: usize) -> Option<()> {
        if depth == DEEPEST {
            return None;
        }
        self.spend(schema, value)?;
        for part in in_place(self.root, schema) {
            self.hold(part, value, depth + 1)?;
        }
        match value {
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                of_member(schema, name).try_for_each(|part| self.hold(part, member, depth + 1))
            }),
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                of_item(schema, index).try_for_each(|part| self.hold(part, item, depth + 1))
            }),
            _ => Some(()),
        }
    }

    /// A copy for each mistake that there may be: that of the value, and those of what it lacks.
    fn spend(&mut self, schema: &Map<String, Value>, value: &Value) -> Option<()> {
        let weight = self.left - without(value, self.left)?;
        let lacking = schema.get("required").and_then(Value::as_array).map_or(0, Vec::len);
        self.left = self.left.checked_sub(weight * (1 + lacking))?;
        Some(())
    }
}

/// The schemas that are held against the same value.
fn in_place<'s>(
    root: &'s Map<String, Value>,
    schema: &'s Map<String, Value>,
) -> impl Iterator<Item = &'s Map<String, Value>> {
    let parts = ["if", "then", "else", "not"].into_iter();
    let parts = parts.filter_map(|keyword| schema.get(keyword));
    let dependent = schema.get("dependentSchemas").and_then(Value::as_object);
    let dependent = dependent.into_iter().flat_map(Map::values);
    let target = referred(root, schema).into_iter();
    target.chain(forms(schema)).chain(parts).chain(dependent).filter_map(Value::as_object)
}

/// The schemas of a member.
fn of_member<'s>(
    schema: &'s Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'s Map<String, Value>> + use<'s> {
    let members = |keyword| schema.get(keyword).and_then(Value::as_object);
    let named = members("properties").and_then(|members| members.get(name));
    let others = ["additionalProperties", "unevaluatedProperties"].into_iter();
    let others = others.filter_map(|keyword| schema.get(keyword)).filter(move |_| named.is_none());
    let patterns = members("patternProperties").into_iter().flat_map(Map::values);
    named.into_iter().chain(others).chain(patterns).filter_map(Value::as_object)
}

/// The schemas of a list's item.
fn of_item(schema: &Map<String, Value>, index: usize) -> impl Iterator<Item = &Map<String, Value>> {
    let first = schema.get("prefixItems").and_then(|first| first.get(index));
    let others = ["items", "contains", "unevaluatedItems"]
        .into_iter()
        .filter_map(|keyword| schema.get(keyword));
    first.into_iter().chain(others).filter_map(Value::as_object)
}

/// What is left without a value's weight.
fn without(value: &Value, left: usize) -> Option<usize> {
    let left = left.checked_sub(1)?;
    match value {
        Value::String(text) => left.checked_sub(text.len() / TEXT),
        Value::Array(items) => items.iter().try_fold(left, |left, item| without(item, left)),
        Value::Object(members) => members.iter().try_fold(left, |left, (name, member)| {
            without(member, left.checked_sub(name.len() / TEXT)?)
        }),
        _ => Some(left),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use schemars::JsonSchema;
    use serde_json::json;

    use crate::schema::{ArgumentsSchema, of_arguments};

    #[derive(JsonSchema)]
    #[serde(tag = "op", rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Filter {
        And { left: Box<Filter>, right: Box<Filter> },
        Or { left: Box<Filter>, right: Box<Filter> },
        Not { left: Box<Filter> },
        Is { name: String, value: u32 },
    }

    /// Its forms are held against a value together with its own members.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Node {
        id: u32,
        #[serde(flatten)]
        kind: Kind,
    }

    #[derive(JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Kind {
        Both { left: Box<Node>, right: Box<Node> },
        One { left: Box<Node> },
        None,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Line {
        sku: String,
        count: u8,
        price_cents: u64,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Arguments {
        filter: Option<Filter>,
        node: Option<Node>,
        numbers: Option<Vec<u32>>,
        lines: Option<Vec<Line>>,
    }

    fn told(document: &serde_json::Value) -> String {
        let schema = ArgumentsSchema::new(of_arguments::<Arguments>(), false, &[], false);
        let Err(misfit) = schema.expect("a schema").check(document) else { panic!("it fits") };
        misfit.message
    }

    /// Filters within filters, with a mistake in the innermost.
    fn nested(depth: usize) -> serde_json::Value {
        let wrong = json!({"op": "is", "name": "a", "value": "CANARY"});
        let filter = (0..depth).fold(wrong, |inner, _| json!({"op": "not", "left": inner}));
        json!({ "filter": filter })
    }

    /// Nodes within nodes, of which the innermost has this number.
    fn nodes(id: &serde_json::Value) -> serde_json::Value {
        let innermost = json!({"id": id, "kind": "none"});
        let node =
            (0..28).fold(innermost, |inner, _| json!({"id": 1, "kind": "one", "left": inner}));
        json!({ "node": node })
    }

    #[test]
    fn what_fits_is_taken_however_deep_it_is() {
        let asked = Instant::now();
        let schema = ArgumentsSchema::new(of_arguments::<Arguments>(), false, &[], false);
        assert!(schema.expect("a schema").check(&nodes(&json!(1))).is_ok());
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    }

    #[test]
    fn what_is_wrong_with_a_plain_call_is_told_wherever_it_is() {
        assert_eq!(told(&nested(2)), "filter.left.left.value must be of type integer.");
        let mut lines = vec![json!({"sku": "a", "count": 1, "price_cents": 5}); 300];
        lines[297]["count"] = json!(256);
        assert_eq!(told(&json!({ "lines": lines })), "lines.297.count must be at most 255.");
    }

    /// Every form is held against every filter: four to the power of thirty.
    #[test]
    fn what_would_take_long_to_tell_is_refused_at_once() {
        let asked = Instant::now();
        for document in [
            nested(30),
            nodes(&json!("CANARY")),
            json!({ "numbers": vec![""; 350_000] }),
            json!({ "filter": vec![""; 350_000] }),
            json!({ "filter": {"op": "CANARY".repeat(200_000)} }),
        ] {
            let message = told(&document);
            assert!(message.contains("too much in them"), "{message}");
            assert!(!message.contains("CANARY"), "{message}");
        }
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    }
}
