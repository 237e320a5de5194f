//! Values with rules, each as schemars publishes it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// Rules of texts.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Texts {
    #[schemars(length(equal = 3))]
    exact: String,
    #[schemars(length(min = 1))]
    not_empty: String,
    #[schemars(email)]
    email: Option<String>,
    #[schemars(url)]
    link: Option<String>,
    #[schemars(regex(pattern = r"^\d{2}-\w+\s?$"))]
    classes: Option<String>,
    #[schemars(regex(pattern = r"^[^\p{Lu}]+$"), length(max = 4))]
    both: Option<String>,
    #[schemars(contains(pattern = "@"))]
    contains: Option<String>,
    #[schemars(inner(regex(pattern = "^[A-Z]{3}$")))]
    currencies: Vec<String>,
    #[schemars(extend("format" = "date"))]
    day: Option<String>,
    #[schemars(extend("format" = "duration"))]
    span: Option<String>,
    #[schemars(extend("format" = "hostname"))]
    host: Option<String>,
}

impl Texts {
    pub(crate) fn sample() -> Self {
        Self {
            exact: "can".into(),
            not_empty: "c".into(),
            email: Some("a@example.com".into()),
            link: Some("https://example.com/a".into()),
            classes: Some("12-canary".into()),
            both: Some("cana".into()),
            contains: Some("c@n".into()),
            currencies: vec!["EUR".into(), "USD".into()],
            day: Some("2024-02-29".into()),
            span: Some("PT1H30M".into()),
            host: Some("example.com".into()),
        }
    }
}

/// Rules that schemars has no attribute for.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Extended {
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 100))]
    between: i64,
    #[schemars(extend("multipleOf" = 5))]
    fives: u32,
    #[schemars(range(min = 1))]
    signed_from_one: i64,
    #[schemars(range(min = -5))]
    from_minus_five: i64,
    #[schemars(extend("exclusiveMinimum" = -0.5, "exclusiveMaximum" = 0.5))]
    ratio: f64,
    #[schemars(extend("minProperties" = 1, "maxProperties" = 2, "propertyNames" = {"maxLength": 6}))]
    named: BTreeMap<String, u8>,
    #[schemars(extend("contains" = {"const": 1}, "minContains" = 1, "maxContains" = 2))]
    ones: Vec<u8>,
    #[schemars(extend("uniqueItems" = true), length(max = 3))]
    unlike: Vec<Value>,
    #[schemars(extend("enum" = ["one", "two"]))]
    chosen: String,
    #[schemars(extend("not" = {"enum": ["root", "admin"]}))]
    not_these: String,
    #[schemars(extend("const" = 1))]
    version: u8,
    #[schemars(length(min = 1, max = 2))]
    set: BTreeSet<String>,
}

impl Extended {
    pub(crate) fn sample() -> Self {
        Self {
            between: 1,
            fives: 100,
            signed_from_one: i64::MAX,
            from_minus_five: -5,
            ratio: 0.25,
            named: BTreeMap::from([("canary".into(), 1)]),
            ones: vec![1, 2, 1],
            unlike: vec![1.into(), "canary".into()],
            chosen: "two".into(),
            not_these: "canary".into(),
            version: 1,
            set: BTreeSet::from(["canary".into()]),
        }
    }
}
