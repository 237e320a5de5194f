//! Untagged forms that are read again and again. serde tries each form from its beginning: where two of
//! them begin with a value that has the same forms in it, each level is read twice, and what a model nests
//! thirty deep is read a billion times.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    forms, properties, resolved,
    untagged::{each_choice, parts},
};

/// Refuses a schema with forms that make one another be read again at every level.
pub(super) fn refuse_retried(root: &Map<String, Value>) -> Result<(), String> {
    each_choice(root, &|schema, forms| {
        let again = Again { root, forms: schema };
        let ways: Vec<_> = forms.iter().map(|form| again.ways(form)).collect();
        for (index, earlier) in ways.iter().enumerate() {
            if let Some(way) = ways[index + 1..].iter().find_map(|later| shared(earlier, later)) {
                return Err(mistake(&way));
            }
        }
        Ok(())
    })
}

fn mistake(way: &Way) -> String {
    let what = match way {
        Way::Member(name) => format!("a member `{name}`"),
        Way::Values => "members".into(),
        Way::Items => "items".into(),
    };
    format!(
        "two untagged forms have {what} with the same forms within, which serde reads again for each form at \
         every level: a value in a value in a value takes forever; write `#[serde(tag = \"kind\")]` in \
         place of `#[serde(untagged)]`, or call the members of each form by names of their own"
    )
}

/// To a part of a form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Member(String),
    /// To the values of a map.
    Values,
    Items,
}

/// A part of both forms.
fn shared(one: &BTreeSet<Way>, other: &BTreeSet<Way>) -> Option<Way> {
    let is_member = |way: &&Way| !matches!(way, Way::Items);
    let of_map = |one: &BTreeSet<Way>, other: &BTreeSet<Way>| {
        one.get(&Way::Values).and_then(|_| other.iter().find(is_member).cloned())
    };
    let same = one.intersection(other).next().cloned();
    same.or_else(|| of_map(one, other)).or_else(|| of_map(other, one))
}

struct Again<'a> {
    root: &'a Map<String, Value>,
    /// The schema that is looked for within its own forms.
    forms: &'a Map<String, Value>,
}

impl<'a> Again<'a> {
    /// The parts of a form that have the forms in them.
    fn ways(&self, form: &'a Value) -> BTreeSet<Way> {
        let mut ways = BTreeSet::new();
        self.collect(form, &mut ways, &mut Vec::new());
        ways
    }

    fn collect(
        &self,
        form: &'a Value,
        ways: &mut BTreeSet<Way>,
        seen: &mut Vec<&'a Map<String, Value>>,
    ) {
        let Some(form) = self.unseen(form, seen) else { return };
        for (name, member) in properties(form) {
            if self.has(member) {
                ways.insert(Way::Member(name.clone()));
            }
        }
        for (keyword, way) in [
            ("additionalProperties", Way::Values),
            ("unevaluatedProperties", Way::Values),
            ("items", Way::Items),
        ] {
            if form.get(keyword).is_some_and(|part| self.has(part)) {
                ways.insert(way);
            }
        }
        let patterns = form.get("patternProperties").and_then(Value::as_object);
        if patterns.into_iter().flat_map(Map::values).any(|part| self.has(part)) {
            ways.insert(Way::Values);
        }
        let first = form.get("prefixItems").and_then(Value::as_array);
        if first.into_iter().flatten().any(|part| self.has(part)) {
            ways.insert(Way::Items);
        }
        forms(form).for_each(|part| self.collect(part, ways, seen));
    }

    /// Whether the forms are in it, at whatever depth.
    fn has(&self, schema: &'a Value) -> bool {
        self.has_within(schema, &mut Vec::new())
    }

    fn has_within(&self, schema: &'a Value, seen: &mut Vec<&'a Map<String, Value>>) -> bool {
        let Some(schema) = self.unseen(schema, seen) else { return false };
        std::ptr::eq(schema, self.forms) || parts(schema).any(|part| self.has_within(part, seen))
    }

    /// What a schema is, unless it has been seen.
    fn unseen(
        &self,
        schema: &'a Value,
        seen: &mut Vec<&'a Map<String, Value>>,
    ) -> Option<&'a Map<String, Value>> {
        let schema = resolved(self.root, schema)?;
        let is_new = !seen.iter().any(|one| std::ptr::eq(*one, schema));
        seen.push(schema);
        is_new.then_some(schema)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;

    use super::*;
    use crate::schema::of_arguments;

    macro_rules! untagged {
        ($($name:ident { $($form:tt)* })+) => {
            $(
                #[derive(JsonSchema)]
                #[serde(untagged)]
                #[expect(dead_code, reason = "only its schema is wanted")]
                enum $name { $($form)* }
            )+
        };
    }

    untagged! {
        SameMember { A { within: Box<SameMember>, one: u8 }, B { within: Vec<SameMember> }, C(u8) }
        ByAnother { A { within: Vec<Other> }, B { within: Option<Box<ByAnother>>, two: u8 } }
        SameItems { A([Box<SameItems>; 2]), B(Vec<SameItems>), C(u8) }
        MemberAndMap { A { within: Box<MemberAndMap> }, B(BTreeMap<String, MemberAndMap>), C(u8) }
        OwnMembers { And { and: Vec<OwnMembers> }, Or { or: Vec<OwnMembers> }, Is(u8) }
        Json { List(Vec<Json>), Map(BTreeMap<String, Json>), Text(String) }
        Leaves { A { within: u8, one: u8 }, B { within: u8 }, C { next: Box<Leaves> } }
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Other {
        back: BTreeMap<u8, ByAnother>,
    }

    #[derive(JsonSchema)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Tagged {
        A { within: Option<Box<Tagged>> },
        B { within: Vec<Tagged> },
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Arguments<T> {
        value: T,
    }

    fn refused<T: JsonSchema>() -> Option<String> {
        refuse_retried(of_arguments::<Arguments<T>>().ensure_object()).err()
    }

    #[test]
    fn forms_that_begin_with_the_same_forms_are_refused() {
        for (mistake, part) in [
            (refused::<SameMember>(), "a member `within`"),
            (refused::<ByAnother>(), "a member `within`"),
            (refused::<Vec<SameItems>>(), "have items"),
            (refused::<Option<MemberAndMap>>(), "have"),
        ] {
            let mistake = mistake.expect("refused");
            assert!(mistake.contains(part) && mistake.contains("serde(tag"), "{mistake}");
        }
    }

    #[test]
    fn forms_that_are_told_apart_before_are_not() {
        assert_eq!(refused::<OwnMembers>(), None);
        assert_eq!(refused::<Json>(), None);
        assert_eq!(refused::<Leaves>(), None);
        assert_eq!(refused::<Tagged>(), None);
    }
}
