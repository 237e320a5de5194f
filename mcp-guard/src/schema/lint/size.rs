//! Sizes: what a model may send without end.

use regex_syntax::hir::Look;
use serde_json::{Map, Value, json};

use super::{Found, Lint, Place, says_type};

/// Formats whose texts are short by their definition.
const SHORT_FORMATS: [&str; 7] = ["date-time", "date", "time", "duration", "uuid", "ipv4", "ipv6"];

/// Keywords that say what a value is. A schema without any of them takes everything.
const SAYS: [&str; 8] = ["type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "properties"];

/// Finds text without a bound, in the arguments of a tool with an effect.
pub(super) fn strings(places: &[Place<'_>], found: &mut Found<'_>) {
    for Place { schema, pointer, .. } in places {
        if !SAYS.iter().any(|keyword| schema.contains_key(*keyword)) {
            found.add(
                Lint::UnboundedString,
                pointer.clone(),
                "it takes any JSON: write a type that says what is meant",
            );
        } else if says_type(schema, "string") && !is_bounded(schema) {
            found.add(
                Lint::UnboundedString,
                pointer.clone(),
                "text of any length reaches the effect: write `#[schemars(length(max = 64))]`, a \
                 `regex(pattern = \"^ord_[0-9]{1,12}$\")`, or an enum",
            );
        }
    }
}

/// Finds lists and maps without a bound.
pub(super) fn arrays(places: &[Place<'_>], found: &mut Found<'_>) {
    for Place { schema, pointer, .. } in places {
        let is_tuple = schema.get("items") == Some(&json!(false));
        if says_type(schema, "array") && !schema.contains_key("maxItems") && !is_tuple {
            found.add(
                Lint::UnboundedArray,
                pointer.clone(),
                "a list of any length: write `#[schemars(length(max = 100))]`",
            );
        }
        let is_map = schema.contains_key("patternProperties")
            || schema.get("additionalProperties").is_some_and(|rest| rest != &json!(false));
        if is_map && !schema.contains_key("maxProperties") {
            found.add(
                Lint::UnboundedArray,
                pointer.clone(),
                "a map with any number of members: write \
                 `#[schemars(extend(\"maxProperties\" = 100))]`, or a struct",
            );
        }
    }
}

fn is_bounded(schema: &Map<String, Value>) -> bool {
    let text = |keyword| schema.get(keyword).and_then(Value::as_str);
    ["maxLength", "enum", "const"].iter().any(|keyword| schema.contains_key(*keyword))
        || text("format").is_some_and(|format| SHORT_FORMATS.contains(&format))
        || text("pattern").is_some_and(has_longest_match)
}

/// Whether the pattern is of the whole text, and a match has a longest length. One that cannot be read
/// is one that cannot be told of.
fn has_longest_match(pattern: &str) -> bool {
    regex_syntax::parse(pattern).is_ok_and(|pattern| {
        let properties = pattern.properties();
        properties.look_set_prefix().contains(Look::Start)
            && properties.look_set_suffix().contains(Look::End)
            && properties.maximum_len().is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_bounds_a_text_if_it_is_of_the_whole_text_and_ends() {
        for pattern in ["^ord_[0-9]{1,12}$", "^(a|bc)$", r"^[^\n]{3}$"] {
            assert!(has_longest_match(pattern), "{pattern}");
        }
        for pattern in
            ["ord_[0-9]{1,12}", "^ord_[0-9]+$", "^a*$", "^a|b$", "^a{3,}$", "^a", "a$", "("]
        {
            assert!(!has_longest_match(pattern), "{pattern}");
        }
    }
}
