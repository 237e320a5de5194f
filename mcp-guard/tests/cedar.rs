//! Decisions by Cedar policies, through a guard.
#![cfg(feature = "cedar")]

use std::{
    collections::{HashMap, HashSet},
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use mcp_guard::{
    AccessRequest, AuthorizeError, Authorizer, BuildError, Call, CedarAuthorizer, CedarEntities,
    CedarEntitiesFuture, Decision, Reply,
    cedar_policy::{Entity, EntityUid, RestrictedExpression},
    prelude::*,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// The backend's own count of what was done.
#[derive(Clone, Default)]
struct Effects(Arc<AtomicU32>);

impl Effects {
    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Late,
    Defect,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct Place {
    country: String,
    weight: Option<f64>,
}

/// Refund an order.
#[guarded_tool(idempotent, any_caller, max_amount = 1000000)]
#[expect(clippy::too_many_arguments, reason = "one of each type")]
async fn create_refund(
    effects: &Effects,
    /// Which.
    order_id: String,
    /// How much.
    amount_cents: i64,
    /// Why.
    reason: Reason,
    /// What it is about.
    tags: Option<Vec<String>>,
    /// Where it goes.
    to: Option<Place>,
    /// What is kept back.
    #[serde(default = "fee")]
    fee_cents: u64,
    /// How far it is.
    distance: Option<f64>,
) -> Result<u32, std::convert::Infallible> {
    let to = to.map(|to| (to.country, to.weight));
    let _ = (order_id, amount_cents, reason, tags, to, fee_cents, distance);
    Ok(effects.0.fetch_add(1, Ordering::SeqCst) + 1)
}

fn fee() -> u64 {
    100
}

/// Look at an order.
#[guarded_tool(read_only, any_caller)]
async fn get_order(
    /// Which.
    order_id: u64,
) -> Result<u64, std::convert::Infallible> {
    Ok(order_id)
}

fn build(effects: &Effects, cedar: &CedarAuthorizer) -> Result<Guard, BuildError> {
    Guard::builder()
        .provide(effects.clone())
        .store(MemoryStore::new().expect("a store"))
        .tool::<create_refund>()
        .tool::<get_order>()
        .authorizer(cedar.clone())
        .build()
}

fn agent() -> Caller {
    Caller::new("https://id.example", "agent").with_tenant("acme").with_scopes(["refunds"])
}

fn refund(key: &str, amount_cents: i64) -> Value {
    json!({
        "idempotency_key": key, "order_id": "ord_1", "amount_cents": amount_cents, "reason": "late",
    })
}

async fn ask(guard: &Guard, tool: &str, arguments: Value, caller: Caller) -> Reply {
    guard.call(Call::new(tool, arguments, Some(caller))).await.expect("a tool")
}

/// The code of the refusal, or `ok`.
fn code(reply: &Reply) -> String {
    let envelope: Value = serde_json::from_str(reply.body()).expect("JSON");
    envelope["error"]["code"].as_str().unwrap_or("ok").to_owned()
}

/// What a refund with these arguments beside the usual ones comes to, under one policy.
async fn decided(policies: &str, others: Value) -> String {
    let effects = Effects::default();
    let guard = build(&effects, &CedarAuthorizer::from_text(policies)).expect("a guard");
    let mut arguments = refund("the-only-key", 500);
    let others = others.as_object().expect("arguments").clone();
    arguments.as_object_mut().expect("arguments").extend(others);
    let code = code(&ask(&guard, "create_refund", arguments, agent()).await);
    assert_eq!(effects.count(), u32::from(code == "ok"));
    code
}

fn mistakes(cedar: &CedarAuthorizer) -> Vec<String> {
    let refused = build(&Effects::default(), cedar).err().expect("mistakes");
    refused.mistakes().to_vec()
}

const PERMIT_ALL: &str = "permit(principal, action, resource);";

#[tokio::test]
async fn without_a_policy_that_permits_everything_is_denied() {
    assert_eq!(decided("", json!({})).await, "not_permitted");
    assert_eq!(decided(PERMIT_ALL, json!({})).await, "ok");
    let forbidden = format!("{PERMIT_ALL} forbid(principal, action, resource);");
    assert_eq!(decided(&forbidden, json!({})).await, "not_permitted");
}

#[tokio::test]
async fn policies_judge_the_caller_the_tool_and_the_typed_arguments() {
    let when = |condition: &str| {
        format!(
            r#"permit(principal, action == Action::"create_refund", resource) when {{ {condition} }};"#
        )
    };
    for (condition, others) in [
        (r#"principal == Caller::"https://id.example|acme|agent""#, json!({})),
        (r#"principal.issuer == "https://id.example" && principal.subject == "agent""#, json!({})),
        (r#"principal has tenant && principal.tenant == "acme""#, json!({})),
        ("!(principal has client)", json!({})),
        (r#"principal.scopes.contains("refunds")"#, json!({})),
        (r#"resource == Tool::"create_refund""#, json!({})),
        ("context.arguments.amount_cents == 500", json!({})),
        (r#"context.arguments.reason == "late""#, json!({})),
        ("!(context.arguments has tags)", json!({})),
        ("!(context.arguments has tags)", json!({"tags": null})),
        (
            r#"context.arguments has tags && context.arguments.tags.contains("b")"#,
            json!({"tags": ["a", "b"]}),
        ),
        (
            r#"context.arguments has to && context.arguments.to.country == "NL""#,
            json!({"to": {"country": "NL", "weight": 1.5}}),
        ),
        // What was left out is judged by the default that the body will see.
        ("context.arguments.fee_cents == 100", json!({})),
        ("context.arguments.fee_cents == 7", json!({"fee_cents": 7})),
    ] {
        assert_eq!(decided(&when(condition), others.clone()).await, "ok", "{condition}");
        let otherwise = format!("!({condition})");
        assert_eq!(decided(&when(&otherwise), others).await, "not_permitted", "{condition}");
    }
}

/// What Cedar cannot hold might be what a policy forbids.
#[tokio::test]
async fn an_integer_that_cedar_cannot_hold_is_denied() {
    let largest = i64::MAX.unsigned_abs();
    assert_eq!(decided(PERMIT_ALL, json!({"fee_cents": largest})).await, "ok");
    assert_eq!(decided(PERMIT_ALL, json!({"fee_cents": largest + 1})).await, "not_permitted");
    assert_eq!(decided(PERMIT_ALL, json!({"fee_cents": u64::MAX})).await, "not_permitted");
}

/// `permit` alone would go on where a `forbid` fails.
#[tokio::test]
async fn a_policy_that_cannot_be_evaluated_denies() {
    let overflows = format!(
        "{PERMIT_ALL} forbid(principal, action == Action::\"create_refund\", resource)
         when {{ context.arguments.fee_cents + 9223372036854775807 < 0 }};"
    );
    assert_eq!(decided(&overflows, json!({"fee_cents": 1})).await, "not_permitted");
    assert_eq!(decided(&overflows, json!({"fee_cents": 0})).await, "ok");
}

#[test]
fn every_mistake_in_the_policies_is_told_when_the_guard_is_built() {
    let wrong = CedarAuthorizer::from_text(
        r#"
        permit(principal, action == Action::"create_refnud", resource);
        permit(principal, action == Action::"create_refund", resource)
        when { context.arguments.amount_cent <= 500 };
        permit(principal, action == Action::"create_refund", resource)
        when { context.arguments.amount_cents == "500" };
        permit(principal, action == Action::"create_refund", resource)
        when { context.arguments.tags.contains("a") };
        permit(principal, action == Action::"create_refund", resource)
        when { context.arguments.distance == 5 };
        permit(principal is Callr, action, resource);
        permit(principal == ?principal, action, resource);
        "#,
    );
    let told = mistakes(&wrong);
    assert!(told.iter().all(|mistake| mistake.starts_with("authorizer `cedar`: ")), "{told:#?}");
    for expected in
        ["create_refnud", "amount_cent`", "policy2", "tags", "distance", "Callr", "is a template"]
    {
        assert!(told.iter().any(|mistake| mistake.contains(expected)), "{expected}: {told:#?}");
    }
    assert!(told.len() >= 7, "{told:#?}");
    assert_eq!(mistakes(&CedarAuthorizer::from_text("permit(principal,")).len(), 1);
}

#[test]
fn every_mistake_in_the_set_up_is_told_when_the_guard_is_built() {
    let told = |cedar: CedarAuthorizer| mistakes(&cedar).join("\n");
    let permits = || CedarAuthorizer::from_text(PERMIT_ALL);
    for (mapping, expected) in [
        (["refund", "Order", "order_id"], "there is no tool `refund`"),
        (["create_refund", "Order", "order"], "the tool has no argument `order`"),
        (["create_refund", "Order", "to"], "must be a required text or integer"),
        (["create_refund", "Or der", "order_id"], "is no name of an entity type"),
    ] {
        let [tool, entity_type, argument] = mapping;
        let told = told(permits().resource(tool, entity_type, argument));
        assert!(told.contains(expected), "{told}");
    }
    let twice = permits().resource("create_refund", "Order", "order_id");
    let twice = twice.resource("create_refund", "Order", "reason");
    assert!(told(twice).contains("has a resource already"));
    assert!(told(permits().schema("entity Order {")).contains("its schema"));
    assert!(told(permits().schema("entity Caller;")).contains("its schema"));
    let missing = tempfile::tempdir().expect("a folder");
    assert!(
        told(CedarAuthorizer::from_files(missing.path())).contains("there is no `*.cedar` file")
    );
    let missing = missing.path().join("policies.cedar");
    assert!(told(CedarAuthorizer::from_files(missing)).contains("cannot be read"));
}

/// Whose the orders are.
struct Owners(HashMap<&'static str, &'static str>);

impl CedarEntities for Owners {
    fn entities<'a>(
        &'a self,
        request: AccessRequest<'a>,
        resource: &'a EntityUid,
    ) -> CedarEntitiesFuture<'a> {
        Box::pin(async move {
            let id = resource.id().unescaped();
            if id == "ord_lost" {
                return Err(AuthorizeError::new("no answer from CANARY"));
            }
            let Some(owner) = self.0.get(id) else { return Ok(Vec::new()) };
            let owner = Caller::new(request.caller().issuer(), *owner).with_tenant("acme");
            let owner = format!("Caller::{:?}", CedarAuthorizer::caller_id(&owner));
            let owner = RestrictedExpression::new_entity_uid(owner.parse().expect("an entity"));
            let attributes = HashMap::from([("owner".to_owned(), owner)]);
            let order = Entity::new(resource.clone(), attributes, HashSet::new());
            Ok(vec![order.map_err(|error| AuthorizeError::new(error.to_string()))?])
        })
    }
}

#[tokio::test]
async fn an_argument_names_the_resource_and_the_server_says_what_it_is_like() {
    let effects = Effects::default();
    let cedar = CedarAuthorizer::from_text(
        r#"permit(principal, action == Action::"create_refund", resource)
           when { resource.owner == principal };
           permit(principal, action == Action::"get_order", resource == Receipt::"7");"#,
    );
    let cedar = cedar
        .schema("entity Order { owner: Caller };")
        .resource("create_refund", "Order", "order_id")
        .resource("get_order", "Receipt", "order_id")
        .entities(Owners(HashMap::from([("ord_1", "agent"), ("ord_2", "colleague")])));
    let guard = build(&effects, &cedar).expect("a guard");
    let mut told = Vec::new();
    for (order_id, expected) in [
        ("ord_1", "ok"),
        ("ord_2", "not_permitted"),
        ("ord_missing", "not_permitted"),
        ("ord_lost", "authorization_unavailable"),
    ] {
        let mut arguments = refund(&format!("the-key-of-{order_id}"), 500);
        arguments["order_id"] = order_id.into();
        let reply = ask(&guard, "create_refund", arguments, agent()).await;
        assert_eq!(code(&reply), expected, "{order_id}");
        assert!(!reply.body().contains("CANARY"));
        told.push(reply.body().to_owned());
    }
    assert_eq!(told[1], told[2]);
    assert_eq!(effects.count(), 1);
    for (order_id, expected) in [(7, "ok"), (8, "not_permitted")] {
        let reply = ask(&guard, "get_order", json!({"order_id": order_id}), agent()).await;
        assert_eq!(code(&reply), expected);
    }
}

/// Two callers are never one entity.
#[test]
fn the_id_of_a_caller_is_unambiguous() {
    let callers = [
        Caller::new("a", "b"),
        Caller::new("a", "b").with_tenant(""),
        Caller::new("a", "b").with_tenant("c"),
        Caller::new("a|c", "b"),
        Caller::new("a", "c|b"),
        Caller::new("a%7Cc", "b"),
        Caller::new("a", "c%7Cb"),
        Caller::new("a%257Cc", "b"),
        Caller::new("", "a|b"),
    ];
    let ids: HashSet<_> = callers.iter().map(CedarAuthorizer::caller_id).collect();
    assert_eq!(ids.len(), callers.len(), "{ids:?}");
    assert_eq!(CedarAuthorizer::caller_id(&agent()), "https://id.example|acme|agent");
}

#[tokio::test]
async fn policies_are_replaced_whole_or_not_at_all() {
    let effects = Effects::default();
    let cedar = CedarAuthorizer::from_text(PERMIT_ALL);
    assert!(cedar.reload(PERMIT_ALL).is_err(), "no guard was built");
    let guard = build(&effects, &cedar).expect("a guard");
    let ask = || ask(&guard, "create_refund", refund("the-only-key", 500), agent());
    let first = ask().await;
    assert_eq!(code(&first), "ok");

    let wrong = "permit(principal, action == Action::\"refund\", resource);";
    for bad in [wrong, "permit(", "permit(principal == ?principal, action, resource);"] {
        let refused = cedar.reload(bad).expect_err("a mistake");
        assert!(!refused.mistakes().is_empty());
        assert!(ask().await.is_replay(), "the old policies stay");
    }
    cedar.reload("").expect("policies");
    let denied = ask().await;
    assert_eq!(code(&denied), "not_permitted");
    cedar.reload(PERMIT_ALL).expect("policies");
    let again = ask().await;
    assert!(again.is_replay());
    assert_eq!(again.body(), first.body());
    assert!(cedar.reload_from_files().is_err(), "there are none");
    assert_eq!(effects.count(), 1);
}

#[tokio::test]
async fn the_files_of_a_folder_decide_together_and_are_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("a file");
    };
    write("b.cedar", PERMIT_ALL);
    write("a.cedar", "@id(\"frozen\") forbid(principal, action, resource);");
    write("notes.txt", "not a policy");
    let effects = Effects::default();
    let cedar = CedarAuthorizer::from_files(folder.path());
    let guard = build(&effects, &cedar).expect("a guard");
    let order = json!({"order_id": 1});
    let ask = async || code(&ask(&guard, "get_order", order.clone(), agent()).await);
    assert_eq!(ask().await, "not_permitted");

    fs::remove_file(folder.path().join("a.cedar")).expect("a file");
    assert_eq!(ask().await, "not_permitted", "nothing is read until that is said");
    cedar.reload_from_files().expect("policies");
    assert_eq!(ask().await, "ok");

    write("c.cedar", "permit(principal, action == Action::\"no_tool\", resource);");
    let refused = cedar.reload_from_files().expect_err("a mistake");
    assert!(refused.to_string().contains("c.cedar: policy0"), "{refused}");
    fs::remove_file(folder.path().join("b.cedar")).expect("a file");
    fs::remove_file(folder.path().join("c.cedar")).expect("a file");
    let refused = cedar.reload_from_files().expect_err("no file");
    assert!(refused.to_string().contains("there is no `*.cedar` file"), "{refused}");
    assert_eq!(ask().await, "ok");
}

#[tokio::test]
async fn one_authorizer_decides_for_one_guard() {
    let cedar = CedarAuthorizer::from_text(PERMIT_ALL);
    let _guard = build(&Effects::default(), &cedar).expect("a guard");
    assert!(build(&Effects::default(), &cedar).is_ok(), "of the same tools");
    let other = Guard::builder().tool::<get_order>().authorizer(cedar).build();
    let told = other.err().expect("a mistake").to_string();
    assert!(told.contains("make one for each"), "{told}");
}

#[tokio::test]
async fn the_guards_own_tool_is_not_a_matter_of_policies() {
    let denies_all = CedarAuthorizer::from_text("");
    let guard = build(&Effects::default(), &denies_all).expect("a guard");
    let asked = json!({"tool": "create_refund", "idempotency_key": "the-only-key"});
    assert_eq!(code(&ask(&guard, "operation_status", asked, agent()).await), "ok");
    let names_it = "permit(principal, action == Action::\"operation_status\", resource);";
    let told = mistakes(&CedarAuthorizer::from_text(names_it));
    assert!(told.join("\n").contains("operation_status"), "{told:?}");
}

/// `cargo test --release -p mcp-guard --features cedar --test cedar -- --ignored --nocapture`
#[tokio::test]
#[ignore = "it measures"]
async fn what_one_decision_takes() {
    let ten = (0..10).fold(String::new(), |policies, number| {
        policies
            + &format!(
                r#"permit(principal, action == Action::"create_refund", resource)
                   when {{ principal.scopes.contains("refunds:{number}")
                        && context.arguments.amount_cents <= {number} }};"#
            )
    });
    let cedar = CedarAuthorizer::from_text(ten + PERMIT_ALL);
    let _guard = build(&Effects::default(), &cedar).expect("a guard");
    let (caller, arguments) = (agent(), refund("unused", 500));
    let mut arguments = arguments.as_object().expect("arguments").clone();
    arguments.remove("idempotency_key");
    arguments.insert("fee_cents".into(), 100.into());
    let spec = <create_refund as mcp_guard::Tool>::SPEC;
    let rounds = 20_000;
    let started = Instant::now();
    for _ in 0..rounds {
        let request = AccessRequest::new(&caller, &spec, &arguments);
        assert_eq!(cedar.authorize(request).await, Ok(Decision::Permit));
    }
    println!(
        "{:.1} µs a decision, of 11 policies",
        started.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
    );
}
