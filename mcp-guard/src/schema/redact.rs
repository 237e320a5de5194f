//! Results of which a part is for callers with a scope: what is published of that, and the part
//! taken out.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::{Map, Value, json};

use super::{apart::members, resolved};
use crate::tool::RedactSpec;

/// How deep a path is followed into alternatives and lists within one another.
const DEEPEST: u32 = 32;

/// A step of a way into a result. Lists are gone through without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// To a member.
    Member(String),
    /// To each value of a map, which may have named members of its own besides.
    Values {
        /// Those. Where the way leads into them as well, there is another to each.
        besides: BTreeSet<String>,
    },
}

/// A way to a member, from the result inwards. A path has several where there are alternatives.
pub(crate) type Route = Vec<Step>;

/// Publishes that a member may be left out, and gives the ways to it. The schema says so wherever the
/// path leads.
///
/// # Errors
/// Where the path leads nowhere: what to write.
pub(super) fn let_out(schema: &mut Value, redaction: &RedactSpec) -> Result<Vec<Route>, String> {
    let definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    let root = Map::from_iter([("$defs".into(), Value::Object(definitions))]);
    let relaxing = Relaxing { root: &root, scope: redaction.scope, routes: RefCell::default() };
    match relaxing.at(schema, redaction.path, &Way::default()) {
        Some(relaxed) => {
            *schema = relaxed;
            Ok(relaxing.routes.into_inner().into_iter().collect())
        }
        None => Err(format!(
            "`redact({})` names no member of its result: write the names as they are on the wire, \
             from the result inwards, such as `redact(card.number, scope = \"{}\")`",
            redaction.path.join("."),
            redaction.scope
        )),
    }
}

/// Takes out every member at the end of a route. Lists are gone through.
pub(super) fn take_out(value: &mut Value, route: &[Step]) {
    match (value, route) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| take_out(item, route)),
        (Value::Object(members), [Step::Member(last)]) => {
            members.remove(last);
        }
        (Value::Object(members), [Step::Member(first), rest @ ..]) => {
            if let Some(member) = members.get_mut(first) {
                take_out(member, rest);
            }
        }
        (Value::Object(members), [Step::Values { besides }, rest @ ..]) => {
            let values = members.iter_mut().filter(|(name, _)| !besides.contains(*name));
            values.for_each(|(_, value)| take_out(value, rest));
        }
        _ => {}
    }
}

/// How one has come to a part of a schema.
#[derive(Default)]
struct Way {
    steps: Route,
    /// How many schemas have been gone into.
    depth: u32,
}

impl Way {
    /// Into an alternative, or an item.
    fn deeper(&self) -> Self {
        Self { steps: self.steps.clone(), depth: self.depth + 1 }
    }

    fn then(&self, step: Step) -> Self {
        let mut deeper = self.deeper();
        deeper.steps.push(step);
        deeper
    }
}

struct Relaxing<'a> {
    root: &'a Map<String, Value>,
    scope: &'a str,
    /// The ways to the member that have been found.
    routes: RefCell<BTreeSet<Route>>,
}

impl Relaxing<'_> {
    /// The schema with the member optional, or nothing where the path leads nowhere. What it refers to
    /// is written in its place: the same type elsewhere stays as it is.
    fn at(&self, schema: &Value, path: &[&str], way: &Way) -> Option<Value> {
        if way.depth == DEEPEST {
            return None;
        }
        let mut own = self.written_out(schema)?;
        let mut found = false;
        for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
            if let Some(Value::Array(parts)) = own.get_mut(keyword) {
                for part in parts {
                    found |= self.put(part, path, &way.deeper());
                }
            }
        }
        if found && let Some(forms) = own.remove("oneOf") {
            // Without the member, a value may fit several of them.
            own.insert("anyOf".into(), forms);
        }
        if let Some(items) = own.get_mut("items") {
            found |= self.put(items, path, &way.deeper());
        }
        found |= self.in_values(&mut own, path, way);
        found |= self.in_members(&mut own, path, way);
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

    fn put(&self, part: &mut Value, path: &[&str], way: &Way) -> bool {
        let relaxed = self.at(part, path, way);
        let found = relaxed.is_some();
        if let Some(relaxed) = relaxed {
            *part = relaxed;
        }
        found
    }

    /// In the values of a map: whatever their keys are, the path does not name them.
    fn in_values(&self, schema: &mut Map<String, Value>, path: &[&str], way: &Way) -> bool {
        let values = way.then(Step::Values { besides: members(schema) });
        let mut found = false;
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            if let Some(others) = schema.get_mut(keyword) {
                found |= self.put(others, path, &values);
            }
        }
        if let Some(Value::Object(patterns)) = schema.get_mut("patternProperties") {
            for others in patterns.values_mut() {
                found |= self.put(others, path, &values);
            }
        }
        if found {
            self.in_named_values(schema, path, way);
        }
        found
    }

    /// In the named members of a map. A key that is known beforehand, as one of an enum that has others as
    /// well, is described by its name, and may be one of the map's all the same.
    fn in_named_values(&self, schema: &mut Map<String, Value>, path: &[&str], way: &Way) {
        let Some(Value::Object(named)) = schema.get_mut("properties") else { return };
        for (name, member) in named {
            self.put(member, path, &way.then(Step::Member(name.clone())));
        }
    }

    fn in_members(&self, schema: &mut Map<String, Value>, path: &[&str], way: &Way) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let Some(member) = properties.and_then(|properties| properties.get_mut(*first)) else {
            return false;
        };
        let way = way.then(Step::Member((*first).into()));
        if !rest.is_empty() {
            return self.put(member, rest, &way);
        }
        self.describe(member);
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| name != first);
        }
        self.routes.borrow_mut().insert(way.steps);
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
    use std::collections::BTreeMap;

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

    /// A card, or cards by their names.
    #[derive(Serialize, JsonSchema)]
    #[serde(untagged)]
    enum Mixed {
        One(Card),
        Several(BTreeMap<String, Card>),
    }

    #[derive(Serialize, JsonSchema)]
    struct Beside {
        name: String,
        #[serde(flatten)]
        others: BTreeMap<String, Card>,
    }

    /// A card that has been looked at: to a schema, nothing but another name.
    #[derive(Serialize, JsonSchema)]
    struct Verified(Card);

    #[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Slot {
        Main,
        Backup,
        #[serde(untagged)]
        Other(String),
    }

    /// Cards by their names, beside members that depend on the kind.
    #[derive(Serialize, JsonSchema)]
    struct Wallet {
        #[serde(flatten)]
        method: Method,
        #[serde(flatten)]
        others: BTreeMap<String, Card>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Account {
        card: Option<Card>,
        verified: Verified,
        by_slot: BTreeMap<Slot, Card>,
        wallet: Wallet,
        cards: Vec<Card>,
        methods: Vec<Method>,
        by_name: BTreeMap<String, Card>,
        by_id: BTreeMap<u8, Vec<Card>>,
        mixed: [Mixed; 2],
        beside: Beside,
        holder: String,
    }

    fn account() -> Value {
        let card = || Card { number: "4242".into(), last4: "42".into() };
        let by_name = || BTreeMap::from([("number".into(), card()), ("main".into(), card())]);
        let methods = vec![Method::Card(card()), Method::Other { number: "4242".into() }];
        let slots = [Slot::Main, Slot::Backup, Slot::Other("third".into())];
        let account = Account {
            card: Some(card()),
            verified: Verified(card()),
            by_slot: slots.into_iter().map(|slot| (slot, card())).collect(),
            wallet: Wallet {
                method: Method::Card(card()),
                others: BTreeMap::from([("a".into(), card())]),
            },
            cards: vec![card(), card()],
            methods,
            by_name: by_name(),
            by_id: BTreeMap::from([(7, vec![card()])]),
            mixed: [Mixed::One(card()), Mixed::Several(BTreeMap::from([("a".into(), card())]))],
            beside: Beside { name: "n".into(), others: BTreeMap::from([("a".into(), card())]) },
            holder: "h".into(),
        };
        serde_json::to_value(account).expect("JSON")
    }

    fn schema(redactions: &[RedactSpec]) -> Result<ResultSchema, Vec<String>> {
        ResultSchema::new(of_value::<Account>(), redactions)
    }

    const fn redaction(path: &'static [&'static str]) -> RedactSpec {
        RedactSpec { path, scope: "pii" }
    }

    #[test]
    fn what_is_left_fits_what_is_published_wherever_the_member_is() {
        for path in [
            &["holder"][..],
            &["card", "number"],
            &["verified", "number"],
            &["by_slot", "number"],
            &["wallet", "number"],
            &["cards", "number"],
            &["methods", "number"],
            &["methods", "kind"],
            &["by_name", "number"],
            &["by_id", "number"],
            &["mixed", "number"],
            &["beside", "number"],
        ] {
            let schema = schema(&[redaction(path)]).expect("a schema");
            let published = Value::Object(Map::clone(schema.published()));
            let fits = jsonschema::draft202012::new(&published).expect("a schema");
            let mut result = account();
            let envelope = |result: &Value| json!({"status": "ok", "result": result});
            assert!(fits.is_valid(&envelope(&result)), "{path:?}");
            schema.take_out(&mut result, 0);
            assert_ne!(result, account(), "{path:?}");
            assert!(fits.is_valid(&envelope(&result)), "{path:?}: {result}");
            assert!(published.to_string().contains("without the scope `pii`"), "{path:?}");
        }
    }

    #[test]
    fn no_item_of_a_list_and_no_value_of_a_map_keeps_it() {
        let paths: [&'static [&'static str]; 10] = [
            &["card", "number"],
            &["verified", "number"],
            &["by_slot", "number"],
            &["wallet", "number"],
            &["cards", "number"],
            &["methods", "number"],
            &["by_name", "number"],
            &["by_id", "number"],
            &["mixed", "number"],
            &["beside", "number"],
        ];
        let redactions = paths.map(redaction);
        let schema = schema(&redactions).expect("a schema");
        let mut result = account();
        (0..paths.len()).for_each(|place| schema.take_out(&mut result, place));
        assert!(!result.to_string().contains("4242"), "{result}");
        assert!(result.to_string().contains("last4"), "{result}");
    }

    /// The keys are the data's own: the path's name is not taken for one of them.
    #[test]
    fn a_value_whose_key_is_the_member_s_name_stays() {
        let schema = schema(&[redaction(&["by_name", "number"])]).expect("a schema");
        let mut result = account();
        schema.take_out(&mut result, 0);
        assert_eq!(result["by_name"]["number"], json!({"last4": "42"}));
    }

    #[test]
    fn the_same_type_elsewhere_stays_as_it_is() {
        let card = schema(&[redaction(&["card", "number"])]).expect("a schema");
        let published = Value::Object(Map::clone(card.published()));
        let fits = jsonschema::draft202012::new(&published).expect("a schema");
        let mut result = account();
        schema(&[redaction(&["cards", "number"])]).expect("a schema").take_out(&mut result, 0);
        assert!(!fits.is_valid(&json!({"status": "ok", "result": result})));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_a_mistake() {
        for path in [
            &["cart"][..],
            &["card", "nummer"],
            &["holder", "name"],
            &["cards", "0"],
            &["by_name", "main"],
        ] {
            let Err(mistakes) = schema(&[redaction(path)]) else { panic!("{path:?}") };
            assert!(mistakes[0].contains(&path.join(".")), "{mistakes:?}");
        }
    }
}
