//! What a model might make of a document that fits.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value, json};

use super::{
    chance::Chance,
    texts::{of_format, varied},
};

/// Integers at the edges of what Rust's types and other languages' numbers hold.
fn edges() -> Vec<Value> {
    let powers = [7, 8, 15, 16, 31, 32, 53, 63, 64].map(|bits| 1_i128 << bits);
    let around = powers.iter().flat_map(|power| [power - 1, *power, power + 1]);
    around
        .flat_map(|number| [number, -number])
        .chain([0])
        .map(written)
        .chain([json!(-0.0), json!(1e300), json!(-1e300), json!(1e-300), json!(0.5)])
        .collect()
}

/// An integer as it arrives: what none of the parser's integers holds is a float to it.
fn written(number: i128) -> Value {
    serde_json::from_str(&number.to_string()).expect("a number")
}

/// Changes documents. It knows the schema's names, texts and bounds, to come close to what fits.
pub(crate) struct Mutations {
    names: Vec<String>,
    texts: Vec<Value>,
    numbers: Vec<Value>,
}

impl Mutations {
    pub(crate) fn of(schema: &Value) -> Self {
        let (mut names, mut texts, mut bounds) = Default::default();
        collect(schema, &mut names, &mut texts, &mut bounds);
        names.extend(["canary", "__proto__", "constructor", "$ref", ""].map(String::from));
        // What serde would know, and no schema publishes.
        names.extend(["oldName", "skipped", "read_only"].map(String::from));
        names.extend(["01", "-0", "-1", "+1", "1.0", "٣"].map(String::from));
        texts.extend(["canary", "", "5", "canary-of-many-letters", "é", "01"].map(String::from));
        texts.extend(["delayed", "1e5", "1.50", "99999999999999999999999999999"].map(String::from));
        let around = bounds.into_iter().flat_map(|bound| [bound - 1, bound, bound + 1]);
        let numbers = around.map(written).chain(edges()).collect();
        Self {
            names: names.into_iter().collect(),
            texts: texts.into_iter().map(Value::from).collect(),
            numbers,
        }
    }

    /// Changes one place in a document.
    pub(crate) fn change(&self, document: &mut Value, chance: &mut Chance) {
        let mut places = vec![];
        places_in(document, &mut String::new(), &mut places);
        let copied = chance.pick::<String>(&places);
        let copied = document.pointer(copied).cloned().unwrap_or_default();
        // The arguments themselves stay an object: anything else is no call of a tool.
        let place = chance.pick(&places);
        let is_root = place.is_empty();
        let Some(value) = document.pointer_mut(place) else { return };
        match chance.below(if is_root { 2 } else { 6 }) {
            0 | 1 => self.change_inside(value, copied, chance),
            2 => *value = copied,
            3 => *value = self.of_another_type(value, chance),
            _ => self.vary(value, chance),
        }
    }

    /// Adds or removes a part, or changes the value if it has none.
    fn change_inside(&self, value: &mut Value, copied: Value, chance: &mut Chance) {
        match value {
            Value::Object(members) => match chance.below(4) {
                0 => remove(members, chance),
                1 => {
                    members.insert(chance.pick(&self.names).clone(), copied);
                }
                2 => rename(members, chance.pick(&self.names).clone(), chance),
                _ => {
                    members.insert(chance.pick(&self.names).clone(), json!("canary"));
                }
            },
            Value::Array(items) if chance.once_in(2) => {
                items.pop();
            }
            Value::Array(items) if chance.once_in(4) => items.reverse(),
            Value::Array(items) => {
                let again = items.first().cloned().filter(|_| chance.once_in(2));
                items.push(again.unwrap_or(copied));
            }
            _ => self.vary(value, chance),
        }
    }

    fn of_another_type(&self, value: &Value, chance: &mut Chance) -> Value {
        match chance.below(9) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!([]),
            3 => json!({}),
            4 => json!([value]),
            5 => json!({"canary": value}),
            6 => json!({chance.pick(&self.names): value}),
            7 => chance.pick(&self.texts).clone(),
            _ => chance.pick(&self.numbers).clone(),
        }
    }

    /// Another value of the same type, or what looks like the same value and is not.
    fn vary(&self, value: &mut Value, chance: &mut Chance) {
        *value = match &*value {
            Value::Number(number) => match chance.below(5) {
                0 => json!(number.as_f64()),
                1 => json!(number.to_string()),
                2 => stepped(number, 1),
                3 => stepped(number, -1),
                _ => chance.pick(&self.numbers).clone(),
            },
            Value::String(_) if chance.once_in(4) => chance.pick(&self.texts).clone(),
            Value::String(text) => json!(varied(text, chance)),
            Value::Bool(truth) => json!(!*truth),
            other => self.of_another_type(other, chance),
        };
    }
}

/// The next number of its kind.
fn stepped(number: &Number, step: i8) -> Value {
    match (number.as_i128(), number.as_f64()) {
        (Some(number), _) => written(number + i128::from(step)),
        (None, Some(number)) if step > 0 => json!(number.next_up()),
        (None, number) => json!(number.unwrap_or_default().next_down()),
    }
}

fn remove(members: &mut Map<String, Value>, chance: &mut Chance) {
    let names: Vec<String> = members.keys().cloned().collect();
    if !names.is_empty() {
        members.remove(chance.pick(&names));
    }
}

fn rename(members: &mut Map<String, Value>, to: String, chance: &mut Chance) {
    let names: Vec<String> = members.keys().cloned().collect();
    if !names.is_empty()
        && let Some(value) = members.remove(chance.pick(&names))
    {
        members.insert(to, value);
    }
}

/// The JSON pointer of every place in a document, the whole one first.
fn places_in(value: &Value, at: &mut String, places: &mut Vec<String>) {
    places.push(at.clone());
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, part)| (name.replace('~', "~0").replace('/', "~1"), part))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, part)| (index.to_string(), part)).collect()
        }
        _ => vec![],
    };
    for (name, part) in parts {
        let length = at.len();
        at.push('/');
        at.push_str(&name);
        places_in(part, at, places);
        at.truncate(length);
    }
}

fn collect(
    schema: &Value,
    names: &mut BTreeSet<String>,
    texts: &mut BTreeSet<String>,
    bounds: &mut BTreeSet<i128>,
) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match (&**keyword, value) {
                    ("properties", Value::Object(members)) => names.extend(members.keys().cloned()),
                    ("const", Value::String(text)) => _ = texts.insert(text.clone()),
                    ("enum", Value::Array(values)) => {
                        texts.extend(values.iter().filter_map(Value::as_str).map(String::from));
                    }
                    ("format", Value::String(format)) => {
                        let near = of_format(format).unwrap_or_default().iter();
                        texts.extend(near.map(|text| String::from(*text)));
                    }
                    (_, Value::Number(bound)) => bounds.extend(bound.as_i128()),
                    _ => {}
                }
                collect(value, names, texts, bounds);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, names, texts, bounds)),
        _ => {}
    }
}
