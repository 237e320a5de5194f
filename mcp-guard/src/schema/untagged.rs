//! Forms of an untagged enum that would swallow one another. serde takes the first form that fits,
//! and one that ignores unknown members fits what was meant for a later form: members that the
//! schema accepts would be dropped without a word.

use super::{properties, resolved};
use serde_json::{Map, Value};

/// Refuses a schema in which a form would take what is meant for a later one and drop a part of it.
pub(super) fn refuse_swallowing(root: &Map<String, Value>) -> Result<(), String> {
    refuse_in(root, root)
}

fn refuse_in(schema: &Map<String, Value>, root: &Map<String, Value>) -> Result<(), String> {
    if let Some(Value::Array(forms)) = schema.get("anyOf") {
        let forms: Vec<&Map<String, Value>> =
            forms.iter().filter_map(|form| resolved(root, form)).collect();
        for (index, form) in forms.iter().enumerate() {
            for later in &forms[index + 1..] {
                if let Some(dropped) = swallowed(form, later) {
                    return Err(mistake(form, dropped));
                }
            }
        }
    }
    schema.values().try_for_each(|value| refuse_in_value(value, root))
}

fn refuse_in_value(value: &Value, root: &Map<String, Value>) -> Result<(), String> {
    match value {
        Value::Object(schema) => refuse_in(schema, root),
        Value::Array(parts) => parts.iter().try_for_each(|part| refuse_in_value(part, root)),
        _ => Ok(()),
    }
}

fn mistake(form: &Map<String, Value>, dropped: &str) -> String {
    let members: Vec<String> = names(form).map(|name| format!("`{name}`")).collect();
    format!(
        "the untagged form with {} would take what is meant for a later form and drop its \
         `{dropped}`: put the later form first, or add `#[serde(deny_unknown_fields)]` to the \
         earlier one",
        if members.is_empty() { "no members".into() } else { members.join(", ") }
    )
}

/// A member of the later form that is dropped where the form takes what was meant for it.
fn swallowed<'s>(form: &Map<String, Value>, later: &'s Map<String, Value>) -> Option<&'s str> {
    let ignores_unknown = form.get("type").is_some_and(|kind| kind == "object")
        && !form.contains_key("additionalProperties")
        && !form.contains_key("unevaluatedProperties");
    let fits = || {
        required(form).all(|name| {
            let (wanted, sent) = (property(form, name), property(later, name));
            sent.is_some_and(|sent| wanted.is_none_or(|wanted| may_be_both(wanted, sent)))
        })
    };
    if !ignores_unknown || !fits() {
        return None;
    }
    names(later).find(|name| property(form, name).is_none())
}

/// Whether a value may fit both: not if they are other constants or of other types.
fn may_be_both(one: &Value, other: &Value) -> bool {
    let differ = |keyword: &str| {
        let (one, other) = (one.get(keyword), other.get(keyword));
        one.zip(other)
            .is_some_and(|(one, other)| one.is_string() && other.is_string() && one != other)
    };
    !differ("const") && !differ("type")
}

fn names(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    properties(schema).map(|(name, _)| name.as_str())
}

fn property<'s>(schema: &'s Map<String, Value>, name: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(name)
}

fn required(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let required = schema.get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Whole {
        order: String,
    }

    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Swallowing {
        Whole(Whole),
        Part { order: String, cents: Option<u64> },
    }

    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Ordered {
        Part { order: String, cents: u64 },
        Whole(Whole),
        Text(String),
    }

    #[derive(JsonSchema)]
    #[serde(untagged, deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Denying {
        Whole { order: String },
        Part { order: String, cents: u64 },
    }

    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Apart {
        Number { order: u64 },
        Text { order: String, cents: u64 },
        Other { name: String },
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Arguments<T> {
        list: Vec<Option<T>>,
    }

    fn refused<T: JsonSchema>() -> Option<String> {
        let mut schema = crate::schema::of_arguments::<Arguments<T>>();
        refuse_swallowing(schema.ensure_object()).err()
    }

    #[test]
    fn a_form_that_swallows_a_later_one_is_refused_and_named() {
        let mistake = refused::<Swallowing>().expect("refused");
        for part in ["with `order`", "drop its `cents`", "deny_unknown_fields"] {
            assert!(mistake.contains(part), "{mistake}");
        }
    }

    #[test]
    fn forms_that_are_told_apart_are_not() {
        assert_eq!(refused::<Ordered>(), None);
        assert_eq!(refused::<Denying>(), None);
        assert_eq!(refused::<Apart>(), None);
    }
}
