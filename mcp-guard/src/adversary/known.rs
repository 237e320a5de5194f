//! What an attacker knows of a tool: what `tools/list` says.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};

use super::answer::Answer;

/// Makes the arguments of a good call, by its number.
pub(super) type Example = Box<dyn Fn(u64) -> Value + Send + Sync>;

/// A tool, as its server describes it.
pub(super) struct Known {
    pub(super) name: String,
    pub(super) read_only: bool,
    /// Whether it is not listed to a caller without scopes.
    pub(super) hidden: bool,
    /// Whether whoever is identified may call it.
    pub(super) open: bool,
    /// The argument that is the idempotency key.
    pub(super) key: Option<String>,
    pub(super) arguments: Vec<Argument>,
    /// How long a key is remembered, from the call on, where that is known.
    pub(super) remembers: Duration,
    pub(super) example: Option<Example>,
    pub(super) foreign: Vec<Foreign>,
    pub(super) pace: Pace,
}

/// Arguments that name what is another caller's, and others that name what is nobody's.
pub(super) struct Foreign {
    pub(super) theirs: Map<String, Value>,
    pub(super) nobodys: Map<String, Value>,
}

/// How long right calls of a tool take.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<(Duration, u32)>);

impl Pace {
    pub(super) fn note(&self, time: Duration) {
        let (total, calls) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *total += time;
        *calls += 1;
    }

    /// On the average.
    pub(super) fn mean(&self) -> Duration {
        let (total, calls) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        total.checked_div(calls).unwrap_or_default()
    }
}

/// An argument of a tool.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) required: bool,
    /// The JSON types that its schema allows; none when it does not say.
    pub(super) types: Vec<String>,
    pub(super) minimum: Option<i128>,
    pub(super) maximum: Option<i128>,
    /// The values that it allows, when they are few.
    pub(super) choice: Vec<Value>,
    /// Whether a text may be any text.
    pub(super) free: bool,
    /// A value that fits.
    sample: Value,
}

impl Known {
    /// The tools of an answer to `tools/list`.
    pub(super) fn listed(answer: &Answer) -> Option<Vec<Self>> {
        let tools = answer.result()["tools"].as_array()?;
        Some(tools.iter().filter_map(Self::described).collect())
    }

    fn described(tool: &Value) -> Option<Self> {
        let name = tool["name"].as_str()?.to_owned();
        let schema = &tool["inputSchema"];
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
        let arguments: Vec<_> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, property)| {
                let required = required.iter().any(|wanted| *wanted == name);
                Argument::described(name, required, resolved(property, schema))
            })
            .collect();
        let read_only = tool["annotations"]["readOnlyHint"] == true;
        let is_key = |argument: &&Argument| argument.name.to_lowercase().contains("idempotency");
        let key = arguments.iter().find(is_key).map(|argument| argument.name.clone());
        let key = key.filter(|_| !read_only);
        Some(Self {
            name,
            read_only,
            hidden: false,
            open: false,
            key,
            arguments,
            remembers: Duration::MAX,
            example: None,
            foreign: Vec::new(),
            pace: Pace::default(),
        })
    }

    /// The arguments of a good call, without a key.
    pub(super) fn good(&self, number: u64) -> Map<String, Value> {
        let made = self.example.as_ref().map(|example| example(number));
        match made {
            Some(Value::Object(arguments)) => arguments,
            _ => self.synthesized(),
        }
    }

    fn synthesized(&self) -> Map<String, Value> {
        let needed = self.arguments.iter().filter(|argument| argument.required);
        needed.map(|argument| (argument.name.clone(), argument.sample.clone())).collect()
    }

    /// The arguments that are not the key.
    pub(super) fn own(&self) -> impl Iterator<Item = &Argument> {
        self.arguments.iter().filter(|argument| Some(&argument.name) != self.key.as_ref())
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Argument {
    fn described(name: &str, required: bool, schema: &Value) -> Self {
        let choice = choice(schema);
        let types = types(schema, &choice);
        let bound = |inclusive: &str, exclusive: &str, step: i128| {
            integer(&schema[inclusive]).or_else(|| Some(integer(&schema[exclusive])? + step))
        };
        let free = types.iter().any(|of| of == "string")
            && choice.is_empty()
            && ["pattern", "format", "const"].iter().all(|rule| schema[rule].is_null());
        let minimum = bound("minimum", "exclusiveMinimum", 1);
        let maximum = bound("maximum", "exclusiveMaximum", -1);
        let sample = sample(schema, &types, &choice, minimum);
        Self { name: name.to_owned(), required, types, minimum, maximum, choice, free, sample }
    }

    pub(super) fn is_integer(&self) -> bool {
        self.types.iter().any(|of| of == "integer")
    }

    /// Whether the schema allows values of this JSON type; unknown when it names none.
    pub(super) fn allows(&self, of: &str) -> bool {
        self.types.is_empty()
            || self
                .types
                .iter()
                .any(|allowed| allowed == of || (of == "integer" && allowed == "number"))
    }
}

/// What a `$ref` within the same document leads to.
fn resolved<'a>(property: &'a Value, document: &'a Value) -> &'a Value {
    let place = property["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(property)
}

/// The values of an `enum`, or of a `oneOf` in which each is described.
fn choice(schema: &Value) -> Vec<Value> {
    let listed = schema["enum"].as_array().cloned().unwrap_or_default();
    let described = schema["oneOf"].as_array().into_iter().flatten();
    let described: Vec<_> = described.map(|one| one["const"].clone()).collect();
    if described.iter().any(Value::is_null) { listed } else { [listed, described].concat() }
}

fn types(schema: &Value, choice: &[Value]) -> Vec<String> {
    let named = match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => {
            several.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    if named.is_empty() && !choice.is_empty() && choice.iter().all(Value::is_string) {
        return vec!["string".into()];
    }
    named
}

fn integer(value: &Value) -> Option<i128> {
    let number = value.as_number()?;
    number.as_i128().or_else(|| {
        // As some write it: 50000.0.
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15)?;
        format!("{float:.0}").parse().ok()
    })
}

fn sample(schema: &Value, types: &[String], choice: &[Value], low: Option<i128>) -> Value {
    let given = [&schema["const"], &schema["default"], &schema["examples"][0]].into_iter();
    if let Some(given) = given.chain(choice).find(|given| !given.is_null()) {
        return given.clone();
    }
    match types.first().map(String::as_str) {
        Some("integer" | "number") => json!(low.unwrap_or(1).max(1)),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!(in_backticks(schema).unwrap_or("adversary")),
    }
}

/// An agent takes what a description gives as an example: "Order to refund, such as `ord_8821`."
fn in_backticks(schema: &Value) -> Option<&str> {
    schema["description"].as_str()?.split('`').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(tool: &Value) -> Known {
        Known::described(tool).expect("a tool")
    }

    #[test]
    fn a_tool_is_known_by_its_schema() {
        let known = tool(&json!({"name": "pay", "inputSchema": {
            "type": "object",
            "required": ["order_id", "amount", "reason", "idempotency_key"],
            "properties": {
                "order_id": {"type": "string", "description": "Order, such as `ord_1`."},
                "amount": {"type": "integer", "minimum": 1, "maximum": 50_000.0},
                "reason": {"$ref": "#/$defs/Reason"},
                "note": {"type": ["string", "null"]},
                "idempotency_key": {"type": "string", "pattern": "^.{8,}$"},
            },
            "$defs": {"Reason": {"oneOf": [{"const": "late"}, {"const": "lost"}]}},
        }}));
        assert!(!known.read_only && known.key.as_deref() == Some("idempotency_key"));
        let amount = known.own().find(|argument| argument.is_integer()).expect("an amount");
        assert_eq!((amount.minimum, amount.maximum), (Some(1), Some(50_000)));
        let free: Vec<_> = known.own().filter(|argument| argument.free).collect();
        assert_eq!(free.len(), 2);
        let mut good = known.good(0);
        good.remove("idempotency_key");
        assert_eq!(
            Value::Object(good),
            json!({"order_id": "ord_1", "amount": 1, "reason": "late"})
        );
    }

    #[test]
    fn a_reader_has_no_key_to_play_with() {
        let known = tool(&json!({"name": "status", "annotations": {"readOnlyHint": true},
            "inputSchema": {"properties": {"idempotency_key": {"type": "string"}}}}));
        assert!(known.read_only && known.key.is_none());
    }
}
