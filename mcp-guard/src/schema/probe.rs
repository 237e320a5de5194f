//! Members that serde drops without a word. A flattened `Option` becomes `None` where a part of it is
//! missing or does not fit, and its derived schema lets every part be left out: a call that sends half
//! of it would be accepted, and run without it.
//!
//! No schema tells such a member from one with a default, so serde itself is asked when the guard is
//! built: sent as something that it cannot be, a default's member is refused and a dropped one is not.
//! Where nothing can be made up for serde to read, such a member is refused.

use std::cell::RefCell;

use super::{
    least::{Least, Part, takes_null},
    properties, requires, resolved,
    specimen::TEXTS,
};
use serde_json::{Map, Value, json};

/// What is asked of documents.
pub(super) struct Asked<'a> {
    /// Whether their type reads them.
    pub(super) decodes: &'a dyn Fn(&Value) -> bool,
    /// Whether they fit the schema.
    pub(super) fits: &'a dyn Fn(&Value) -> bool,
}

/// Refuses a schema with a member that is dropped where it does not fit, or of which that cannot be found
/// out.
pub(super) fn refuse_dropping(root: &Map<String, Value>, asked: &Asked<'_>) -> Result<(), String> {
    let probe = Probe { root, least: Least { root }, asked, seen: RefCell::default() };
    probe.inside(root, &|document| document)
}

/// Puts a value in its place in the arguments.
type Place<'p> = &'p dyn Fn(Value) -> Value;

struct Probe<'a> {
    root: &'a Map<String, Value>,
    least: Least<'a>,
    asked: &'a Asked<'a>,
    /// The schemas that have been probed: one that refers to itself ends here.
    seen: RefCell<Vec<*const Map<String, Value>>>,
}

impl Probe<'_> {
    /// Probes the objects that a value is, or has in it.
    fn inside(&self, schema: &Map<String, Value>, place: Place<'_>) -> Result<(), String> {
        let identity = std::ptr::from_ref(schema);
        if self.seen.borrow().contains(&identity) {
            return Ok(());
        }
        self.seen.borrow_mut().push(identity);
        self.members(schema, place)?;
        self.items(schema, place)?;
        self.values(schema, place)?;
        self.parts(schema, place)
    }

    fn members(&self, schema: &Map<String, Value>, place: Place<'_>) -> Result<(), String> {
        if !schema.contains_key("properties") {
            return Ok(());
        }
        let least = self.least.object(schema, Part::None);
        let is_read = (self.asked.decodes)(&place(Value::Object(least.clone())));
        for (name, member) in properties(schema) {
            let with = |value: Value| {
                let mut object = least.clone();
                object.insert(name.clone(), value);
                place(Value::Object(object))
            };
            let Some(resolved) = resolved(self.root, member) else { continue };
            if may_be_dropped(schema, name, resolved) {
                self.probe(schema, name, is_read, &with)?;
            }
            self.inside(resolved, &with)?;
        }
        Ok(())
    }

    /// Sends a member as what it cannot be. What another form takes then is not dropped.
    fn probe(
        &self,
        schema: &Map<String, Value>,
        name: &str,
        is_read: bool,
        with: Place<'_>,
    ) -> Result<(), String> {
        if !is_read {
            // The arguments themselves are a type of the macro's, which flattens nothing.
            return if std::ptr::eq(schema, self.root) { Ok(()) } else { Err(unprobed(name)) };
        }
        let mut unfit =
            unfit().map(with).into_iter().filter(|sent| !(self.asked.fits)(sent)).peekable();
        let is_dropped = unfit.peek().is_some() && unfit.all(|sent| (self.asked.decodes)(&sent));
        if is_dropped { Err(mistake(name)) } else { Ok(()) }
    }

    fn items(&self, schema: &Map<String, Value>, place: Place<'_>) -> Result<(), String> {
        let first = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        let least = self.least.list(schema);
        for (index, item) in first.chain(schema.get("items")).enumerate() {
            let Some(item) = resolved(self.root, item) else { continue };
            let with = |value: Value| {
                let mut items = least.clone();
                items.truncate(index);
                items.push(value);
                items.extend(least.iter().skip(index + 1).cloned());
                place(Value::Array(items))
            };
            self.inside(item, &with)?;
        }
        Ok(())
    }

    /// The values of a map, under a key that it reads.
    fn values(&self, schema: &Map<String, Value>, place: Place<'_>) -> Result<(), String> {
        let others = ["additionalProperties", "unevaluatedProperties"].into_iter();
        let others = others.filter_map(|keyword| schema.get(keyword));
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for values in others.chain(patterns.into_iter().flat_map(Map::values)) {
            let Some(values) = resolved(self.root, values) else { continue };
            let least = self.least.object(schema, Part::None);
            let at = |key: &str, value: Value| {
                let mut object = least.clone();
                object.insert(key.into(), value);
                place(Value::Object(object))
            };
            let is_read = |key: &&str| (self.asked.decodes)(&at(key, self.least.of(values)));
            let key = TEXTS.into_iter().find(is_read).unwrap_or(TEXTS[0]);
            self.inside(values, &|value| at(key, value))?;
        }
        Ok(())
    }

    /// The parts of a value that is composed of several, or has several forms.
    fn parts(&self, schema: &Map<String, Value>, place: Place<'_>) -> Result<(), String> {
        for keyword in ["allOf", "oneOf", "anyOf"] {
            let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            for (index, part) in parts.enumerate() {
                let Some(part) = resolved(self.root, part) else { continue };
                let of = if keyword == "allOf" { Part::All(index) } else { Part::Form(keyword) };
                let beside = self.least.object(schema, of);
                let with = |value: Value| match value {
                    Value::Object(members) => {
                        place(Value::Object(beside.clone().into_iter().chain(members).collect()))
                    }
                    other => place(other),
                };
                self.inside(part, &with)?;
            }
        }
        Ok(())
    }
}

/// Whether a member may be left out, and neither `null` nor a default says what it is then.
fn may_be_dropped(object: &Map<String, Value>, name: &str, member: &Map<String, Value>) -> bool {
    let says_type = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "properties"]
        .iter()
        .any(|keyword| member.contains_key(*keyword));
    let has_default = object["properties"][name].get("default").is_some();
    says_type && !requires(object, name) && !has_default && !takes_null(member)
}

/// Values of every type, in shapes that no argument has by chance.
fn unfit() -> [Value; 5] {
    [json!([[[null]]]), json!({"": [[null]]}), json!(""), json!(-0.5), json!(true)]
}

fn mistake(name: &str) -> String {
    format!(
        "serde drops the member `{name}` without a word where it or a member beside it does not fit, \
         as it does in a flattened `Option`: write it without `#[serde(flatten)]`, as a member of its \
         own"
    )
}

fn unprobed(name: &str) -> String {
    format!(
        "it cannot be found out whether serde drops the member `{name}` without a word, as it does in a \
         flattened `Option`, because nothing can be made up that is read in the place of what is required \
         beside it: give that an example, such as `#[schemars(example = \"ord_8821\")]`, or let \
         `{name}` be required, an `Option`, or have a default that schemars can publish"
    )
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        net::{IpAddr, SocketAddr},
    };

    use schemars::JsonSchema;
    use serde::{Deserialize, de::DeserializeOwned};

    use crate::schema::ArgumentsSchema;

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Range {
        from: u64,
        to: u64,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Dropping {
        own: String,
        #[serde(flatten)]
        range: Option<Range>,
    }

    /// Not `Serialize`: schemars cannot publish its default.
    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        #[default]
        Slow,
        Fast,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Fine {
        own: (u8, [i64; 3], Option<Range>),
        #[serde(flatten)]
        range: Range,
        #[serde(default)]
        mode: Mode,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<String>,
        deeper: Vec<Fine>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Arguments<T> {
        value: T,
    }

    /// Of two forms, the first drops what is not all there.
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    enum Forms {
        Window {
            name: String,
            #[serde(flatten)]
            range: Option<Range>,
        },
        Number(u64),
        Day {
            day: u8,
        },
    }

    /// What the first form refuses, the second one takes as it is.
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged, deny_unknown_fields)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    enum Free {
        Known {
            name: String,
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            list: Vec<String>,
        },
        Any(serde_json::Value),
    }

    #[derive(Deserialize, JsonSchema)]
    #[schemars(inline)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Inlined {
        #[serde(flatten)]
        range: Option<Range>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Beside<A, T> {
        beside: A,
        value: T,
    }

    /// Text that a type of its own reads, which tells of it what a model can send.
    #[derive(Deserialize, JsonSchema)]
    #[serde(try_from = "String")]
    #[schemars(extend("pattern" = "^ord_[0-9]{4}$"))]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct OrderId(String);

    impl TryFrom<String> for OrderId {
        type Error = &'static str;

        fn try_from(text: String) -> Result<Self, Self::Error> {
            let number = text.strip_prefix("ord_").filter(|number| number.len() == 4);
            number.ok_or("no order").map(|number| Self(number.to_owned()))
        }
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only what it reads is wanted")]
    struct Told<T> {
        #[schemars(example = "127.0.0.1:80")]
        address: SocketAddr,
        value: T,
    }

    fn refused<T: JsonSchema + DeserializeOwned>() -> Option<String> {
        let derived = crate::schema::of_arguments::<Arguments<T>>();
        let schema = ArgumentsSchema::new(derived, true, &[], false).expect("a schema");
        let reads = |document| serde_json::from_value::<Arguments<T>>(document).is_ok();
        schema.refuse_dropping(&reads).err()
    }

    #[test]
    fn a_flattened_option_is_refused_wherever_it_is() {
        for mistake in [
            refused::<Dropping>(),
            refused::<Vec<Dropping>>(),
            refused::<Option<Dropping>>(),
            refused::<(u8, Dropping)>(),
            refused::<Option<(u8, Dropping)>>(),
            refused::<[Dropping; 3]>(),
            refused::<BTreeMap<String, Dropping>>(),
            refused::<BTreeMap<u64, Vec<Dropping>>>(),
            refused::<BTreeMap<IpAddr, Dropping>>(),
            refused::<Option<Inlined>>(),
            refused::<Forms>(),
        ] {
            let mistake = mistake.expect("refused");
            assert!(mistake.contains("drops the member `from`"), "{mistake}");
        }
    }

    /// What is required beside it is made up, of its format, its pattern or its example.
    #[test]
    fn a_flattened_option_is_refused_whatever_stands_beside_it() {
        for mistake in [
            refused::<Beside<IpAddr, Dropping>>(),
            refused::<Beside<OrderId, Vec<Dropping>>>(),
            refused::<Beside<[OrderId; 2], Dropping>>(),
            refused::<Told<Dropping>>(),
        ] {
            let mistake = mistake.expect("refused");
            assert!(mistake.contains("drops the member `from`"), "{mistake}");
        }
    }

    #[test]
    fn where_nothing_can_be_made_up_what_may_be_dropped_is_refused() {
        for mistake in [
            refused::<Beside<SocketAddr, Dropping>>(),
            refused::<Beside<SocketAddr, (u8, Vec<Option<Dropping>>)>>(),
        ] {
            let mistake = mistake.expect("refused");
            for part in ["cannot be found out", "`from`", "schemars(example"] {
                assert!(mistake.contains(part), "{mistake}");
            }
        }
        assert_eq!(refused::<Beside<SocketAddr, Range>>(), None);
    }

    #[test]
    fn what_may_be_left_out_is_not() {
        assert_eq!(refused::<Fine>(), None);
        assert_eq!(refused::<Option<Fine>>(), None);
        assert_eq!(refused::<Free>(), None);
        assert_eq!(refused::<Told<Fine>>(), None);
    }
}
