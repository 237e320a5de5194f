//! Types that contain themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Found, Lint};
use crate::schema::{definition_name, escape};

/// Finds every definition from which a way leads back to it.
pub(super) fn find(root: &Map<String, Value>, found: &mut Found<'_>) {
    let definitions = root.get("$defs").and_then(Value::as_object).into_iter().flatten();
    let uses: BTreeMap<&str, BTreeSet<String>> =
        definitions.map(|(name, definition)| (name.as_str(), used_by(definition))).collect();
    for name in uses.keys().filter(|name| leads_back(name, &uses)) {
        found.add(
            Lint::RecursiveSchema,
            format!("/inputSchema/$defs/{}", escape(name)),
            format!(
                "`{name}` contains itself: write a list of parts that name their parents, or a type \
                 for each level"
            ),
        );
    }
    // Only the root itself is called `#`.
    if used_by(&Value::Object(root.clone())).contains("#") {
        found.add(
            Lint::RecursiveSchema,
            "/inputSchema",
            "the arguments contain themselves: write a type for each level",
        );
    }
}

fn used_by(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Object(keywords) => {
            let own = keywords.get("$ref").and_then(Value::as_str);
            let own = own.map(|name| definition_name(name).unwrap_or_else(|| name.to_owned()));
            own.into_iter().chain(keywords.values().flat_map(used_by)).collect()
        }
        Value::Array(parts) => parts.iter().flat_map(used_by).collect(),
        _ => BTreeSet::new(),
    }
}

fn leads_back(name: &str, uses: &BTreeMap<&str, BTreeSet<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<&str> = vec![name];
    while let Some(next) = ahead.pop() {
        for used in uses.get(next).into_iter().flatten() {
            if used == name {
                return true;
            }
            if seen.insert(used.as_str()) {
                ahead.push(used);
            }
        }
    }
    false
}
