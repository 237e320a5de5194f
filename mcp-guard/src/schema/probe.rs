//! Members that serde drops without a word. A flattened `Option` becomes `None` where a part of it is
//! missing or does not fit, and its derived schema lets every part be left out: a call that sends half
//! of it would be accepted, and run without it.
//!
//! No schema tells such a member from one with a default, so serde itself is asked when the guard is
//! built: sent as something that it cannot be, a default's member is refused and a dropped one is not.

use std::cell::RefCell;

use super::{properties, resolved};
use serde_json::{Map, Value, json};

/// How deep the least that is required is followed.
const DEEP: usize = 8;

/// Refuses a schema with a member that `decode` drops where it does not fit.
pub(super) fn refuse_dropping(
    root: &Map<String, Value>,
    decodes: &dyn Fn(Value) -> bool,
) -> Result<(), String> {
    Probe { root, decodes, seen: RefCell::default() }.inside(root, &|document| document)
}

/// Puts an object in its place in the arguments.
type Place<'p> = &'p dyn Fn(Value) -> Value;

struct Probe<'a> {
    root: &'a Map<String, Value>,
    decodes: &'a dyn Fn(Value) -> bool,
    /// The schemas that have been probed: one that refers to itself ends here.
    seen: RefCell<Vec<*const Map<String, Value>>>,
}

impl Probe<'_> {
    /// Probes the objects that a value is, or has in it.
    fn inside(&self, schema: &Map<String, Value>, place: Place<'_>) -> Result<(), String> {
        let identity = std::ptr::from_ref(schema);
        if self.seen.borrow().contains(&identity) {
            return Ok(());
        }
        self.seen.borrow_mut().push(identity);
        self.members(schema, place)?;
        let inner = |keyword| schema.get(keyword).and_then(|inner| self.resolved(inner));
        if let Some(item) = inner("items") {
            self.inside(item, &|value| place(json!([value])))?;
        }
        if let Some(member) = inner("additionalProperties") {
            self.inside(member, &|value| place(json!({ "a": value })))?;
        }
        self.forms(schema).into_iter().try_for_each(|form| self.inside(form, place))
    }

    fn members(&self, schema: &Map<String, Value>, place: Place<'_>) -> Result<(), String> {
        let Value::Object(least) = self.least_of(schema, 0) else { return Ok(()) };
        // What cannot be made to fit cannot be probed.
        if !has_properties(schema) || !(self.decodes)(place(Value::Object(least.clone()))) {
            return Ok(());
        }
        for (name, member) in properties(schema) {
            let with = |value: Value| {
                let mut object = least.clone();
                object.insert(name.clone(), value);
                place(Value::Object(object))
            };
            let Some(resolved) = self.resolved(member) else { continue };
            if may_be_dropped(schema, name, resolved)
                && unfit().into_iter().all(|value| (self.decodes)(with(value)))
            {
                return Err(mistake(name));
            }
            self.inside(resolved, &with)?;
        }
        Ok(())
    }

    /// The alternatives for a value. Where several untagged ones are objects, what one of them refuses
    /// another may take, so that nothing can be told.
    fn forms<'s>(&'s self, schema: &'s Map<String, Value>) -> Vec<&'s Map<String, Value>> {
        let forms = |keyword| {
            let forms = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            forms.filter_map(|form| self.resolved(form))
        };
        let untagged: Vec<_> = forms("anyOf").filter(|form| !takes_null(form)).collect();
        let told_apart = untagged.len() == 1;
        forms("oneOf").chain(untagged.into_iter().filter(|_| told_apart)).collect()
    }

    /// The least that an object's schema requires, where it can be told.
    fn least_object(&self, schema: &Map<String, Value>, depth: usize) -> Map<String, Value> {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut object = Map::new();
        for name in required.filter_map(Value::as_str) {
            let member = schema.get("properties").and_then(|properties| properties.get(name));
            object.insert(name.into(), self.least(member.unwrap_or(&Value::Null), depth + 1));
        }
        object
    }

    fn least(&self, schema: &Value, depth: usize) -> Value {
        match self.resolved(schema) {
            Some(schema) if depth <= DEEP => self.least_of(schema, depth),
            _ => Value::Null,
        }
    }

    fn least_of(&self, schema: &Map<String, Value>, depth: usize) -> Value {
        if let Some(fixed) = schema.get("const").or_else(|| schema.get("enum")?.get(0)) {
            return fixed.clone();
        }
        let kind = match schema.get("type") {
            Some(Value::Array(_)) | None if takes_null(schema) => return Value::Null,
            Some(Value::String(kind)) => kind.as_str(),
            _ => "object",
        };
        let form = || ["oneOf", "anyOf"].iter().find_map(|keyword| schema.get(*keyword)?.get(0));
        match kind {
            "boolean" => json!(false),
            "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            "string" => json!("a".repeat(length(schema, "minLength").max(1))),
            "array" => self.least_array(schema, depth),
            _ => match form().map(|form| self.least(form, depth + 1)) {
                Some(Value::Object(mut object)) => {
                    object.extend(self.least_object(schema, depth));
                    Value::Object(object)
                }
                Some(other) => other,
                None => Value::Object(self.least_object(schema, depth)),
            },
        }
    }

    fn least_array(&self, schema: &Map<String, Value>, depth: usize) -> Value {
        let first = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        let mut items: Vec<Value> = first.map(|item| self.least(item, depth + 1)).collect();
        if let Some(item) = schema.get("items") {
            // An array type's length is at most a few; what is longer is not worth probing.
            let length = length(schema, "minItems").min(64);
            items.resize_with(length.max(items.len()), || self.least(item, depth + 1));
        }
        Value::Array(items)
    }

    fn resolved<'s>(&'s self, schema: &'s Value) -> Option<&'s Map<String, Value>> {
        resolved(self.root, schema)
    }
}

/// Whether a member may be left out, and neither `null` nor a default says what it is then.
fn may_be_dropped(object: &Map<String, Value>, name: &str, member: &Map<String, Value>) -> bool {
    let required = object.get("required").and_then(Value::as_array);
    let says_type = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "properties"]
        .iter()
        .any(|keyword| member.contains_key(*keyword));
    let has_default = object["properties"][name].get("default").is_some();
    let is_required = required.is_some_and(|required| required.iter().any(|one| one == name));
    says_type && !is_required && !has_default && !takes_null(member)
}

fn takes_null(schema: &Map<String, Value>) -> bool {
    let by_type = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
        kind => kind.is_some_and(|kind| kind == "null"),
    };
    let forms = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    by_type || forms.filter_map(Value::as_object).any(takes_null)
}

/// Values of every type, in shapes that no argument has by chance.
fn unfit() -> [Value; 5] {
    [json!([[[null]]]), json!({"": [[null]]}), json!(""), json!(-0.5), json!(true)]
}

fn mistake(name: &str) -> String {
    format!(
        "serde drops the member `{name}` without a word where it or a member beside it does not fit, \
         as it does in a flattened `Option`: write it without `#[serde(flatten)]`, as a member of its \
         own"
    )
}

fn length(schema: &Map<String, Value>, keyword: &str) -> usize {
    schema.get(keyword).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn has_properties(schema: &Map<String, Value>) -> bool {
    schema.contains_key("properties")
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Range {
        from: u64,
        to: u64,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Dropping {
        own: String,
        #[serde(flatten)]
        range: Option<Range>,
    }

    /// Not `Serialize`: schemars cannot publish its default.
    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        #[default]
        Slow,
        Fast,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Fine {
        own: (u8, [i64; 3], Option<Range>),
        #[serde(flatten)]
        range: Range,
        #[serde(default)]
        mode: Mode,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<String>,
        deeper: Vec<Fine>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Arguments<T> {
        value: T,
    }

    fn refused<T: JsonSchema + DeserializeOwned>() -> Option<String> {
        let mut schema = crate::schema::of_arguments::<Arguments<T>>();
        refuse_dropping(schema.ensure_object(), &|document| {
            serde_json::from_value::<Arguments<T>>(document).is_ok()
        })
        .err()
    }

    #[test]
    fn a_flattened_option_is_refused_wherever_it_is() {
        for mistake in [
            refused::<Dropping>(),
            refused::<Vec<Dropping>>(),
            refused::<Option<Dropping>>(),
            refused::<std::collections::BTreeMap<String, Dropping>>(),
        ] {
            let mistake = mistake.expect("refused");
            assert!(mistake.contains("`from`") && mistake.contains("flatten"), "{mistake}");
        }
    }

    #[test]
    fn what_may_be_left_out_is_not() {
        assert_eq!(refused::<Fine>(), None);
        assert_eq!(refused::<Option<Fine>>(), None);
    }
}
