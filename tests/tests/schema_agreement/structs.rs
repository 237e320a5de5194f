//! Structs in every way that serde has.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::enums::{Internal, Plain};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Point {
    pub(crate) x: i64,
    pub(crate) y: i32,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Empty {}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Unit;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Cents(pub(crate) u64);

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pair(pub(crate) u8, pub(crate) String);

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Nested {
    point: Point,
    points: Vec<Point>,
    maybe: Option<Point>,
    named: BTreeMap<String, Point>,
    pair: (u8, Point),
    empty: Empty,
    cents: Cents,
}

impl Nested {
    pub(crate) fn sample() -> Self {
        let point = Point { x: 1, y: -1 };
        Self {
            point: point.clone(),
            points: vec![point.clone()],
            maybe: Some(point.clone()),
            named: BTreeMap::from([("canary".into(), point.clone())]),
            pair: (1, point),
            empty: Empty {},
            cents: Cents(1),
        }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Constrained {
    #[schemars(range(min = 1, max = 50_000))]
    amount: u64,
    #[schemars(range(min = -5, max = 5))]
    offset: i8,
    #[schemars(range(min = 0.5, max = 1.5))]
    ratio: f64,
    #[schemars(length(min = 2, max = 5))]
    name: String,
    #[schemars(length(min = 1, max = 3), inner(range(max = 100)))]
    list: Vec<u8>,
    #[schemars(regex(pattern = r"^ord_[0-9]{4}$"))]
    order: String,
    #[schemars(range(min = 10))]
    at_least: Option<u32>,
}

impl Constrained {
    pub(crate) fn sample() -> Self {
        Self {
            amount: 50_000,
            offset: -5,
            ratio: 0.5,
            name: "canar".into(),
            list: vec![100],
            order: "ord_8821".into(),
            at_least: Some(10),
        }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Renamed {
    two_words: u8,
    #[serde(rename = "type")]
    kind: Plain,
    #[serde(rename = "$odd/name~")]
    odd: Option<Point>,
    #[serde(default)]
    with_default: u16,
    #[serde(alias = "oldName", default, skip_serializing_if = "Option::is_none")]
    new_name: Option<String>,
}

impl Renamed {
    pub(crate) fn sample() -> Self {
        Self {
            two_words: 1,
            kind: Plain::TwoWords,
            odd: Some(Point { x: 1, y: 1 }),
            with_default: 2,
            new_name: None,
        }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tree {
    value: u8,
    #[serde(default)]
    children: Vec<Tree>,
}

impl Tree {
    pub(crate) fn sample() -> Self {
        let leaf = Self { value: 1, children: vec![] };
        Self { value: 0, children: vec![leaf.clone(), leaf] }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Chain {
    value: i16,
    next: Option<Box<Chain>>,
}

impl Chain {
    pub(crate) fn sample() -> Self {
        Self { value: 1, next: Some(Box::new(Self { value: 2, next: None })) }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct FlatStruct {
    own: u8,
    inner: Point,
    #[serde(flatten)]
    point: Point,
}

impl FlatStruct {
    pub(crate) fn sample() -> Self {
        let point = Point { x: 1, y: 1 };
        Self { own: 1, inner: point.clone(), point }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct FlatMap {
    own: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u64>,
}

impl FlatMap {
    pub(crate) fn sample() -> Self {
        Self { own: 1, rest: BTreeMap::from([("canary".into(), 5)]) }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct FlatMapOfStructs {
    own: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Point>,
}

impl FlatMapOfStructs {
    pub(crate) fn sample() -> Self {
        Self { own: 1, rest: BTreeMap::from([("canary".into(), Point { x: 1, y: 1 })]) }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct FlatValue {
    own: u8,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl FlatValue {
    pub(crate) fn sample() -> Self {
        Self { own: 1, rest: Map::from_iter([("canary".into(), json!([1, "canary"]))]) }
    }
}

/// Something flattened beside a member, inside a struct that is not.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Flat<T> {
    beside: Beside<T>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Beside<T> {
    extra: Option<u8>,
    #[serde(flatten)]
    flat: T,
}

impl<T> Flat<T> {
    pub(crate) fn all<const N: usize>(values: [T; N]) -> [Self; N] {
        values.map(|flat| Self { beside: Beside { extra: Some(1), flat } })
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TwoFlat {
    own: u8,
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    tagged: Internal2,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "shape")]
enum Internal2 {
    Round { radius: u8 },
    Tagged { tag: Internal },
}

impl TwoFlat {
    pub(crate) fn sample() -> Self {
        Self { own: 1, point: Point { x: 1, y: 1 }, tagged: Internal2::Round { radius: 1 } }
    }
}
