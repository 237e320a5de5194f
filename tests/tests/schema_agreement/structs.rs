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
    #[serde(skip)]
    #[expect(dead_code, reason = "nobody may send it")]
    skipped: u8,
    #[serde(rename = "read_only", skip_deserializing, skip_serializing_if = "Option::is_none")]
    read_only: Option<u8>,
}

impl Renamed {
    pub(crate) fn sample() -> Self {
        Self {
            two_words: 1,
            kind: Plain::TwoWords,
            odd: Some(Point { x: 1, y: 1 }),
            with_default: 2,
            new_name: None,
            skipped: 0,
            read_only: None,
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

/// Nothing but a flattened part.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OnlyFlat<T> {
    #[serde(flatten)]
    flat: T,
}

impl<T> OnlyFlat<T> {
    pub(crate) fn all<const N: usize>(values: [T; N]) -> [Self; N] {
        values.map(|flat| Self { flat })
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

/// Everything may be left out.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) struct Defaults {
    own_count: u8,
    point: Point,
    list: Vec<u8>,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { own_count: 7, point: Point { x: 1, y: 1 }, list: vec![1] }
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Transparent {
    pub(crate) within: Vec<Cents>,
}

/// What denies what it does not know, in what does not.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Denying {
    denying: Vec<Denied>,
    option: Option<Denied>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Denied {
    a: Box<u8>,
    b: Option<Box<str>>,
}

impl Denying {
    pub(crate) fn sample() -> Self {
        let denied = Denied { a: Box::new(1), b: Some("canary".into()) };
        Self { denying: vec![denied.clone()], option: Some(denied) }
    }
}

/// Read and written by functions of its own.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ByHand {
    #[serde(with = "hexadecimal")]
    #[schemars(with = "String", regex(pattern = "^[0-9a-f]{4}$"))]
    code: u16,
    #[serde(default = "two", deserialize_with = "any_number")]
    #[schemars(with = "u8")]
    read: u8,
}

impl ByHand {
    pub(crate) fn sample() -> Self {
        Self { code: 0xC0DE, read: 1 }
    }
}

fn two() -> u8 {
    2
}

fn any_number<'d, D: serde::Deserializer<'d>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer)
}

mod hexadecimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(code: &u16, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{code:04x}"))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<u16, D::Error> {
        u16::from_str_radix(&String::deserialize(from)?, 16).map_err(D::Error::custom)
    }
}
