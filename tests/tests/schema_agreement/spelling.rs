//! What tells operations apart, or whose budget it is, is written in one way, or the guard is not built.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::{DateTime, NaiveDate, Utc};
use mcp_guard::{Call, MemoryStore, prelude::*};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

#[derive(Deserialize, JsonSchema)]
struct OrderId(Uuid);

/// What was done to an order.
#[derive(Default)]
struct Done(AtomicUsize);

impl Done {
    fn once(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Refund an order.
#[guarded_tool(idempotent(key = [order, day, kind]), any_caller)]
async fn refund(
    done: &Done,
    /// Which order.
    order: OrderId,
    /// On which day.
    day: NaiveDate,
    /// What of it.
    kind: Vec<Part>,
) -> Result<(), Infallible> {
    let _ = (order.0, day, kind);
    done.once();
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "part", rename_all = "snake_case")]
#[expect(dead_code, reason = "it is never read")]
enum Part {
    Whole,
    Line { number: u32, of: Between },
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Between {
    from: i64,
    to: i64,
}

/// Charge an account.
#[guarded_tool(idempotent, budget(calls <= 1, per = "1h", of = account), any_caller)]
async fn charge(
    done: &Done,
    /// Which account.
    account: Uuid,
) -> Result<(), Infallible> {
    let _ = account;
    done.once();
    Ok(())
}

fn guard() -> mcp_guard::GuardBuilder {
    Guard::builder()
        .identity(Caller::local("agent"))
        .store(MemoryStore::new().expect("a store"))
        .provide(Done::default())
}

async fn told(guard: &Guard, tool: &str, arguments: Value) -> Value {
    let reply = guard.call(Call::new(tool, arguments, Some(Caller::local("agent")))).await;
    serde_json::from_str(reply.expect("a tool").body()).expect("JSON")
}

const ORDER: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

#[tokio::test]
async fn a_uuid_is_written_in_one_case() {
    let guard = guard().tool::<refund>().tool::<charge>().build().expect("a guard");
    let order = |key: &str, order: &str| {
        let lines = json!({"part": "line", "number": 1, "of": {"from": 1, "to": 2}});
        let kind = json!([{"part": "whole"}, lines]);
        json!({"idempotency_key": key, "order": order, "day": "2026-11-26", "kind": kind})
    };
    let first = told(&guard, "refund", order("the-first-key", ORDER)).await;
    assert_eq!(first["status"], "ok", "{first}");
    let again = told(&guard, "refund", order("another-key", &ORDER.to_uppercase())).await;
    assert_eq!(again["error"]["code"], "invalid_argument", "{again}");
    assert_eq!(again["error"]["field"], "/order");

    let charge = |key: &str, account: &str| json!({"idempotency_key": key, "account": account});
    let first = told(&guard, "charge", charge("the-first-key", ORDER)).await;
    assert_eq!(first["status"], "ok", "{first}");
    let mixed = told(&guard, "charge", charge("another-key", &ORDER.replace('e', "E"))).await;
    assert_eq!(mixed["error"]["code"], "invalid_argument", "{mixed}");
    let over = told(&guard, "charge", charge("a-third-key", ORDER)).await;
    assert_eq!(over["error"]["code"], "budget_exceeded", "{over}");
}

type Euros = f64;

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Price(f64);

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Line {
    sku: String,
    note: Option<String>,
}

/// Declares a tool for each type that is written in several ways.
macro_rules! loose {
    ($($name:ident: $type:ty;)*) => {
        $(
            /// Do it.
            #[guarded_tool(idempotent(key = [what]), any_caller)]
            async fn $name(
                /// To what.
                what: $type,
            ) -> Result<(), Infallible> {
                let _ = what;
                Ok(())
            }
        )*

        #[test]
        fn what_is_written_in_several_ways_tells_nothing_apart() {
            let mistakes = guard()$(.tool::<$name>())*.build().err().expect("refused").to_string();
            $(
                let name = concat!("`", stringify!($name), "`");
                assert!(mistakes.contains(name), "{name} is taken: {mistakes}");
            )*
            for place in ["`what`", "`what[]`", "`what.note`", "`what.*`"] {
                assert!(mistakes.contains(place), "{place}: {mistakes}");
            }
        }
    };
}

loose! {
    by_alias: Euros;
    by_newtype: Price;
    by_decimal: Decimal;
    by_moment: DateTime<Utc>;
    by_link: Url;
    by_set: BTreeSet<u32>;
    by_line: Line;
    by_list: Vec<Decimal>;
    by_uuids: Vec<Uuid>;
    by_map: std::collections::BTreeMap<String, f32>;
    by_anything: Value;
}
