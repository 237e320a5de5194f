//! Which forms swallow one another.

use schemars::JsonSchema;

use super::*;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Whole {
    order: String,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Swallowing {
    Whole(Whole),
    Part { order: String, cents: Option<u64> },
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Item {
    sku: String,
    next: Option<Box<Item>>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Priced {
    sku: String,
    cents: u64,
}

/// To a schema, nothing but another name.
#[derive(JsonSchema)]
struct Checked<T>(T);

#[derive(JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Within<A, B> {
    One { item: A, note: Option<String> },
    Other { item: B },
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Either<A, B> {
    One(A),
    Other(B),
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Rough {
    cents: f64,
}

#[derive(JsonSchema)]
#[serde(tag = "kind")]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Tagged {
    Item(Item),
    Priced(Priced),
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Ordered {
    Part { order: String, cents: u64 },
    Whole(Whole),
    Text(String),
}

#[derive(JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Denying {
    Whole { order: String },
    Part { order: String, cents: u64 },
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Apart {
    Number { order: u64 },
    Text { order: String, cents: u64 },
    Other { name: String },
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Arguments<T> {
    list: Vec<Option<T>>,
}

fn refused<T: JsonSchema>() -> Option<String> {
    let mut schema = crate::schema::of_arguments::<Arguments<T>>();
    refuse_swallowing(schema.ensure_object()).err()
}

#[test]
fn a_form_that_swallows_a_later_one_is_refused_and_named() {
    for mistake in [refused::<Swallowing>(), refused::<Checked<Checked<Swallowing>>>()] {
        let mistake = mistake.expect("refused");
        for part in ["with `order`", "drop its `cents`", "deny_unknown_fields"] {
            assert!(mistake.contains(part), "{mistake}");
        }
    }
}

#[test]
fn a_form_that_swallows_a_part_of_a_later_one_is_refused() {
    for mistake in [
        refused::<Within<Item, Priced>>(),
        refused::<Within<Checked<Item>, Checked<Checked<Priced>>>>(),
        refused::<Within<Option<Item>, Option<Priced>>>(),
        refused::<Within<Vec<Item>, Vec<Priced>>>(),
        refused::<Within<(u8, Item), (u8, Priced)>>(),
        refused::<Within<BTreeMap<String, Item>, BTreeMap<String, Priced>>>(),
        refused::<Within<Either<u8, Item>, Priced>>(),
        refused::<Either<Item, Priced>>(),
        refused::<Either<Vec<Item>, Vec<Priced>>>(),
        refused::<Either<Checked<Item>, Checked<Priced>>>(),
    ] {
        let mistake = mistake.expect("refused");
        assert!(mistake.contains("drop its `cents`"), "{mistake}");
    }
    let mistake = refused::<Either<Rough, Priced>>().expect("refused");
    assert!(mistake.contains("drop its `sku`"), "a number takes integers as well: {mistake}");
}

#[test]
fn a_form_before_one_that_takes_anything_is_refused() {
    for mistake in [
        refused::<Either<Item, Value>>(),
        refused::<Either<Tagged, Value>>(),
        refused::<Either<Within<u8, Vec<Item>>, Value>>(),
        refused::<Either<Item, BTreeMap<String, Value>>>(),
        refused::<Either<Vec<Item>, Vec<BTreeMap<String, String>>>>(),
    ] {
        let mistake = mistake.expect("refused");
        assert!(mistake.contains("drop its other members"), "{mistake}");
    }
}

#[test]
fn forms_whose_parts_are_told_apart_are_not() {
    assert_eq!(refused::<Within<Priced, Item>>(), None);
    assert_eq!(refused::<Within<Item, Item>>(), None);
    assert_eq!(refused::<Within<Either<Priced, Item>, Priced>>(), None);
    assert_eq!(refused::<Within<Tagged, Tagged>>(), None);
    assert_eq!(refused::<Within<u8, Priced>>(), None);
    assert_eq!(refused::<Either<Vec<u8>, Vec<Priced>>>(), None);
    assert_eq!(refused::<Either<Within<u8, String>, Value>>(), None);
}

#[test]
fn forms_that_are_told_apart_are_not() {
    assert_eq!(refused::<Ordered>(), None);
    assert_eq!(refused::<Denying>(), None);
    assert_eq!(refused::<Apart>(), None);
}
