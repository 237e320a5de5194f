//! The schema of a tool's results: what is published of it, and what results are held to.

use std::sync::Arc;

use jsonschema::Validator;
use schemars::Schema;
use serde_json::{Map, Value};

use super::{
    close::tidy_all,
    explain::rule,
    output::{envelope_schema, name_root},
    redact::{Route, let_out, take_out},
};
use crate::tool::RedactSpec;

/// The schema of a tool's results.
pub(crate) struct ResultSchema {
    published: Arc<Map<String, Value>>,
    validator: Validator,
    /// Of each redaction: the ways to what is taken out.
    routes: Vec<Vec<Route>>,
}

impl ResultSchema {
    /// Compiles what schemars derived, and publishes of each redaction's member that it may be
    /// missing. What cannot be done is a mistake.
    pub(crate) fn new(derived: Schema, redactions: &[RedactSpec]) -> Result<Self, Vec<String>> {
        let mut value = derived.to_value();
        if let Value::Object(schema) = &mut value {
            for noise in ["$schema", "title"] {
                schema.remove(noise);
            }
            name_root(schema);
            tidy_all(schema);
        }
        let validator = jsonschema::draft202012::options()
            .offline()
            .build(&value)
            .map_err(|error| vec![format!("its result's schema cannot be checked: {error}")])?;
        let (mut routes, mut mistakes) = (Vec::new(), Vec::new());
        for redaction in redactions {
            match let_out(&mut value, redaction) {
                Ok(found) => routes.push(found),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self { published: Arc::new(envelope_schema(value)), validator, routes })
    }

    /// The schema of every answer, as clients see it.
    pub(crate) fn published(&self) -> &Arc<Map<String, Value>> {
        &self.published
    }

    /// Takes out of a result what the tool's redaction at `place` withholds.
    pub(crate) fn take_out(&self, result: &mut Value, place: usize) {
        for route in self.routes.get(place).into_iter().flatten() {
            take_out(result, route);
        }
    }

    /// Where a result does not fit, and which rule it breaks. Never the value.
    pub(crate) fn misfits(&self, result: &Value) -> Vec<String> {
        let errors = self.validator.iter_errors(result);
        errors.map(|error| format!("{} {}", place(&error), rule(error.kind(), &error))).collect()
    }
}

fn place(error: &jsonschema::ValidationError<'_>) -> String {
    match error.instance_path().as_str() {
        "" => "the result".into(),
        pointer => pointer.into(),
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Receipt {
        #[schemars(length(max = 8))]
        receipt_id: String,
        amount_cents: u64,
    }

    #[test]
    fn a_misfit_is_told_by_place_and_rule_and_not_by_value() {
        let schema =
            ResultSchema::new(crate::schema::of_value::<Receipt>(), &[]).expect("a schema");
        assert_eq!(schema.misfits(&json!({"receipt_id": "re_1", "amount_cents": 5})), [""; 0]);
        let misfits = schema.misfits(&json!({"receipt_id": "CANARY-too-long", "amount_cents": -5}));
        let told = misfits.join("; ");
        assert!(told.contains("/receipt_id must have at most 8 characters"), "{told}");
        assert!(told.contains("/amount_cents must be at least 0"), "{told}");
        assert!(!told.contains("CANARY") && !told.contains("-5"), "{told}");
    }
}
