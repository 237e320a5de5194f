//! Untagged forms whose members stand beside others. serde takes the first form that fits, and drops what
//! only another form knows; closed around all of them, an object could have the members of several.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{forms, properties};

/// Lets each form of an object refuse the members that only other forms know.
pub(super) fn keep_apart(object: &mut Map<String, Value>) {
    let own: BTreeSet<String> = properties(object).map(|(name, _)| name.clone()).collect();
    let Some(Value::Array(forms)) = object.get_mut("anyOf") else { return };
    let forms_members = |form: &Value| form.as_object().map(members).unwrap_or_default();
    let names: Vec<BTreeSet<String>> = forms.iter().map(forms_members).collect();
    for (index, form) in forms.iter_mut().enumerate() {
        let Some(form) = form.as_object_mut() else { continue };
        let known = |name: &&String| names[index].contains(*name) || own.contains(*name);
        for name in names.iter().flatten().filter(|name| !known(name)) {
            if let Value::Object(members) = form.entry("properties").or_insert_with(|| json!({})) {
                members.insert(name.clone(), json!(false));
            }
        }
    }
}

/// The names of an object's members, wherever it takes them from.
pub(super) fn members(object: &Map<String, Value>) -> BTreeSet<String> {
    let parts = forms(object).filter_map(Value::as_object);
    properties(object).map(|(name, _)| name.clone()).chain(parts.flat_map(members)).collect()
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::schema::{ArgumentsSchema, of_arguments};

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Point {
        x: u8,
        y: u8,
    }

    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Place {
        Labelled { id: u8, label: String },
        Known { id: u8 },
        At(Point),
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Arguments {
        own: Option<u8>,
        #[serde(flatten)]
        place: Place,
    }

    #[test]
    fn members_of_several_forms_do_not_go_together() {
        let schema = ArgumentsSchema::new(of_arguments::<Arguments>(), false, &[], false);
        let schema = schema.expect("a schema");
        for (document, fits) in [
            (json!({"id": 1}), true),
            (json!({"own": 1, "x": 1, "y": 1}), true),
            (json!({"id": 1, "label": "a"}), true),
            (json!({"id": 1, "x": 1, "y": 1}), false),
            (json!({"id": 1, "x": 1}), false),
            (json!({"x": 1, "y": 1, "label": "a"}), false),
            (json!({"own": 1}), false),
        ] {
            assert_eq!(schema.check(&document).is_ok(), fits, "{document}");
        }
    }
}
