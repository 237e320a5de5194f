//! Arguments of which serde would drop a part without a word, and schemas that nothing can enforce: no guard
//! is built with them.

use std::{collections::BTreeMap, convert::Infallible, net::SocketAddr};

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use mcp_guard::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Window {
    from: u64,
    to: u64,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Half {
    #[serde(flatten)]
    window: Option<Window>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is never read")]
enum What {
    Whole { order: String },
    Part { order: String, cents: u64 },
}

/// Take half of what was sent.
#[guarded_tool(read_only, any_caller)]
async fn halve(
    /// Perhaps a window.
    half: Vec<Half>,
) -> Result<(), Infallible> {
    drop(half);
    Ok(())
}

/// Take the whole order for a part.
#[guarded_tool(idempotent, any_caller)]
async fn swallow(
    /// What it is about.
    what: Option<What>,
) -> Result<(), Infallible> {
    drop(what);
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Search {
    text: String,
    #[serde(flatten)]
    window: Option<Window>,
}

/// Refund all that is found.
#[guarded_tool(idempotent, any_caller)]
async fn refund_all(
    /// Whose.
    account: Uuid,
    /// From when on.
    since: DateTime<Utc>,
    /// What is looked for.
    search: (u8, BTreeMap<u64, Search>),
) -> Result<(), Infallible> {
    drop((account, since, search));
    Ok(())
}

/// Refund what is asked for over there.
#[guarded_tool(idempotent, any_caller)]
async fn refund_there(
    /// Where.
    address: SocketAddr,
    /// What is looked for.
    search: Vec<Search>,
) -> Result<(), Infallible> {
    drop((address, search));
    Ok(())
}

#[test]
fn what_serde_would_drop_is_refused_whatever_is_sent_with_it() {
    let builder = Guard::builder()
        .identity(Caller::local("agent"))
        .store(mcp_guard::MemoryStore::new().expect("a store"));
    let builder = builder.tool::<refund_all>().tool::<refund_there>();
    let mistakes = builder.build().err().expect("refused").to_string();
    for part in [
        "`refund_all`: serde drops the member `from`",
        "`refund_there`: it cannot be found out whether serde drops the member `from`",
        "example",
    ] {
        assert!(mistakes.contains(part), "{part}: {mistakes}");
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is never read")]
enum Condition {
    Not { within: Box<Condition>, not: bool },
    Weighed { within: Box<Condition>, weight: u64 },
    Is { name: String },
}

/// Find what fits.
#[guarded_tool(read_only, any_caller)]
async fn find_fitting(
    /// What is to hold.
    condition: Option<Condition>,
) -> Result<(), Infallible> {
    drop(condition);
    Ok(())
}

/// Nested thirty deep, which fits the schema and is a message of 1 KiB, it would be read a billion times.
#[test]
fn what_serde_would_read_forever_is_refused_when_the_guard_is_built() {
    let builder = Guard::builder().identity(Caller::local("agent"));
    let mistakes = builder.tool::<find_fitting>().build().err().expect("refused").to_string();
    for part in ["`find_fitting`", "a member `within`", "serde(tag"] {
        assert!(mistakes.contains(part), "{part}: {mistakes}");
    }
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Cents(u64);

/// Pay.
#[guarded_tool(idempotent, any_caller)]
async fn pay(
    /// How much.
    #[schemars(range(min = 1, max = 100))]
    amount: Cents,
    /// How much of each.
    #[schemars(length(max = 5), inner(range(max = 100)))]
    #[serde(rename(deserialize = "shares"))]
    parts: Vec<Cents>,
    /// What for.
    #[schemars(length(max = 64))]
    reason: String,
) -> Result<(), Infallible> {
    drop((amount, parts, reason));
    Ok(())
}

#[test]
fn a_rule_that_says_nothing_is_refused_when_the_guard_is_built() {
    let builder = Guard::builder()
        .identity(Caller::local("agent"))
        .store(mcp_guard::MemoryStore::new().expect("a store"));
    let mistakes = builder.tool::<pay>().build().err().expect("refused").to_string();
    for part in [
        "`#[schemars(range(…))]` on `amount` says nothing",
        "`#[schemars(inner(range(…)))]` on `shares` says nothing",
        "write it in the type",
    ] {
        assert!(mistakes.contains(part), "{part}: {mistakes}");
    }
    assert!(!mistakes.contains("length") && !mistakes.contains("`reason`"), "{mistakes}");
}

#[test]
fn what_serde_would_drop_is_refused_when_the_guard_is_built() {
    let builder = Guard::builder()
        .identity(Caller::local("agent"))
        .store(mcp_guard::MemoryStore::new().expect("a store"));
    let mistakes = builder.tool::<halve>().tool::<swallow>().build().err().expect("refused");
    let mistakes = mistakes.to_string();
    for part in ["`halve`", "`from`", "`swallow`", "`cents`", "deny_unknown_fields"] {
        assert!(mistakes.contains(part), "{part}: {mistakes}");
    }
}

/// A text that is told to be what nobody looks at.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it is never read")]
struct Iban {
    #[schemars(extend("format" = "iban"))]
    number: String,
}

/// Wait.
#[guarded_tool(read_only, any_caller)]
async fn wait_until(
    /// The time of day.
    at: NaiveTime,
) -> Result<(), Infallible> {
    let _ = at;
    Ok(())
}

/// Meet.
#[guarded_tool(read_only, any_caller)]
async fn meet(
    /// When, without saying where.
    when: Option<NaiveDateTime>,
) -> Result<(), Infallible> {
    let _ = when;
    Ok(())
}

/// Look an account up.
#[guarded_tool(read_only, any_caller)]
async fn look_up(
    /// Which ones.
    accounts: Vec<Iban>,
) -> Result<(), Infallible> {
    drop(accounts);
    Ok(())
}

/// Find.
#[guarded_tool(read_only, any_caller)]
async fn find(
    /// By a pattern that takes its time.
    #[schemars(regex(pattern = r"^(?=a)(a+)+$"))]
    text: String,
) -> Result<(), Infallible> {
    drop(text);
    Ok(())
}

#[test]
fn what_nothing_enforces_is_refused_when_the_guard_is_built() {
    let builder = Guard::builder().identity(Caller::local("agent"));
    let builder = builder.tool::<wait_until>().tool::<meet>().tool::<look_up>().tool::<find>();
    let mistakes = builder.build().err().expect("refused").to_string();
    for part in [
        "`wait_until`",
        "`partial-time`",
        "/properties/at/format",
        "`meet`",
        "`partial-date-time`",
        "`look_up`",
        "`iban`",
        "regex(pattern",
        "`find`",
        "cannot be enforced",
    ] {
        assert!(mistakes.contains(part), "{part}: {mistakes}");
    }
}
