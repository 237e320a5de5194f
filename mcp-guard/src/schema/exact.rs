//! Integers, exactly. To JSON Schema 5.0 is an integer, and it knows no widths. What a type would
//! refuse must be refused with the schema: some of serde's ways (a flattened `Option`, an untagged
//! enum) take another form, or none, where a part of a value does not fit.

use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value, json};

/// Marks the schema of an integer, with its format. Enforced and not published.
pub(super) const EXACT: &str = "x-mcp-guard-exact";

const RULE: &str = "must be an integer of at most 64 bits, written without fraction or exponent";

/// The formats of Rust's signed types that have no published bounds.
const SIGNED: [&str; 3] = ["int64", "int", "isize"];

/// What schemars writes for a map's integer keys, and what serde reads: no zeros in front, and no
/// digits but ASCII's. A key beyond its type's range is refused after the schema.
const KEYS: [(&str, &str); 2] =
    [(r"^\d+$", "^(0|[1-9][0-9]*)$"), (r"^-?\d+$", "^(0|-?[1-9][0-9]*)$")];

/// Formats of types whose bounds schemars leaves to the format's reader, and the bounds.
fn bounds(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "uint32" => (json!(u32::MIN), json!(u32::MAX)),
        "float" => (json!(f64::from(f32::MIN)), json!(f64::from(f32::MAX))),
        // No integer of more than 64 bits is read.
        "int128" => (json!(i64::MIN), json!(u64::MAX)),
        _ => return None,
    })
}

/// Says as bounds what a number's format means, unless the schema has its own.
pub(super) fn bound(schema: &mut Map<String, Value>) {
    let format = schema.get("format").and_then(Value::as_str);
    if let Some((minimum, maximum)) = format.and_then(bounds) {
        schema.entry("minimum").or_insert(minimum);
        schema.entry("maximum").or_insert(maximum);
    }
    // One that starts at zero or above would read as an unsigned one, which ends later.
    if is_signed(schema) && schema.get("minimum").is_some_and(Value::is_u64) {
        schema.entry("maximum").or_insert(json!(i64::MAX));
    }
}

fn is_signed(schema: &Map<String, Value>) -> bool {
    schema.get("format").and_then(Value::as_str).is_some_and(|format| SIGNED.contains(&format))
}

/// Says of a map's integer keys how they are written.
pub(super) fn bound_keys(schema: &mut Map<String, Value>) {
    let Some(Value::Object(patterns)) = schema.get_mut("patternProperties") else { return };
    for (loose, exact) in KEYS {
        if let Some(member) = patterns.remove(loose) {
            patterns.insert(exact.into(), member);
        }
    }
}

/// Marks every integer's schema, at every depth.
pub(super) fn mark(schema: &mut Map<String, Value>) {
    schema.values_mut().for_each(|value| each_object(value, &mut mark));
    if is_integer(schema) {
        let format = schema.get("format").cloned().unwrap_or_default();
        schema.insert(EXACT.into(), format);
    }
}

/// Takes the marks off again.
pub(super) fn unmark(schema: &mut Map<String, Value>) {
    schema.remove(EXACT);
    schema.values_mut().for_each(|value| each_object(value, &mut unmark));
}

fn each_object(value: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(schema) => change(schema),
        Value::Array(parts) => parts.iter_mut().for_each(|part| each_object(part, change)),
        _ => {}
    }
}

fn is_integer(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "integer",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "integer"),
        _ => false,
    }
}

/// The rule behind the mark. It leaves to `type` and to the bounds what they refuse, so that one
/// mistake is told once.
pub(super) struct Exact {
    is_signed: bool,
}

impl Exact {
    /// The rule for a type with this format.
    pub(super) fn of(format: &Value) -> Self {
        Self { is_signed: format.as_str().is_some_and(|format| SIGNED.contains(&format)) }
    }
}

impl<'i> Keyword<'i> for Exact {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom(RULE)) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let Value::Number(number) = instance else { return true };
        let is_whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
        // `-0` is a double, which `arbitrary_precision` alone takes for an integer.
        let is_integer = number.is_i64()
            && !(number.as_i64() == Some(0) && number.as_f64().is_some_and(f64::is_sign_negative));
        let fits = is_integer || (!self.is_signed && number.is_u64());
        !is_whole || fits
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;

    use super::*;
    use crate::schema::ArgumentsSchema;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Numbers {
        #[schemars(range(min = 5))]
        narrow: Option<i32>,
        wide: Option<i64>,
        unsigned: Option<u64>,
        #[schemars(range(min = 1))]
        positive: Option<i64>,
        widest: Option<i128>,
        float: Option<f32>,
        list: Option<Vec<u64>>,
        by_number: Option<BTreeMap<i64, bool>>,
    }

    fn schema() -> ArgumentsSchema {
        let derived = crate::schema::of_arguments::<Numbers>();
        ArgumentsSchema::new(derived, false, &[], false).expect("a schema")
    }

    #[test]
    fn an_integer_is_written_as_one_and_fits_its_type() {
        let schema = schema();
        for (document, fits) in [
            (r#"{"narrow": 5}"#, true),
            (r#"{"narrow": 2147483648}"#, false),
            (r#"{"wide": -9223372036854775808}"#, true),
            (r#"{"wide": 9223372036854775808}"#, false),
            (r#"{"unsigned": 18446744073709551615}"#, true),
            (r#"{"unsigned": 18446744073709551616}"#, false),
            (r#"{"unsigned": 500.0}"#, false),
            (r#"{"wide": 0}"#, true),
            (r#"{"wide": -0}"#, false),
            (r#"{"positive": 9223372036854775807}"#, true),
            (r#"{"positive": 9223372036854775808}"#, false),
            (r#"{"widest": 18446744073709551615}"#, true),
            (r#"{"widest": 18446744073709551616}"#, false),
            (r#"{"list": [1, 2e0]}"#, false),
            (r#"{"by_number": {"0": true, "-10": true}}"#, true),
            (r#"{"by_number": {"01": true}}"#, false),
            (r#"{"by_number": {"-0": true}}"#, false),
            (r#"{"by_number": {"\u0663": true}}"#, false),
            (r#"{"float": 5}"#, true),
            (r#"{"float": 1e300}"#, false),
        ] {
            let document = serde_json::from_str(document).expect("JSON");
            assert_eq!(schema.check(&document).is_ok(), fits, "{document}");
        }
    }

    #[test]
    fn one_mistake_is_told_once() {
        let schema = schema();
        for sent in [json!(5.5), json!(-1), json!("5"), json!(500.0)] {
            let Err(misfit) = schema.check(&json!({ "unsigned": sent })) else {
                panic!("{sent} fits")
            };
            assert_eq!(misfit.message.matches("unsigned").count(), 1, "{}", misfit.message);
        }
    }

    #[test]
    fn bounds_are_published_and_marks_are_not() {
        let schema = schema();
        let narrow = &schema.published()["properties"]["narrow"];
        assert_eq!((&narrow["minimum"], &narrow["maximum"]), (&json!(5), &json!(i32::MAX)));
        assert_eq!(schema.published()["properties"]["positive"]["maximum"], json!(i64::MAX));
        let text = Value::Object(Map::clone(schema.published())).to_string();
        assert!(!text.contains("x-") && !text.contains("format"), "{text}");
    }
}
