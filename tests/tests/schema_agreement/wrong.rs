//! Schemas that are wrong in one place. Whatever is wrong with one, a document shows it: nothing that is
//! published goes untried.

use jsonschema::meta::is_valid;
use serde_json::{Map, Number, Value, json};

use super::{
    oracle::{BYTES, Oracle},
    run::{Options, on_every_core},
};

/// Keywords that bound a count or an amount: one more, and one less, is wrong.
const BOUNDS: [&str; 13] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
    "multipleOf",
];

/// Keywords without which everything is let in that they refuse.
const REFUSING: [&str; 16] = [
    "pattern",
    "format",
    "uniqueItems",
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "patternProperties",
    "propertyNames",
    "contains",
    "not",
    "allOf",
    "anyOf",
    "oneOf",
    "const",
    "enum",
];

/// Of what is wrong, what makes no difference: a form that takes all that another one is to take.
const EQUIVALENT: [(&str, &str); 4] = [
    ("an_untagged_enum", "/$defs/Shape/anyOf/0: \"radius\" may be left out"),
    ("a_flat_untagged", "/$defs/Beside/anyOf/0: \"radius\" may be left out"),
    ("only_a_flat_untagged", "/$defs/OnlyFlat/anyOf/0: \"radius\" may be left out"),
    ("a_partly_untagged_enum", "/$defs/PartlyUntagged/anyOf/0: no enum"),
];

/// A schema that is wrong in one place.
pub(crate) struct Wrong {
    pub(crate) schema: Value,
    pub(crate) what: String,
    is_exact: bool,
}

impl Wrong {
    pub(crate) fn oracle(&self) -> Oracle {
        if self.is_exact { Oracle::of(&self.schema) } else { Oracle::of_schema_alone(&self.schema) }
    }

    /// Whether it says the same in other words.
    pub(crate) fn is_equivalent(&self, tool: &str) -> bool {
        EQUIVALENT.contains(&(tool, &self.what))
    }
}

/// Every way in which one keyword of a schema can be wrong.
pub(crate) fn wrong(schema: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    collect(schema, schema, "", &mut found);
    found.retain(|wrong| is_valid(&wrong.schema));
    if schema.to_string().contains("\"integer\"") {
        let what = "5.0 is an integer".into();
        found.push(Wrong { schema: schema.clone(), what, is_exact: false });
    }
    found
}

fn collect(root: &Value, part: &Value, at: &str, found: &mut Vec<Wrong>) {
    match part {
        Value::Object(keywords) => {
            // What only bears the name of a keyword is a member's name.
            if !at.ends_with("/properties") && !at.ends_with("/$defs") {
                for (what, keywords) in each_wrong(keywords, says_type_elsewhere(at, keywords)) {
                    let mut schema = root.clone();
                    if let Some(place) = schema.pointer_mut(at) {
                        *place = Value::Object(keywords);
                    }
                    let what = format!("{at}: {what}");
                    found.push(Wrong { schema, what, is_exact: true });
                }
            }
            for (keyword, part) in keywords {
                let token = keyword.replace('~', "~0").replace('/', "~1");
                if !["const", "enum", "default", "examples", "required"].contains(&&**keyword) {
                    collect(root, part, &format!("{at}/{token}"), found);
                }
            }
        }
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                collect(root, part, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Whether a type is said in other places too: the arguments are an object to begin with, and forms and the
/// object around them say the same.
fn says_type_elsewhere(at: &str, keywords: &Map<String, Value>) -> bool {
    let forms = ["oneOf", "anyOf", "allOf"];
    let is_form = at.rsplit('/').nth(1).is_some_and(|keyword| forms.contains(&keyword));
    at.is_empty() || is_form || forms.iter().any(|keyword| keywords.contains_key(*keyword))
}

/// Whether a keyword refuses anything at all: parts without members do not.
fn refuses(keyword: &str, value: &Value) -> bool {
    match keyword {
        "uniqueItems" => *value == json!(true),
        "allOf" => value.to_string().contains("properties"),
        _ => *value != json!(true),
    }
}

fn each_wrong(
    keywords: &Map<String, Value>,
    says_type_elsewhere: bool,
) -> Vec<(String, Map<String, Value>)> {
    let mut found = vec![];
    // Nothing that a bound lets in, or a type, comes through to these.
    let is_chosen = ["const", "enum"].iter().any(|keyword| keywords.contains_key(*keyword));
    let is_stepped = keywords.contains_key("multipleOf");
    let mut put = |what: String, change: &dyn Fn(&mut Map<String, Value>)| {
        let mut changed = keywords.clone();
        change(&mut changed);
        found.push((what, changed));
    };
    for (keyword, value) in keywords {
        let decides = !is_chosen && (!is_stepped || keyword == "multipleOf");
        if BOUNDS.contains(&&**keyword) && decides {
            for wrong in [stepped(value, 1), stepped(value, -1)].into_iter().flatten() {
                put(format!("{keyword} {wrong} for {value}"), &|changed| {
                    changed.insert(keyword.clone(), wrong.clone());
                });
            }
        }
        if REFUSING.contains(&&**keyword) && refuses(keyword, value) {
            put(format!("no {keyword}"), &|changed| _ = changed.remove(keyword));
        }
    }
    for name in keywords.get("required").and_then(Value::as_array).into_iter().flatten() {
        put(format!("{name} may be left out"), &|changed| {
            let required = changed.get_mut("required").and_then(Value::as_array_mut);
            required.expect("a list").retain(|other| other != name);
        });
    }
    if let Some(most) = keywords.get("maxLength").filter(|_| !keywords.contains_key("pattern")) {
        put("a length in bytes".into(), &|changed| {
            changed.remove("maxLength");
            changed.insert(BYTES.into(), most.clone());
        });
    }
    if keywords.contains_key("type") && !is_chosen && !says_type_elsewhere {
        put("any type".into(), &|changed| _ = changed.remove("type"));
    }
    found
}

/// The next number, if there is one that a validator may be given.
fn stepped(bound: &Value, step: i8) -> Option<Value> {
    let bound = bound.as_number()?;
    let Some(whole) = bound.as_i128() else {
        let bound = bound.as_f64()?;
        return Some(json!(if step > 0 { bound.next_up() } else { bound.next_down() }));
    };
    Number::from_i128(whole + i128::from(step)).map(Value::Number)
}

#[test]
#[cfg_attr(debug_assertions, ignore = "it takes minutes without optimization")]
fn whatever_is_wrong_with_a_schema_shows() {
    let found = on_every_core(&Options::from_env(), &|trial, wire| async move {
        // What a schema says less, such a type may say instead.
        let found =
            if trial.animal.is_narrower() { (0, vec![]) } else { trial.unnoticed(&wire).await };
        (found, wire)
    });
    let noticed: usize = found.iter().map(|(noticed, _)| noticed).sum();
    println!("{noticed} wrong schemas were noticed");
    let missed: Vec<_> = found.into_iter().flat_map(|(_, missed)| missed).collect();
    assert!(missed.is_empty(), "{} were not:\n{}", missed.len(), missed.join("\n"));
}
