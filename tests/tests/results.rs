//! Results: each caller's view of one, results that do not fit, and what of a tool is found when its guard
//! is built.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use guard_tests::in_process::InProcess;
use mcp_guard::{Call, GuardBuilder, MemoryStore, Reply, prelude::*};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

/// The backend's own count of what was done.
#[derive(Clone, Default)]
struct Issued(Arc<AtomicU32>);

#[derive(Serialize, JsonSchema)]
struct Card {
    number: String,
    last4: String,
}

#[derive(Serialize, JsonSchema)]
struct Account {
    id: u32,
    cards: Vec<Card>,
    holder: Option<String>,
}

/// Issue a card.
#[guarded_tool(
    idempotent(key = [customer]),
    any_caller,
    redact(cards.number, holder, scope = "pii")
)]
async fn issue(
    issued: &Issued,
    /// For whom.
    customer: u32,
) -> Result<Account, Infallible> {
    let id = issued.0.fetch_add(1, Ordering::SeqCst);
    let card = |number: &str| Card { number: number.into(), last4: "4242".into() };
    let cards = vec![card("4000-CANARY-4242"), card("5000-CANARY-4242")];
    Ok(Account { id: id + customer, cards, holder: Some("CANARY".into()) })
}

fn builder() -> GuardBuilder {
    Guard::builder()
        .store(MemoryStore::new().expect("a store"))
        .identity(Caller::local("agent").with_tenant("acme"))
}

fn agent(scopes: &[&str]) -> Caller {
    Caller::local("agent").with_tenant("acme").with_scopes(scopes.iter().copied())
}

async fn call(guard: &Guard, caller: Caller, key: &str) -> Reply {
    let arguments = json!({"customer": 7, "idempotency_key": key});
    guard.call(Call::new("issue", arguments, Some(caller))).await.expect("a tool")
}

fn published(guard_tools: &Value, tool: &str) -> jsonschema::Validator {
    let tools = guard_tools["result"]["tools"].as_array().expect("tools");
    let tool = tools.iter().find(|listed| listed["name"] == tool).expect("it is listed");
    jsonschema::draft202012::new(&tool["outputSchema"]).expect("a schema")
}

#[tokio::test]
async fn each_caller_is_shown_their_view_of_one_recorded_answer() {
    let issued = Issued::default();
    let guard = builder().provide(issued.clone()).tool::<issue>().build().expect("a guard");
    let schema = {
        let mut wire = InProcess::open(guard.clone()).await;
        published(&wire.ask("tools/list", json!({})).await.message(), "issue")
    };
    let first = call(&guard, agent(&[]), "a-first-key").await;
    let whole = call(&guard, agent(&["pii"]), "a-first-key").await;
    let again = call(&guard, agent(&[]), "a-first-key").await;
    let by_another = call(&guard, agent(&[]), "a-second-key").await;
    assert_eq!(issued.0.load(Ordering::SeqCst), 1, "one effect, several views");

    for view in [&first, &again, &by_another] {
        assert!(!view.body().contains("CANARY"), "{}", view.body());
        assert_eq!(view.body(), first.body(), "the same caller's view is the same bytes");
        assert_eq!(view.withheld(), ["/cards/number", "/holder"]);
        assert!(view.body().contains("4242"), "the rest is there: {}", view.body());
    }
    assert_eq!(whole.body().matches("CANARY").count(), 3, "{}", whole.body());
    assert!(whole.is_replay() && whole.withheld().is_empty());
    assert_eq!(whole.body(), call(&guard, agent(&["pii"]), "a-first-key").await.body());
    for view in [&first, &whole] {
        let envelope = serde_json::from_str(view.body()).expect("JSON");
        assert!(schema.is_valid(&envelope), "{envelope}");
    }
}

#[tokio::test]
async fn a_client_is_told_what_is_withheld_from_it() {
    let guard = builder().provide(Issued::default()).tool::<issue>().build().expect("a guard");
    let mut wire = InProcess::open(guard).await;
    let arguments = json!({"customer": 7, "idempotency_key": "a-first-key"});
    let answer = wire.call("issue", &arguments).await;
    assert_eq!(answer.result(), json!({"id": 7, "cards": [{"last4": "4242"}, {"last4": "4242"}]}));
    let meta = &answer.message()["result"]["_meta"];
    assert_eq!(meta["mcp-guard/withheld"], json!(["/cards/number", "/holder"]));
    assert!(!answer.text.contains("CANARY"), "{answer:?}");
}

#[derive(Serialize, JsonSchema)]
struct Tree {
    name: String,
    owner: Option<String>,
    children: Vec<Tree>,
}

/// Show a tree.
#[guarded_tool(read_only, any_caller, redact(children.owner, scope = "pii"))]
async fn grow() -> Result<Tree, Infallible> {
    let leaf = || Tree { name: "leaf".into(), owner: Some("CANARY".into()), children: Vec::new() };
    let branch = Tree { name: "branch".into(), owner: None, children: vec![leaf()] };
    Ok(Tree { name: "root".into(), owner: None, children: vec![branch, leaf()] })
}

#[tokio::test]
async fn a_tree_is_published_as_one() {
    let guard = builder().tool::<grow>().build().expect("a guard");
    let mut wire = InProcess::open(guard.clone()).await;
    let schema = published(&wire.ask("tools/list", json!({})).await.message(), "grow");
    let answer = wire.call("grow", &json!({})).await;
    let shown = &answer.message()["result"]["structuredContent"];
    assert_eq!(shown["result"]["children"][0]["children"][0]["name"], "leaf");
    assert!(shown["result"]["children"][1].get("owner").is_none(), "{shown}");
    assert!(schema.is_valid(shown), "{shown}");
    let call = Call::new("grow", json!({}), Some(agent(&["pii"])));
    let whole = guard.call(call).await.expect("a tool");
    let whole: Value = serde_json::from_str(whole.body()).expect("JSON");
    assert!(schema.is_valid(&whole), "{whole}");
    let mut spoilt = whole;
    spoilt["result"]["children"][0]["children"][0]["name"] = json!(5);
    assert!(!schema.is_valid(&spoilt), "{spoilt}");
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Slot {
    Main,
    Backup,
    #[serde(untagged)]
    Other(String),
}

#[derive(Serialize, JsonSchema)]
struct Wallet {
    cards: BTreeMap<Slot, Card>,
}

/// Open a wallet.
#[guarded_tool(read_only, any_caller, redact(cards.number, scope = "pii"))]
async fn open() -> Result<Wallet, Infallible> {
    let card = || Card { number: "4000-CANARY-4242".into(), last4: "4242".into() };
    let slots = [Slot::Main, Slot::Backup, Slot::Other("third".into())];
    Ok(Wallet { cards: slots.into_iter().map(|slot| (slot, card())).collect() })
}

/// Some of the keys are known beforehand, and are published by their names.
#[tokio::test]
async fn no_card_of_a_map_is_shown_whatever_its_key() {
    let guard = builder().tool::<open>().build().expect("a guard");
    let mut wire = InProcess::open(guard).await;
    let schema = published(&wire.ask("tools/list", json!({})).await.message(), "open");
    let answer = wire.call("open", &json!({})).await;
    assert!(!answer.text.contains("CANARY"), "{answer:?}");
    assert_eq!(answer.text.matches("last4").count() % 3, 0, "{answer:?}");
    let shown = &answer.message()["result"]["structuredContent"];
    assert!(schema.is_valid(shown), "{shown}");
}

/// A number that is not what its schema says.
#[derive(Serialize)]
struct Lie {
    count: &'static str,
}

impl JsonSchema for Lie {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Lie".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "properties": {"count": {"type": "integer"}}})
    }
}

/// Count, and act.
#[guarded_tool(idempotent, any_caller)]
async fn act(issued: &Issued) -> Result<Lie, Infallible> {
    issued.0.fetch_add(1, Ordering::SeqCst);
    Ok(Lie { count: "many" })
}

/// Count.
#[guarded_tool(read_only, any_caller)]
async fn count() -> Result<Lie, Infallible> {
    Ok(Lie { count: "many" })
}

/// The truth about an effect is told, whatever its shape; what changed nothing can be refused.
#[tokio::test]
async fn a_result_that_does_not_fit_is_noticed_where_it_is_checked() {
    let key = json!({"idempotency_key": "a-first-key"});
    for checked in [true, false] {
        let issued = Issued::default();
        let builder = builder().provide(issued.clone()).tool::<act>().tool::<count>();
        let guard = builder.check_results(checked).build().expect("a guard");
        let mut wire = InProcess::open(guard).await;
        let acted = wire.call("act", &key).await;
        assert_eq!(acted.result(), json!({"count": "many"}));
        let meta = &acted.message()["result"]["_meta"]["mcp-guard/misfit"];
        assert_eq!(*meta == json!(true), checked, "{acted:?}");
        let replay = wire.call("act", &key).await;
        assert_eq!((replay.bytes(), replay.is_replay()), (acted.bytes(), true));
        let meta = &replay.message()["result"]["_meta"]["mcp-guard/misfit"];
        assert_eq!(*meta == json!(true), checked, "{replay:?}");
        assert_eq!(issued.0.load(Ordering::SeqCst), 1);

        let counted = wire.call("count", &json!({})).await;
        if checked {
            assert_eq!(counted.error(), ("internal".into(), "internal".into()));
            assert!(!counted.text.contains("many"), "{counted:?}");
        } else {
            assert_eq!(counted.result(), json!({"count": "many"}));
        }
    }
}

#[derive(Debug, thiserror::Error, ToolError)]
#[error("there was no answer")]
#[tool_error(ambiguous)]
struct NoAnswer;

/// Act, and have no answer.
#[guarded_tool(idempotent(on_unknown = reconcile(look)), any_caller)]
async fn act_and_forget() -> Result<Lie, NoAnswer> {
    Err(NoAnswer)
}

fn look() -> Ready<Reconciled<Lie>> {
    ready(Reconciled::Landed(Lie { count: "many" }))
}

/// It has landed, whatever its result looks like.
#[tokio::test]
async fn what_a_reconciler_found_is_held_to_the_schema_as_well() {
    let key = json!({"idempotency_key": "a-first-key"});
    for checked in [true, false] {
        let builder = builder().tool::<act_and_forget>().check_results(checked);
        let mut wire = InProcess::open(builder.build().expect("a guard")).await;
        assert_eq!(wire.call("act_and_forget", &key).await.category(), "unknown");
        let landed = wire.call("act_and_forget", &key).await;
        assert_eq!(landed.result(), json!({"count": "many"}));
        let meta = &landed.message()["result"]["_meta"]["mcp-guard/misfit"];
        assert_eq!(*meta == json!(true), checked, "{landed:?}");
    }
}

/// Results are checked in tests unless somebody says otherwise.
#[tokio::test]
async fn results_are_checked_in_tests_by_default() {
    let guard = builder().provide(Issued::default()).tool::<count>().build().expect("a guard");
    let refused = InProcess::open(guard).await.call("count", &json!({})).await;
    assert_eq!(refused.category(), "internal");
}

#[derive(serde::Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Line {
    sku: String,
}

/// Order.
#[guarded_tool(idempotent, any_caller)]
async fn order(
    /// What.
    lines: Vec<Line>,
) -> Result<(), Infallible> {
    drop(lines);
    Ok(())
}

#[tokio::test]
async fn a_rule_warns_denies_or_is_silent_as_it_is_set() {
    let guard =
        builder().tool::<order>().build().expect("warnings do not keep a guard from serving");
    let found: Vec<_> =
        guard.lint_findings().iter().map(|one| (one.lint(), one.pointer())).collect();
    for expected in [
        (Lint::MissingDescription, "/inputSchema/$defs/Line/properties/sku"),
        (Lint::UnboundedString, "/inputSchema/$defs/Line/properties/sku"),
        (Lint::UnboundedArray, "/inputSchema/properties/lines"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:?}");
    }
    let denied = builder().tool::<order>().lint(Lint::UnboundedString, Level::Deny).build();
    let mistakes = denied.err().expect("denied").to_string();
    assert!(
        mistakes
            .contains("tool `order`, /inputSchema/$defs/Line/properties/sku: text of any length")
            && mistakes.contains("length(max = 64)"),
        "{mistakes}"
    );
    let silent = Lint::ALL
        .into_iter()
        .fold(builder().tool::<order>(), |builder, lint| builder.lint(lint, Level::Allow));
    assert_eq!(silent.build().expect("a guard").lint_findings(), []);
}

#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
struct CardId(String);

/// Name a card.
#[guarded_tool(read_only, any_caller)]
async fn name() -> Result<CardId, Infallible> {
    Ok(CardId("crd_1".into()))
}

/// Count.
#[guarded_tool(read_only, any_caller)]
async fn number() -> Result<u64, Infallible> {
    Ok(5)
}

/// Show an account.
#[guarded_tool(read_only, any_caller, redact(card.nummer, scope = "pii"))]
async fn misspelled() -> Result<Account, Infallible> {
    Ok(Account { id: 1, cards: Vec::new(), holder: None })
}

#[tokio::test]
async fn what_must_not_ship_is_not_built() {
    let built = builder().tool::<misspelled>().build();
    let mistakes = built.err().expect("mistakes").to_string();
    assert!(mistakes.contains("`redact(card.nummer)` names no member"), "{mistakes}");
    let mistakes = builder().tool::<name>().build().err().expect("mistakes").to_string();
    assert!(
        mistakes.contains("string alone") && mistakes.contains("return a struct"),
        "{mistakes}"
    );
    assert!(builder().tool::<number>().build().is_ok(), "a number is warned of");
    let mistakes = builder().tool::<number>().lint(Lint::BareResult, Level::Deny).build();
    assert!(mistakes.err().expect("mistakes").to_string().contains("integer alone"));
}

#[tokio::test]
async fn a_refused_key_hides_no_other_mistake() {
    let guard = builder().provide(Issued::default()).tool::<issue>().build().expect("a guard");
    let mut wire = InProcess::open(guard).await;
    for (arguments, code) in [
        (json!({"customer": "CANARY"}), "key_missing"),
        (json!({"customer": "CANARY", "idempotency_key": "CANARY !"}), "key_malformed"),
    ] {
        let answer = wire.call("issue", &arguments).await;
        let error = &answer.envelope()["error"];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!("/idempotency_key")));
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains("customer must be of type integer"), "{message}");
        assert_eq!(message.matches("idempotency_key").count(), 1, "{message}");
        assert!(!answer.text.contains("CANARY"), "{answer:?}");
    }
}
