//! The least of a document that still shows what the document showed.

use serde_json::Value;

use super::{trial::Trial, wire::Wire};

/// Takes parts away as long as guard and schema still disagree on the rest.
pub(crate) async fn minimal(document: &Value, trial: &Trial, wire: &Wire) -> Value {
    let mut least = document.clone();
    loop {
        let mut smaller = None;
        for candidate in smaller_than(&least) {
            let answer = wire.call(trial.animal.name, &candidate).await;
            if !trial.agrees(&candidate, &answer) {
                smaller = Some(candidate);
                break;
            }
        }
        let Some(found) = smaller else { return least };
        least = found;
    }
}

/// The document with one member or item less, for each that it has at any depth.
fn smaller_than(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| {
                let mut without = members.clone();
                without.remove(name);
                let inside = smaller_than(member).into_iter().map(|smaller| {
                    let mut members = members.clone();
                    members.insert(name.clone(), smaller);
                    Value::Object(members)
                });
                std::iter::once(Value::Object(without)).chain(inside).collect::<Vec<_>>()
            })
            .collect(),
        Value::Array(items) => (0..items.len())
            .flat_map(|index| {
                let mut without = items.clone();
                without.remove(index);
                let inside = smaller_than(&items[index]).into_iter().map(|smaller| {
                    let mut items = items.clone();
                    items[index] = smaller;
                    Value::Array(items)
                });
                std::iter::once(Value::Array(without)).chain(inside).collect::<Vec<_>>()
            })
            .collect(),
        _ => vec![],
    }
}
