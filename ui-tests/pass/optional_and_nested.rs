//! Optional arguments, nested structs and enums, and newtypes that a limit can measure.
#![deny(warnings)]

use mcp_guard::{Measure, Tool, prelude::*};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap, convert::Infallible};

#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
struct Cents(u64);

impl Measure for Cents {
    fn measure(&self) -> Option<i128> {
        self.0.measure()
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Target {
    Order { id: String },
    Line { order: String, line: Option<u32> },
}

#[derive(Deserialize, JsonSchema)]
struct Item {
    sku: String,
    tags: Vec<String>,
}

fn one() -> u8 {
    1
}

/// Send things.
#[guarded_tool(
    idempotent,
    scope = "send",
    max_amount = 10,
    limit(tip <= 5),
    limit(tip <= 7, scope = "tips",),
    limit(price <= 20, scope = "expensive"),
    limit(tip <= 9, scope = "tips:large"),
)]
async fn send(
    /// Its price.
    #[amount]
    price: Cents,
    /// A tip, if any.
    tip: Option<i64>,
    /// Where to.
    target: Target,
    /// What.
    items: Vec<Item>,
    /// Notes.
    notes: BTreeMap<String, Cow<'static, str>>,
    /// How often.
    #[serde(default = "one")]
    times: u8,
) -> Result<u64, Infallible> {
    let target = match target {
        Target::Order { id } => id.len(),
        Target::Line { order, line } => order.len() + line.map_or(0, |_| 1),
    };
    let items = items.iter().map(|item| item.sku.len() + item.tags.len()).sum::<usize>();
    let _ = (target, items, notes, tip, times);
    Ok(price.0)
}

fn main() {
    let limits: Vec<_> = send::SPEC
        .limits
        .iter()
        .map(|limit| (limit.parameter, limit.min, limit.max, limit.scope))
        .collect();
    assert_eq!(
        limits,
        [
            ("price", Some(0), 10, None),
            ("tip", None, 5, None),
            ("tip", None, 7, Some("tips")),
            ("price", None, 20, Some("expensive")),
            ("tip", None, 9, Some("tips:large")),
        ]
    );
    let arguments = |tip: &str| {
        serde_json::from_str(&format!(
            r#"{{"price": 3, {tip} "target": {{"kind": "line", "order": "o"}}, "items": [],
                "notes": {{"a": "b"}}}}"#
        ))
        .unwrap()
    };
    assert_eq!(send::measure(&arguments("")), [("price", Some(3)), ("tip", None)]);
    assert_eq!(send::measure(&arguments(r#""tip": 4,"#)), [("price", Some(3)), ("tip", Some(4))]);
    let _ = Guard::builder().tool::<send>();
}
