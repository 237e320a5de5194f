//! What a published schema says, asked of a validator that the guard has no part in.

use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Number, Value};

/// Marks an integer's schema; the value says whether the type has a sign.
const EXACT: &str = "x-exact";

/// Counts a text's bytes, as a wrong validator would.
pub(crate) const BYTES: &str = "x-max-bytes";

/// A tool's published schema, with what JSON Schema leaves open said about integers.
pub(crate) struct Oracle(Validator);

impl Oracle {
    pub(crate) fn of(published: &Value) -> Self {
        let mut exact = published.clone();
        mark_integers(&mut exact);
        Self(compiled(&exact))
    }

    /// What JSON Schema alone says: to it, 5.0 is an integer too.
    pub(crate) fn of_schema_alone(published: &Value) -> Self {
        Self(compiled(published))
    }

    /// Whether the guard must accept a document.
    pub(crate) fn accepts(&self, document: &Value) -> bool {
        self.0.is_valid(document)
    }
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_keyword(EXACT, |_, signed, _| Ok(Box::new(Exact { signed: *signed == true })))
        .with_keyword(BYTES, |_, most, _| Ok(Box::new(Bytes { most: most.as_u64() })))
        .build(schema)
        .expect("a schema")
}

/// An integer is written as one and fits 64 bits. JSON Schema takes 5.0 for an integer too, and knows
/// no widths: the published bounds say the smaller ones.
struct Exact {
    signed: bool,
}

impl Exact {
    fn fits(&self, number: &Number) -> bool {
        if self.signed { number.is_i64() } else { number.is_i64() || number.is_u64() }
    }
}

impl<'i> Keyword<'i> for Exact {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom("not exact")) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_number().is_none_or(|number| self.fits(number))
    }
}

struct Bytes {
    most: Option<u64>,
}

impl<'i> Keyword<'i> for Bytes {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom("too long")) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let length = instance.as_str().and_then(|text| u64::try_from(text.len()).ok());
        length.zip(self.most).is_none_or(|(length, most)| length <= most)
    }
}

fn mark_integers(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let is_integer = match keywords.get("type") {
                Some(Value::String(kind)) => kind == "integer",
                Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "integer"),
                _ => false,
            };
            keywords.values_mut().for_each(mark_integers);
            if is_integer {
                let signed = !reaches_past_i64(keywords);
                keywords.insert(EXACT.into(), signed.into());
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(mark_integers),
        _ => {}
    }
}

/// Whether the published bounds, the 64 bits aside, let in what an `i64` cannot hold.
fn reaches_past_i64(keywords: &serde_json::Map<String, Value>) -> bool {
    let bound = |keyword| keywords.get(keyword).and_then(Value::as_number);
    let ends_later = bound("maximum").is_some_and(|most| most.as_i64().is_none());
    let is_unsigned = bound("minimum").is_some_and(Number::is_u64);
    ends_later || (is_unsigned && bound("maximum").is_none())
}
