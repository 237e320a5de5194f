//! What it costs to hold a call's arguments to the published schema, beside reading them with serde, and
//! beside the whole call: `cargo test --release --package guard-tests --test validation_cost -- --ignored
//! --nocapture`.

use std::{convert::Infallible, hint::black_box, time::Instant};

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
    // As the guard does, which tells all mistakes.
    let schema = each(|| assert_eq!(black_box(schema.iter_errors(&arguments).count()), 0));
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
