//! Enums in every way that serde has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::structs::{Empty, Nested, Point, Renamed};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Plain {
    One,
    TwoWords,
}

/// Why.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Documented {
    /// It was broken.
    Defect,
    /// It was late.
    #[serde(alias = "delayed")]
    Late,
    Other,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) enum External {
    Unit,
    /// One value.
    Newtype(u16),
    Tuple(i8, String),
    Struct {
        a: u8,
        b: Option<Point>,
    },
    Holding(Nested),
    Empty {},
}

impl External {
    pub(crate) fn samples() -> [Self; 6] {
        [
            Self::Unit,
            Self::Newtype(7),
            Self::Tuple(-1, "canary".into()),
            Self::Struct { a: 1, b: Some(Point { x: 1, y: 1 }) },
            Self::Holding(Nested::sample()),
            Self::Empty {},
        ]
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Internal {
    Unit,
    /// A struct's members beside the tag.
    Holding(Point),
    HoldingEmpty(Empty),
    HoldingNested(Nested),
    HoldingDenying(Renamed),
    Struct {
        /// How much.
        amount: u64,
        deeper: Option<Box<Internal>>,
    },
}

impl Internal {
    pub(crate) fn samples() -> [Self; 6] {
        [
            Self::Unit,
            Self::HoldingDenying(Renamed::sample()),
            Self::Holding(Point { x: 1, y: 1 }),
            Self::HoldingEmpty(Empty {}),
            Self::HoldingNested(Nested::sample()),
            Self::Struct { amount: 5, deeper: Some(Box::new(Self::Unit)) },
        ]
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Adjacent {
    Unit,
    Newtype(i32),
    Holding(Point),
    Tuple(u8, u8),
    Struct { a: bool },
}

impl Adjacent {
    pub(crate) fn samples() -> [Self; 5] {
        [
            Self::Unit,
            Self::Newtype(-7),
            Self::Holding(Point { x: 1, y: 1 }),
            Self::Tuple(1, 2),
            Self::Struct { a: true },
        ]
    }
}

/// No alternative fits what another one means.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Shape {
    Circle { radius: u32 },
    Square { side: u32, label: Option<String> },
    Holding(Point),
    Empty(Empty),
}

impl Shape {
    pub(crate) fn samples() -> [Self; 3] {
        [
            Self::Circle { radius: 1 },
            Self::Square { side: 1, label: Some("canary".into()) },
            Self::Holding(Point { x: 1, y: 1 }),
        ]
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) enum PartlyUntagged {
    Known,
    #[serde(untagged)]
    Number(u8),
    #[serde(untagged)]
    Free(String),
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) enum WithOther {
    Known,
    #[serde(other)]
    Unknown,
}
