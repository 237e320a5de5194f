//! What a published schema says, asked of a validator that the guard has no part in.

use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Number, Value};

/// Marks an integer's schema; the value says whether the type has a sign.
const EXACT: &str = "x-exact";

/// A tool's published schema, with what JSON Schema leaves open said about integers.
pub(crate) struct Oracle {
    validator: Validator,
    closed: Validator,
}

impl Oracle {
    pub(crate) fn of(published: &Value) -> Self {
        let mut exact = published.clone();
        mark_integers(&mut exact);
        Self { validator: compiled(&exact), closed: compiled(published) }
    }

    /// Whether the guard must accept a document.
    pub(crate) fn accepts(&self, document: &Value) -> bool {
        self.validator.is_valid(document)
    }

    /// What JSON Schema alone says of it.
    pub(crate) fn schema_alone(&self, document: &Value) -> bool {
        self.closed.is_valid(document)
    }
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_keyword(EXACT, |_, signed, _| Ok(Box::new(Exact { signed: *signed == true })))
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
        if self.signed { number.is_i64() } else { number.is_u64() }
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
                let unsigned = keywords.get("minimum").is_some_and(Value::is_u64);
                keywords.insert(EXACT.into(), (!unsigned).into());
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(mark_integers),
        _ => {}
    }
}
