//! What it costs to hold a call's arguments to the published schema, beside reading them with serde, and
//! beside the whole call: `cargo test --release --package guard-tests --test validation_cost -- --ignored
//! --nocapture`. And that what does not fit costs no more, whatever it is.

use std::{
    convert::Infallible,
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use guard_tests::in_process::InProcess;
use jsonschema::Validator;
use mcp_guard::{Call, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

const TIMES: u32 = 20_000;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Defect,
    Late,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(dead_code, reason = "only that it is read")]
enum Method {
    Card { last4: u16 },
    Transfer { iban: String },
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only that it is read")]
struct Line {
    #[schemars(regex(pattern = "^[a-z0-9-]{1,32}$"))]
    sku: String,
    #[schemars(range(min = 1, max = 100))]
    count: u32,
    price_cents: u64,
    note: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only that it is read")]
struct Refund {
    #[schemars(regex(pattern = "^ord_[0-9]{4}$"))]
    order_id: String,
    #[schemars(range(min = 1))]
    amount_cents: u64,
    reason: Reason,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only that it is read")]
struct Order {
    method: Method,
    #[schemars(length(max = 100))]
    lines: Vec<Line>,
}

/// Refund.
#[guarded_tool(read_only, any_caller)]
async fn refund(
    /// What.
    value: Refund,
) -> Result<(), Infallible> {
    drop(value);
    Ok(())
}

/// Order.
#[guarded_tool(read_only, any_caller)]
async fn order(
    /// What.
    value: Order,
) -> Result<(), Infallible> {
    drop(value);
    Ok(())
}

fn refund_sent() -> Value {
    json!({"order_id": "ord_8821", "amount_cents": 500, "reason": "late"})
}

fn order_sent(lines: usize) -> Value {
    let line = json!({"sku": "a-sku-1", "count": 2, "price_cents": 1999, "note": null});
    json!({"method": {"kind": "card", "last4": 4242}, "lines": vec![line; lines]})
}

/// Microseconds.
fn each(mut task: impl FnMut()) -> f64 {
    let started = Instant::now();
    (0..TIMES).for_each(|_| task());
    started.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
}

fn measure<T: DeserializeOwned>(schema: &Validator, sent: &Value) -> (f64, f64) {
    let arguments = json!({ "value": sent });
    assert!(schema.is_valid(&arguments), "{arguments}");
    // As the guard does, which looks for mistakes where there are some.
    let schema = each(|| assert!(black_box(schema.is_valid(&arguments))));
    let copied = each(|| _ = black_box(sent.clone()));
    let read = each(|| assert!(black_box(serde_json::from_value::<T>(sent.clone())).is_ok()));
    (schema, read - copied)
}

#[tokio::test]
#[ignore = "it measures, which only a release build is worth"]
async fn holding_arguments_to_their_schema_costs_little() {
    let builder = Guard::builder().identity(Caller::local("agent"));
    let guard = builder.tool::<refund>().tool::<order>().build().expect("a guard");
    let mut wire = InProcess::open(guard.clone()).await;
    let listed = wire.ask("tools/list", json!({})).await.message();
    let validator = |name: &str| {
        let tools = listed["result"]["tools"].as_array().expect("tools");
        let tool = tools.iter().find(|tool| tool["name"] == name).expect("it is listed");
        jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&tool["inputSchema"])
            .expect("a schema")
    };
    for (name, what, sent, measured) in [
        (
            "refund",
            "3 members",
            refund_sent(),
            measure::<Refund>(&validator("refund"), &refund_sent()),
        ),
        ("order", "1 line", order_sent(1), measure::<Order>(&validator("order"), &order_sent(1))),
        (
            "order",
            "100 lines",
            order_sent(100),
            measure::<Order>(&validator("order"), &order_sent(100)),
        ),
    ] {
        let started = Instant::now();
        for _ in 0..TIMES {
            let call = Call::new(name, json!({ "value": sent }), Some(Caller::local("agent")));
            assert!(!guard.call(call).await.expect("a tool").is_error());
        }
        let call = started.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES);
        let (schema, read) = measured;
        println!(
            "{name}, {what}: schema {schema:.2} µs, serde {read:.2} µs, the call {call:.1} µs"
        );
        assert!(schema < call, "validation is a part of the call");
    }
}

macro_rules! kinds {
    ($($kind:ident)+) => {
        #[derive(Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        #[expect(dead_code, reason = "only that it is read")]
        enum Kind {
            $($kind { one: u64, two: String, three: bool, within: Option<Box<Kind>> },)+
        }
    };
}
kinds! { A B C D E F G H }

/// Take what there may be much of.
#[guarded_tool(read_only, any_caller)]
async fn take(
    /// Numbers.
    numbers: Option<Vec<u32>>,
    /// One of several kinds.
    kind: Option<Kind>,
) -> Result<(), Infallible> {
    drop((numbers, kind));
    Ok(())
}

/// The most memory that this process has had since it was last asked to forget it.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("this system tells of memory");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    peak.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// As much as a message may have in it, and every way of being wrong.
#[tokio::test]
async fn what_does_not_fit_costs_little_to_refuse() {
    let builder = Guard::builder().identity(Caller::local("agent"));
    let guard = builder.tool::<take>().build().expect("a guard");
    let junk = || json!(vec![""; 350_000]);
    let nested =
        (0..28).fold(json!({"kind": "a"}), |within, _| json!({"kind": "b", "within": within}));
    for (what, arguments) in [
        ("numbers that are none", json!({"numbers": junk()})),
        ("a kind that is a list", json!({"kind": junk()})),
        ("a kind of which all is missing", json!({"kind": {"kind": "z", "within": junk()}})),
        ("kinds within kinds", json!({"kind": nested})),
        ("a kind of a long name", json!({"kind": {"kind": "z".repeat(1 << 20)}})),
    ] {
        let call = Call::new("take", arguments, Some(Caller::local("agent")));
        // Where it cannot be reset, it is the highest ever, and less is seen.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let (before, started) = (peak(), Instant::now());
        let reply = guard.call(call).await.expect("a tool");
        // The system counts in batches, and may count less than before.
        let (grown, took) = (peak().saturating_sub(before), started.elapsed());
        println!("{what}: {took:.1?}, {grown} MiB more");
        assert!(reply.is_error() && reply.body().contains("invalid_argument"), "{}", reply.body());
        assert!(reply.body().len() < 4096, "{what}: {}", reply.body().len());
        assert!(took < Duration::from_secs(2), "{what}: {took:?}");
        assert!(grown < 64, "{what}: {grown} MiB");
    }
}
