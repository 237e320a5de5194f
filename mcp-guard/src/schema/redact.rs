//! Results of which a part is for callers with a scope: what is published of that, and the part
//! taken out.

use serde_json::{Map, Value, json};

use super::resolved;
use crate::tool::RedactSpec;

/// How deep a path is followed into alternatives and lists within one another.
const DEEPEST: u32 = 32;

/// Publishes that a member may be left out. The schema says so wherever the path leads.
///
/// # Errors
/// Where the path leads nowhere: what to write.
pub(super) fn let_out(schema: &mut Value, redaction: &RedactSpec) -> Result<(), String> {
    let definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    let root = Map::from_iter([("$defs".into(), Value::Object(definitions))]);
    let relaxed = Relaxing { root: &root, scope: redaction.scope }.at(schema, redaction.path, 0);
    match relaxed {
        Some(relaxed) => {
            *schema = relaxed;
            Ok(())
        }
        None => Err(format!(
            "`redact({})` names no member of its result: write the names as they are on the wire, \
             from the result inwards, such as `redact(card.number, scope = \"{}\")`",
            redaction.path.join("."),
            redaction.scope
        )),
    }
}

/// Takes out every member at `path`. Lists are gone through.
pub(crate) fn take_out(value: &mut Value, path: &[&str]) {
    match (value, path) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| take_out(item, path)),
        (Value::Object(members), [last]) => {
            members.remove(*last);
        }
        (Value::Object(members), [first, rest @ ..]) => {
            if let Some(member) = members.get_mut(*first) {
                take_out(member, rest);
            }
        }
        _ => {}
    }
}

struct Relaxing<'a> {
    root: &'a Map<String, Value>,
    scope: &'a str,
}

impl Relaxing<'_> {
    /// The schema with the member optional, or nothing where the path leads nowhere. What it refers to
    /// is written in its place: the same type elsewhere stays as it is.
    fn at(&self, schema: &Value, path: &[&str], depth: u32) -> Option<Value> {
        if depth == DEEPEST {
            return None;
        }
        let mut own = self.written_out(schema)?;
        let mut found = false;
        for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
            if let Some(Value::Array(parts)) = own.get_mut(keyword) {
                for part in parts {
                    found |= self.put(part, path, depth);
                }
            }
        }
        if found && let Some(forms) = own.remove("oneOf") {
            // Without the member, a value may fit several of them.
            own.insert("anyOf".into(), forms);
        }
        if let Some(items) = own.get_mut("items") {
            found |= self.put(items, path, depth);
        }
        found |= self.in_members(&mut own, path, depth);
        found.then_some(Value::Object(own))
    }

    /// The schema with what it refers to in it.
    fn written_out(&self, schema: &Value) -> Option<Map<String, Value>> {
        let target = resolved(self.root, schema)?;
        let mut own = schema.as_object()?.clone();
        if own.remove("$ref").is_none() || own.is_empty() {
            return Some(target.clone());
        }
        let target = Value::Object(target.clone());
        match own.entry("allOf").or_insert_with(|| json!([])) {
            Value::Array(parts) => parts.push(target),
            other => *other = json!([target]),
        }
        Some(own)
    }

    fn put(&self, part: &mut Value, path: &[&str], depth: u32) -> bool {
        let relaxed = self.at(part, path, depth + 1);
        let found = relaxed.is_some();
        if let Some(relaxed) = relaxed {
            *part = relaxed;
        }
        found
    }

    fn in_members(&self, schema: &mut Map<String, Value>, path: &[&str], depth: u32) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let Some(member) = properties.and_then(|properties| properties.get_mut(*first)) else {
            return false;
        };
        if !rest.is_empty() {
            return self.put(member, rest, depth);
        }
        self.describe(member);
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| name != first);
        }
        true
    }

    fn describe(&self, member: &mut Value) {
        let told = format!("Left out for callers without the scope `{}`.", self.scope);
        if let Value::Bool(true) = member {
            *member = Value::Object(Map::new());
        }
        let Some(member) = member.as_object_mut() else { return };
        let own = member.get("description").and_then(Value::as_str);
        let told = own.map_or_else(|| told.clone(), |own| format!("{own}\n{told}"));
        member.insert("description".into(), told.into());
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;

    use super::*;
    use crate::schema::{ResultSchema, of_value};

    #[derive(Serialize, JsonSchema)]
    struct Card {
        number: String,
        last4: String,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Method {
        Card(Card),
        Other { number: String },
    }

    #[derive(Serialize, JsonSchema)]
    struct Account {
        card: Option<Card>,
        cards: Vec<Card>,
        methods: Vec<Method>,
        holder: String,
    }

    fn account() -> Value {
        let card = || Card { number: "4242".into(), last4: "42".into() };
        let methods = vec![Method::Card(card()), Method::Other { number: "5".into() }];
        let account = Account {
            card: Some(card()),
            cards: vec![card(), card()],
            methods,
            holder: "h".into(),
        };
        serde_json::to_value(account).expect("JSON")
    }

    fn published(redactions: &[RedactSpec]) -> Result<Value, Vec<String>> {
        let schema = ResultSchema::new(of_value::<Account>(), redactions)?;
        Ok(Value::Object(Map::clone(schema.published())))
    }

    const fn redaction(path: &'static [&'static str]) -> RedactSpec {
        RedactSpec { path, scope: "pii" }
    }

    #[test]
    fn what_is_left_fits_what_is_published_wherever_the_member_is() {
        for path in [
            &["holder"][..],
            &["card", "number"],
            &["cards", "number"],
            &["methods", "number"],
            &["methods", "kind"],
        ] {
            let redactions = [redaction(path)];
            let schema = published(&redactions).expect("a schema");
            let fits = jsonschema::draft202012::new(&schema).expect("a schema");
            let mut result = account();
            let envelope = |result: &Value| json!({"status": "ok", "result": result});
            assert!(fits.is_valid(&envelope(&result)), "{path:?}");
            take_out(&mut result, path);
            assert_ne!(result, account(), "{path:?}");
            assert!(fits.is_valid(&envelope(&result)), "{path:?}: {result}");
            assert!(schema.to_string().contains("without the scope `pii`"), "{path:?}");
        }
    }

    #[test]
    fn no_item_of_a_list_keeps_it() {
        let mut result = account();
        for path in [&["card", "number"][..], &["cards", "number"], &["methods", "number"]] {
            take_out(&mut result, path);
        }
        assert!(!result.to_string().contains("number"), "{result}");
        assert!(result.to_string().contains("last4"), "{result}");
    }

    #[test]
    fn the_same_type_elsewhere_stays_as_it_is() {
        let schema = published(&[redaction(&["card", "number"])]).expect("a schema");
        let fits = jsonschema::draft202012::new(&schema).expect("a schema");
        let mut result = account();
        take_out(&mut result, &["cards", "number"]);
        assert!(!fits.is_valid(&json!({"status": "ok", "result": result})));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_a_mistake() {
        for path in [&["cart"][..], &["card", "nummer"], &["holder", "name"], &["cards", "0"]] {
            let mistakes = published(&[redaction(path)]).expect_err("a mistake");
            assert!(mistakes[0].contains(&path.join(".")), "{mistakes:?}");
        }
    }
}
