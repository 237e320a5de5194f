//! Results that are a value without a name.

use serde_json::{Map, Value};

use super::{Found, Lint, says_type};
use crate::schema::resolved;

/// Finds a result that is a string, a number or a boolean alone.
pub(super) fn bare(output: &Map<String, Value>, found: &mut Found<'_>) {
    const PLACE: &str = "/oneOf/0/properties/result";
    let whole = Value::Object(output.clone());
    let Some(kind) = whole.pointer(PLACE).and_then(|result| bare_kind(output, result, 0)) else {
        return;
    };
    let lint = if kind == "string" { Lint::BareText } else { Lint::BareResult };
    found.add(
        lint,
        format!("/outputSchema{PLACE}"),
        format!(
            "the result is a {kind} alone, of which nothing says what it is: return a struct, such as \
             `struct Balance {{ balance_cents: i64 }}`"
        ),
    );
}

fn bare_kind(root: &Map<String, Value>, schema: &Value, depth: u8) -> Option<&'static str> {
    let schema = resolved(root, schema).filter(|_| depth < 8)?;
    let own = ["string", "number", "integer", "boolean"];
    let own = own.into_iter().find(|kind| says_type(schema, kind));
    own.or_else(|| {
        let forms = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
        let mut forms = forms.filter(|form| form.get("type").is_none_or(|kind| kind != "null"));
        // `Option<T>`, of which one form is left.
        let (Some(form), None) = (forms.next(), forms.next()) else { return None };
        bare_kind(root, form, depth + 1)
    })
}
