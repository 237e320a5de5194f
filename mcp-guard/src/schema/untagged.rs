//! Forms of an untagged enum that would swallow one another. serde takes the first form that fits,
//! and one that ignores unknown members fits what was meant for a later form: members that the
//! schema accepts would be dropped without a word, at whatever depth.

use std::{cell::RefCell, collections::BTreeMap};

use super::{properties, required, resolved};
use serde_json::{Map, Value};

/// Refuses a schema in which a form would take what is meant for a later one and drop a part of it.
pub(super) fn refuse_swallowing(root: &Map<String, Value>) -> Result<(), String> {
    each_choice(root, &|_, forms| {
        for (index, form) in forms.iter().enumerate() {
            for later in &forms[index + 1..] {
                let comparison = Comparison { root, outcomes: RefCell::default() };
                if let Takes::Without(dropped) = comparison.takes(form, later) {
                    return Err(mistake(resolved(root, form), &dropped));
                }
            }
        }
        Ok(())
    })
}

/// What is asked of a schema and its untagged forms.
type Check<'s, 'c> = &'c dyn Fn(&'s Map<String, Value>, &'s [Value]) -> Result<(), String>;

/// Asks it of every schema that has such forms, at whatever depth.
pub(super) fn each_choice<'s>(
    schema: &'s Map<String, Value>,
    check: Check<'s, '_>,
) -> Result<(), String> {
    if let Some(Value::Array(forms)) = schema.get("anyOf") {
        check(schema, forms)?;
    }
    schema.values().try_for_each(|value| each_choice_in(value, check))
}

fn each_choice_in<'s>(value: &'s Value, check: Check<'s, '_>) -> Result<(), String> {
    match value {
        Value::Object(schema) => each_choice(schema, check),
        Value::Array(parts) => parts.iter().try_for_each(|part| each_choice_in(part, check)),
        _ => Ok(()),
    }
}

fn mistake(form: Option<&Map<String, Value>>, dropped: &str) -> String {
    let members = form.into_iter().flat_map(names).map(|name| format!("`{name}`"));
    let members: Vec<String> = members.collect();
    format!(
        "the untagged form with {} would take what is meant for a later form and drop its \
         {dropped}: put the later form first, or add `#[serde(deny_unknown_fields)]` to the \
         earlier one",
        if members.is_empty() { "no members".into() } else { members.join(", ") }
    )
}

/// What a form makes of what is meant for another.
#[derive(Clone)]
enum Takes {
    /// It does not take it.
    Nothing,
    /// It takes it as it is.
    All,
    /// It takes it, and drops this.
    Without(String),
}

/// The members that a map has, whatever they are called.
const UNNAMED: &str = "other members";

struct Comparison<'a> {
    root: &'a Map<String, Value>,
    /// Of the schemas that have been compared. One that refers to itself ends here.
    outcomes: RefCell<BTreeMap<[*const Map<String, Value>; 2], Takes>>,
}

impl<'a> Comparison<'a> {
    fn takes(&self, form: &'a Value, later: &'a Value) -> Takes {
        let (Some(own), Some(other)) = (self.rules(form), self.rules(later)) else {
            return self.without_rules(form, later);
        };
        let both = [std::ptr::from_ref(own), std::ptr::from_ref(other)];
        if let Some(outcome) = self.outcomes.borrow().get(&both) {
            return outcome.clone();
        }
        self.outcomes.borrow_mut().insert(both, Takes::All);
        let outcome = match (forms(own), forms(other)) {
            _ if own == other => Takes::All,
            (None, None) => self.alone(own, other),
            (own, other) => self.among(
                own.unwrap_or(std::slice::from_ref(form)),
                other.unwrap_or(std::slice::from_ref(later)),
            ),
        };
        self.outcomes.borrow_mut().insert(both, outcome.clone());
        outcome
    }

    /// Where one of them says nothing of what it takes, or takes nothing.
    fn without_rules(&self, form: &'a Value, later: &'a Value) -> Takes {
        if [form, later].contains(&&Value::Bool(false)) {
            return Takes::Nothing;
        }
        if self.ignores_within(form, &mut Vec::new()) {
            return Takes::Without(UNNAMED.into());
        }
        Takes::All
    }

    /// A schema that says something of what it takes.
    fn rules(&self, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        const RULES: [&str; 6] = ["type", "enum", "const", "anyOf", "oneOf", "allOf"];
        let says =
            |schema: &&Map<String, Value>| RULES.iter().any(|rule| schema.contains_key(*rule));
        resolved(self.root, schema).filter(says)
    }

    /// Whether it ignores unknown members, at whatever depth.
    fn ignores_within(&self, form: &'a Value, seen: &mut Vec<&'a Map<String, Value>>) -> bool {
        let Some(form) = resolved(self.root, form) else { return false };
        if seen.iter().any(|one| std::ptr::eq(*one, form)) {
            return false;
        }
        seen.push(form);
        ignores_unknown(form) || parts(form).any(|part| self.ignores_within(part, seen))
    }

    /// What the first of the forms that takes it makes of each of the others.
    fn among(&self, forms: &'a [Value], others: &'a [Value]) -> Takes {
        let first = |other: &'a Value| {
            let mut outcomes = forms.iter().map(|form| self.takes(form, other));
            outcomes.find(|outcome| !matches!(outcome, Takes::Nothing))
        };
        let taken: Vec<Takes> = others.iter().filter_map(first).collect();
        let dropping = taken.iter().find(|outcome| matches!(outcome, Takes::Without(_)));
        dropping.or(taken.first()).cloned().unwrap_or(Takes::Nothing)
    }

    /// Where neither has several forms.
    fn alone(&self, form: &'a Map<String, Value>, later: &'a Map<String, Value>) -> Takes {
        if !may_be_both(form, later) {
            return Takes::Nothing;
        }
        let parts = [self.shared(form, later), self.items(form, later)];
        if parts
            .iter()
            .flatten()
            .any(|(is_sent, takes)| *is_sent && matches!(takes, Takes::Nothing))
        {
            return Takes::Nothing;
        }
        let lacks = |wanted: &str| property(later, wanted).is_none() && others(later).is_none();
        let refuses = |sent: &str| property(form, sent).is_none() && others(form).is_none();
        let ignores_unknown = ignores_unknown(form);
        if required(form).any(lacks) || (!ignores_unknown && required(later).any(refuses)) {
            return Takes::Nothing;
        }
        let unknown = || names(later).find(|name| property(form, name).is_none());
        if ignores_unknown && let Some(name) = unknown() {
            return Takes::Without(format!("`{name}`"));
        }
        if ignores_unknown && others(later).is_some() {
            return Takes::Without(UNNAMED.into());
        }
        let dropping = |(_, takes): &(bool, Takes)| matches!(takes, Takes::Without(_));
        parts.into_iter().flatten().find(dropping).map_or(Takes::All, |(_, takes)| takes)
    }

    /// What becomes of the members that both have, and whether each is sent in any case.
    fn shared(
        &self,
        form: &'a Map<String, Value>,
        later: &'a Map<String, Value>,
    ) -> Vec<(bool, Takes)> {
        let is_sent = |name: &str| required(form).chain(required(later)).any(|one| one == name);
        let named = properties(form).filter_map(|(name, wanted)| {
            let sent = property(later, name).or_else(|| others(later))?;
            Some((is_sent(name), self.takes(wanted, sent)))
        });
        let unnamed = others(form).zip(others(later));
        named.chain(unnamed.map(|(wanted, sent)| (false, self.takes(wanted, sent)))).collect()
    }

    /// What becomes of a list's items, and whether each is sent in any case.
    fn items(
        &self,
        form: &'a Map<String, Value>,
        later: &'a Map<String, Value>,
    ) -> Vec<(bool, Takes)> {
        let first = |schema: &'a Map<String, Value>| {
            schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten()
        };
        let first = first(form).zip(first(later)).map(|items| (true, items));
        let rest = form.get("items").zip(later.get("items")).map(|items| (false, items));
        let items = first.chain(rest);
        items.map(|(is_sent, (wanted, sent))| (is_sent, self.takes(wanted, sent))).collect()
    }
}

/// The forms of a value that has several and nothing beside them.
fn forms(schema: &Map<String, Value>) -> Option<&[Value]> {
    if schema.contains_key("properties") {
        return None;
    }
    let forms = ["anyOf", "oneOf"].into_iter().find_map(|keyword| schema.get(keyword));
    forms.and_then(Value::as_array).map(Vec::as_slice)
}

/// The schemas of a value's forms, members and items.
pub(super) fn parts(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let lists = ["anyOf", "oneOf", "allOf", "prefixItems"].into_iter();
    let lists = lists.filter_map(|keyword| schema.get(keyword)).filter_map(Value::as_array);
    let items = schema.get("items").into_iter();
    properties(schema)
        .map(|(_, member)| member)
        .chain(lists.flatten())
        .chain(items)
        .chain(others(schema))
}

fn ignores_unknown(form: &Map<String, Value>) -> bool {
    form.get("type").is_some_and(|kind| kind == "object")
        && !form.contains_key("additionalProperties")
        && !form.contains_key("unevaluatedProperties")
}

/// Whether a value may fit both: not if they are other constants or of other types.
fn may_be_both(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let differ = |keyword: &str| {
        let (one, other) = (one.get(keyword), other.get(keyword));
        one.zip(other)
            .is_some_and(|(one, other)| one.is_string() && other.is_string() && one != other)
    };
    let numbers = |schema: &Map<String, Value>| {
        schema.get("type").is_some_and(|kind| kind == "number" || kind == "integer")
    };
    !differ("const") && (!differ("type") || (numbers(one) && numbers(other)))
}

/// What a map's other members are.
fn others(schema: &Map<String, Value>) -> Option<&Value> {
    let keywords = ["additionalProperties", "unevaluatedProperties"].into_iter();
    let mut others = keywords.filter_map(|keyword| schema.get(keyword));
    let others = others.find(|others| **others != Value::Bool(false));
    others.or_else(|| schema.get("patternProperties")?.as_object()?.values().next())
}

fn names(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    properties(schema).map(|(name, _)| name.as_str())
}

fn property<'s>(schema: &'s Map<String, Value>, name: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(name)
}

#[cfg(test)]
mod tests;
