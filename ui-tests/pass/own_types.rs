//! Arguments of types of one's own are published and read as the same struct written by hand.
#![deny(warnings)]

#![allow(dead_code)]

use mcp_guard::{Call, Tool, prelude::*};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, convert::Infallible};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Means {
    /// By card.
    Card { last_four: String },
    /// In cash.
    Cash,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
struct Line {
    /// What.
    sku: String,
    /// How many.
    #[serde(default)]
    count: Option<u8>,
}

type Maybe<T> = Option<T>;

fn standard() -> Line {
    Line { sku: "standard".to_owned(), count: None }
}

fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Line, D::Error> {
    Ok(Line { sku: String::deserialize(deserializer)?, count: Some(1) })
}

/// Pay.
#[guarded_tool(read_only, any_caller)]
async fn pay(
    /// By what means.
    means: Means,
    /// Lines.
    #[schemars(length(min = 1, max = 3))]
    lines: Vec<Line>,
    /// One that may be missing.
    extra: Option<Line>,
    /// One that may be missing, and does not look it.
    hidden: Maybe<Line>,
    /// Renamed.
    #[serde(rename = "by-name", alias = "byName")]
    by_name: BTreeMap<String, Line>,
    /// Defaulted.
    #[serde(default)]
    defaulted: Line,
    /// Defaulted by a function.
    #[serde(default = "standard")]
    standard: Line,
    /// Read by a function.
    #[serde(deserialize_with = "read")]
    #[schemars(with = "String")]
    short: Line,
    /// Plain.
    #[schemars(range(min = 1))]
    r#type: u8,
) -> Result<Vec<String>, Infallible> {
    let seen = (means, lines, extra, hidden, by_name, defaulted, standard, short, r#type);
    Ok(vec![format!("{seen:?}")])
}

/// The same by hand.
mod by_hand {
    use super::*;

    #[derive(Debug, Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[schemars(rename = "pay")]
    pub(crate) struct Arguments {
        /// By what means.
        means: Means,
        /// Lines.
        #[schemars(length(min = 1, max = 3))]
        lines: Vec<Line>,
        /// One that may be missing.
        extra: Option<Line>,
        /// One that may be missing, and does not look it.
        hidden: Maybe<Line>,
        /// Renamed.
        #[serde(rename = "by-name", alias = "byName")]
        by_name: BTreeMap<String, Line>,
        /// Defaulted.
        #[serde(default)]
        defaulted: Line,
        /// Defaulted by a function.
        #[serde(default = "standard")]
        standard: Line,
        /// Read by a function.
        #[serde(deserialize_with = "read")]
        #[schemars(with = "String")]
        short: Line,
        /// Plain.
        #[schemars(range(min = 1))]
        r#type: u8,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let published = schemars::schema_for!(<pay as Tool>::Arguments);
    assert_eq!(published, schemars::schema_for!(by_hand::Arguments));

    let guard = Guard::builder().tool::<pay>().build().unwrap();
    let call = async |arguments: &str| {
        let arguments = serde_json::from_str(arguments).unwrap();
        let caller = Some(Caller::local("agent"));
        guard.call(Call::new("pay", arguments, caller)).await.unwrap().body().to_owned()
    };
    let sent = r#"{"means": {"kind": "card", "last_four": "4242"}, "lines": [{"sku": "a", "count": 2}],
        "by-name": {"x": {"sku": "b"}}, "short": "c", "type": 1}"#;
    let line = |sku: &str, count| Line { sku: sku.to_owned(), count };
    let seen = (
        Means::Card { last_four: "4242".to_owned() },
        [line("a", Some(2))],
        None::<Line>,
        None::<Line>,
        BTreeMap::from([("x".to_owned(), line("b", None))]),
        Line::default(),
        standard(),
        line("c", Some(1)),
        1,
    );
    let expected = serde_json::json!({"status": "ok", "result": [format!("{seen:?}")]});
    assert_eq!(serde_json::from_str::<serde_json::Value>(&call(sent).await).unwrap(), expected);

    let without_means = r#"{"lines": [{"sku": "a"}], "by-name": {}, "short": "c", "type": 1}"#;
    assert!(call(without_means).await.contains("\"validation\""));
}
