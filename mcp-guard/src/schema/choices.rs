//! Enums as enums: what schemars writes as alternatives, because each has a doc comment, becomes one
//! `enum` with the comments in its description. Models and strict clients read that better.

use serde_json::{Map, Value, json};

/// Rewrites a schema whose alternatives are all fixed texts. Anything else is left as it is.
pub(super) fn as_enum(schema: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = schema.get("oneOf") else { return };
    let Some(choices) = alternatives.iter().map(Choice::read).collect::<Option<Vec<_>>>() else {
        return;
    };
    let texts: Vec<&str> = choices.iter().flat_map(|choice| choice.texts.clone()).collect();
    let own = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let meanings = choices.iter().filter_map(|choice| match (&*choice.texts, choice.meaning) {
        ([text], Some(meaning)) => Some(format!("- `{text}`: {meaning}")),
        _ => None,
    });
    let description = own.into_iter().chain(meanings).collect::<Vec<_>>().join("\n");
    let texts = json!(texts);
    schema.remove("oneOf");
    schema.insert("type".into(), json!("string"));
    schema.insert("enum".into(), texts);
    if !description.is_empty() {
        schema.insert("description".into(), description.into());
    }
}

/// One alternative: a documented variant, or all those without a comment.
struct Choice<'a> {
    texts: Vec<&'a str>,
    meaning: Option<&'a str>,
}

impl<'a> Choice<'a> {
    fn read(alternative: &'a Value) -> Option<Self> {
        let alternative = alternative.as_object()?;
        let known = ["type", "const", "enum", "description"];
        if !alternative.keys().all(|keyword| known.contains(&keyword.as_str())) {
            return None;
        }
        let texts = match (alternative.get("const"), alternative.get("enum")) {
            (Some(text), None) => vec![text.as_str()?],
            (None, Some(texts)) => {
                texts.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?
            }
            _ => return None,
        };
        Some(Self { texts, meaning: alternative.get("description").and_then(Value::as_str) })
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;

    /// Why.
    #[derive(JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Reason {
        /// It was broken.
        Defect,
        Late,
        Other,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Mixed {
        Plain,
        With { value: u8 },
    }

    fn rewritten<T: JsonSchema>() -> Map<String, Value> {
        let mut schema = crate::schema::of_arguments::<T>().ensure_object().clone();
        as_enum(&mut schema);
        schema
    }

    #[test]
    fn documented_variants_are_an_enum() {
        let schema = rewritten::<Reason>();
        let mut texts = schema["enum"].as_array().expect("an enum").clone();
        texts.sort_by_key(ToString::to_string);
        assert_eq!(texts, ["defect", "late", "other"]);
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["description"], "Why.\n- `defect`: It was broken.");
        assert!(!schema.contains_key("oneOf"));
    }

    #[test]
    fn variants_with_values_are_left_alone() {
        assert!(rewritten::<Mixed>().contains_key("oneOf"));
    }
}
