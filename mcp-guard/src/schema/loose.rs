//! Types of other crates that schemars publishes looser than they are read, said exactly.

use serde_json::{Map, Value, json};

/// What schemars writes for a decimal number that is read, and what is taken: the text alone, as JSON's
/// numbers are floats to most who write them, and so short that no decimal type rounds it.
pub(super) const DECIMAL: &str = r"^-?\d+(\.\d+)?([eE]\d+)?$";
const EXACT_DECIMAL: &str = r"^-?[0-9]+(\.[0-9]+)?$";
const DECIMAL_LENGTH: u8 = 28;

/// Says exactly what a schema of such a type means. Anything else is left as it is.
pub(super) fn tighten(schema: &mut Map<String, Value>) {
    say_which_address(schema);
    write_decimal_out(schema);
}

/// `ip` is no format of JSON Schema; those of the two versions are.
fn say_which_address(schema: &mut Map<String, Value>) {
    if schema.get("format").is_some_and(|format| format == "ip") && !schema.contains_key("anyOf") {
        schema.remove("format");
        schema.insert("anyOf".into(), json!([{"format": "ipv4"}, {"format": "ipv6"}]));
    }
}

fn write_decimal_out(schema: &mut Map<String, Value>) {
    if schema.get("pattern").is_none_or(|pattern| pattern != DECIMAL) {
        return;
    }
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "number");
        if let [kind] = &**kinds {
            let kind = kind.clone();
            schema.insert("type".into(), kind);
        }
    }
    schema.insert("pattern".into(), EXACT_DECIMAL.into());
    schema.entry("maxLength").or_insert(DECIMAL_LENGTH.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tightened(mut schema: Value) -> Value {
        tighten(schema.as_object_mut().expect("a schema"));
        schema
    }

    #[test]
    fn a_decimal_is_text_that_is_not_rounded() {
        let exact = json!({"type": "string", "pattern": EXACT_DECIMAL, "maxLength": 28});
        assert_eq!(tightened(json!({"type": ["string", "number"], "pattern": DECIMAL})), exact);
        let optional = json!({"type": ["string", "number", "null"], "pattern": DECIMAL});
        assert_eq!(tightened(optional)["type"], json!(["string", "null"]));
    }

    #[test]
    fn a_rule_of_the_user_s_own_stays() {
        let own = json!({"type": ["string", "number"], "pattern": r"^\d{1,6}\.\d{2}$"});
        assert_eq!(tightened(own.clone()), own);
        let shorter = json!({"type": ["string", "number"], "pattern": DECIMAL, "maxLength": 9});
        assert_eq!(tightened(shorter)["maxLength"], 9);
    }

    #[test]
    fn an_address_is_of_one_version_or_the_other() {
        let schema = tightened(json!({"type": ["string", "null"], "format": "ip"}));
        let fits = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .expect("a schema");
        for (sent, taken) in [
            (json!("127.0.0.1"), true),
            (json!("::1"), true),
            (json!(null), true),
            (json!("127.0.0.256"), false),
            (json!("localhost"), false),
        ] {
            assert_eq!(fits.is_valid(&sent), taken, "{sent}");
        }
    }
}
