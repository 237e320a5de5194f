//! What is published, and that it is what a strict client can use.

use guard_tests::{
    fixture::Fixture,
    server::Transport,
    wire::{Version, Wire, every_way},
};
use serde_json::{Value, json};

async fn tools() -> Vec<Value> {
    let fixture = Fixture::new();
    Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await.tools().await
}

async fn tool(name: &str) -> Value {
    let tools = tools().await;
    tools.iter().find(|tool| tool["name"] == name).cloned().expect("a tool that is published")
}

/// Visits every schema in a schema.
fn visit(schema: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
    if let Value::Object(members) = schema {
        look(path, schema);
        for (name, member) in members {
            visit(member, &format!("{path}/{name}"), look);
        }
    } else if let Value::Array(members) = schema {
        for (index, member) in members.iter().enumerate() {
            visit(member, &format!("{path}/{index}"), look);
        }
    }
}

#[tokio::test]
async fn every_input_is_closed_at_every_level() {
    let tools = tools().await;
    let mut objects = 0;
    for tool in &tools {
        let input = &tool["inputSchema"];
        assert_eq!(input["$schema"], "https://json-schema.org/draft/2020-12/schema", "{tool}");
        assert_eq!(input["type"], "object", "{tool}");
        visit(input, &tool["name"].to_string(), &mut |path, schema| {
            let types = &schema["type"];
            let is_object = types == "object"
                || types.as_array().is_some_and(|types| types.contains(&json!("object")));
            if is_object || schema.get("properties").is_some_and(|p| p.get("type").is_none()) {
                objects += 1;
                assert_eq!(schema["additionalProperties"], false, "{path}: {schema}");
            }
        });
    }
    assert!(objects > tools.len(), "nested structures are among them");
}

#[tokio::test]
async fn nothing_is_published_that_only_rust_understands() {
    for tool in tools().await {
        for part in ["inputSchema", "outputSchema"] {
            visit(&tool[part], part, &mut |path, schema| {
                let format = schema["format"].as_str().unwrap_or_default();
                let noise =
                    ["int", "uint", "float", "double"].iter().any(|f| format.starts_with(f));
                assert!(!noise, "{} {path}: {schema}", tool["name"]);
            });
        }
    }
}

#[tokio::test]
async fn a_refund_says_all_that_is_enforced() {
    let tool = tool("create_refund").await;
    let input = &tool["inputSchema"];
    let properties = &input["properties"];
    assert_eq!(tool["description"], "Issue a refund for a paid order.");
    assert_eq!(properties["amount_cents"]["type"], "integer");
    assert_eq!(properties["amount_cents"]["minimum"], 1);
    assert_eq!(properties["amount_cents"]["maximum"], 50000);
    assert_eq!(properties["amount_cents"]["description"], "Amount to refund, in cents.");
    assert_eq!(properties["order_id"]["type"], "string");
    let key = &properties["idempotency_key"];
    assert_eq!(key["type"], "string");
    assert_eq!(key["pattern"], "^[A-Za-z0-9_.:-]{8,128}$");
    assert!(key["description"].as_str().is_some_and(|text| text.contains("key")), "{key}");
    let mut required: Vec<_> =
        input["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    required.sort_unstable();
    assert_eq!(required, ["amount_cents", "idempotency_key", "order_id", "reason"]);
    assert_eq!(properties.as_object().map(serde_json::Map::len), Some(4), "borrowed ones are not");
    let text = input.to_string();
    for reason in ["defect", "late", "goodwill"] {
        assert!(text.contains(&format!("\"{reason}\"")), "{text}");
    }
}

#[tokio::test]
async fn an_empty_input_is_published_as_one() {
    let tool = tool("who_am_i").await;
    let input = &tool["inputSchema"];
    assert_eq!(input["type"], "object");
    assert_eq!(input["additionalProperties"], false);
    let properties = input["properties"].as_object();
    assert!(properties.is_none_or(serde_json::Map::is_empty), "{input}");
}

#[tokio::test]
async fn annotations_follow_from_the_attribute() {
    for tool in tools().await {
        let hints = &tool["annotations"];
        // The guard's own tool takes a key to ask about, and asks nobody but the store.
        let own = tool["name"] == "operation_status";
        let keyed = !own && tool["inputSchema"]["properties"].get("idempotency_key").is_some();
        assert_eq!(hints["readOnlyHint"], !keyed, "{tool}");
        assert_eq!(hints["openWorldHint"], !own, "{tool}");
        if keyed {
            assert_eq!(hints["idempotentHint"], true, "{tool}");
            assert_eq!(hints["destructiveHint"], true, "{tool}");
        }
    }
}

#[tokio::test]
async fn the_envelope_is_published_as_an_object_that_is_one_of_two() {
    for tool in tools().await {
        let output = &tool["outputSchema"];
        assert_eq!(output["type"], "object", "old clients need it at the root: {tool}");
        assert_eq!(output["oneOf"].as_array().map(Vec::len), Some(2), "{tool}");
    }
}

#[tokio::test]
async fn every_way_publishes_the_same() {
    let mut seen: Option<Vec<(Value, Value)>> = None;
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let tools = Wire::open(&fixture.server(transport), version).await.tools().await;
        let schemas: Vec<_> = tools
            .into_iter()
            .map(|tool| (tool["name"].clone(), tool["inputSchema"].clone()))
            .collect();
        let first = seen.get_or_insert_with(|| schemas.clone());
        assert_eq!(*first, schemas, "{transport:?} {version:?}");
    }
}
