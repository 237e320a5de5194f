//! Authorizers of one's own, beside the tools.

use std::{
    collections::BTreeSet,
    future::{Ready, pending, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use guard_tests::{in_process::InProcess, wire::Wire};
use mcp_guard::{
    AccessRequest, AuthorizeError, AuthorizeFuture, Authorizer, Decision, EffectClass,
    GuardBuilder, Permission, ToolDescription, prelude::*,
};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

/// Stands in every error and panic, and must reach no client.
const CANARY: &str = "CANARY-policy.internal:8181";

/// The backend's own count of what was done.
#[derive(Clone, Default)]
struct Effects(Arc<AtomicU32>);

impl Effects {
    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Act.
#[guarded_tool(idempotent, scope = "acting", authorize = is_small(amount))]
async fn act(
    effects: &Effects,
    /// How much.
    #[serde(rename = "howMuch")]
    amount: u64,
    /// How much it costs.
    #[serde(default = "fee")]
    fee: u64,
    /// What to remember.
    note: Option<String>,
) -> Result<u64, std::convert::Infallible> {
    drop(note);
    effects.0.fetch_add(1, Ordering::SeqCst);
    Ok(amount + fee)
}

fn fee() -> u64 {
    7
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "arguments are lent")]
fn is_small(_: &Caller, amount: &u64) -> Ready<bool> {
    ready(*amount < 1_000)
}

/// Look.
#[guarded_tool(read_only, any_caller)]
async fn look(
    /// Where.
    place: String,
) -> Result<Vec<String>, std::convert::Infallible> {
    Ok(vec![place])
}

/// Tell what became of something.
#[guarded_tool(read_only, any_caller, name = "operation_status")]
async fn own_status() -> Result<u8, std::convert::Infallible> {
    Ok(1)
}

/// What an authorizer of a test does.
#[derive(Clone, Copy)]
enum Manner {
    Answers(Decision),
    Fails,
    Panics,
    PanicsAtOnce,
    Hangs,
}

const PERMIT: Manner = Manner::Answers(Decision::Permit);
const DENY: Manner = Manner::Answers(Decision::Deny);

/// What was asked: who, of what, with which arguments.
type Asked = Arc<Mutex<Vec<(String, &'static str, Map<String, Value>)>>>;

#[derive(Clone)]
struct Scripted {
    manner: Manner,
    asked: Asked,
}

impl Scripted {
    fn new(manner: Manner) -> Self {
        Self { manner, asked: Asked::default() }
    }

    fn asked(&self) -> Vec<(String, &'static str, Map<String, Value>)> {
        self.asked.lock().expect("a list").clone()
    }
}

impl Authorizer for Scripted {
    fn authorize<'a>(&'a self, request: AccessRequest<'a>) -> AuthorizeFuture<'a> {
        let question = (
            request.caller().subject().to_owned(),
            request.tool().name,
            request.arguments().clone(),
        );
        self.asked.lock().expect("a list").push(question);
        let answer = |answer: Permission| Box::pin(ready(answer));
        match self.manner {
            Manner::Answers(decision) => answer(Ok(decision)),
            Manner::Fails => answer(Err(AuthorizeError::new(CANARY))),
            Manner::Panics => Box::pin(async { panic!("{CANARY}") }),
            Manner::PanicsAtOnce => panic!("{CANARY}"),
            Manner::Hangs => Box::pin(pending()),
        }
    }
}

fn builder(effects: &Effects) -> GuardBuilder {
    Guard::builder()
        .identity(Caller::local("agent").with_scopes(["acting"]))
        .provide(effects.clone())
        .store(MemoryStore::new().expect("a store"))
        .authorize_timeout(Duration::from_millis(200))
        .tool::<act>()
        .tool::<look>()
}

fn acting(how_much: u64) -> Value {
    json!({"howMuch": how_much, "idempotency_key": "the-only-key"})
}

/// What an act comes to under these, and what was done.
async fn acts(authorizers: &[Scripted]) -> ((String, String), u32) {
    let effects = Effects::default();
    let guard = authorizers
        .iter()
        .fold(builder(&effects), |builder, authorizer| builder.authorizer(authorizer.clone()));
    let mut wire = InProcess::open(guard.build().expect("a guard")).await;
    let answer = wire.call("act", &acting(5)).await;
    assert!(!answer.text.contains("CANARY"), "{answer:?}");
    let error = match answer.envelope()["status"].as_str() {
        Some("ok") => ("ok".to_owned(), String::new()),
        _ => answer.error(),
    };
    (error, effects.count())
}

fn error(category: &str, code: &str) -> (String, String) {
    (category.into(), code.into())
}

#[tokio::test]
async fn all_must_permit() {
    for (manners, expected) in [
        (&[PERMIT, PERMIT][..], error("ok", "")),
        (&[DENY, PERMIT], error("authz", "not_permitted")),
        (&[PERMIT, DENY], error("authz", "not_permitted")),
        (&[PERMIT, Manner::Fails], error("transient", "authorization_unavailable")),
        (&[Manner::Fails, PERMIT], error("transient", "authorization_unavailable")),
        (&[Manner::Panics, PERMIT], error("transient", "authorization_unavailable")),
        (&[Manner::PanicsAtOnce, PERMIT], error("transient", "authorization_unavailable")),
        (&[Manner::Hangs, PERMIT], error("transient", "authorization_unavailable")),
    ] {
        let authorizers: Vec<_> = manners.iter().map(|manner| Scripted::new(*manner)).collect();
        let (told, done) = acts(&authorizers).await;
        assert_eq!(told, expected);
        assert_eq!(done, u32::from(told.0 == "ok"));
    }
}

#[tokio::test]
async fn the_tools_own_word_comes_first_and_the_first_that_denies_ends_it() {
    let effects = Effects::default();
    let [first, second] = [Scripted::new(DENY), Scripted::new(PERMIT)];
    let guard = builder(&effects).authorizer(first.clone()).authorizer(second.clone()).build();
    let mut wire = InProcess::open(guard.expect("a guard")).await;
    let denied = wire.call("act", &acting(5)).await;
    assert_eq!(denied.error(), error("authz", "not_permitted"));
    assert_eq!((first.asked().len(), second.asked().len()), (1, 0));
    let by_the_tool = wire.call("act", &acting(1_000)).await;
    assert_eq!(by_the_tool.bytes(), denied.bytes());
    assert_eq!(first.asked().len(), 1, "the tool's own function had denied it");
}

#[tokio::test]
async fn they_are_told_the_arguments_as_the_body_will_see_them() {
    let effects = Effects::default();
    let authorizer = Scripted::new(PERMIT);
    let guard = builder(&effects).authorizer(Arc::new(authorizer.clone())).build();
    let mut wire = InProcess::open(guard.expect("a guard")).await;
    for call in 1..=2 {
        let answer = wire.call("act", &acting(5)).await;
        assert_eq!(answer.result(), 12);
        assert_eq!(answer.is_replay(), call == 2);
    }
    assert_eq!(wire.call("look", &json!({"place": "here"})).await.result(), json!(["here"]));
    let told = |value: Value| value.as_object().expect("arguments").clone();
    let act = ("agent".to_owned(), "act", told(json!({"howMuch": 5, "fee": 7})));
    let look = ("agent".to_owned(), "look", told(json!({"place": "here"})));
    assert_eq!(authorizer.asked(), [act.clone(), act, look]);
}

#[tokio::test]
async fn they_are_not_asked_about_the_guards_own_tool() {
    let denies = Scripted::new(DENY);
    let guard = builder(&Effects::default()).authorizer(denies.clone()).build();
    let mut wire = InProcess::open(guard.expect("a guard")).await;
    let asked = json!({"tool": "act", "idempotency_key": "the-only-key"});
    let status = wire.call("operation_status", &asked).await;
    assert_eq!(status.result()["operation"], "none");
    assert_eq!(denies.asked(), []);

    let builder = builder(&Effects::default()).without_operation_status().tool::<own_status>();
    let guard = builder.authorizer(denies.clone()).build();
    let mut wire = InProcess::open(guard.expect("a guard")).await;
    let told = wire.call("operation_status", &json!({})).await;
    assert_eq!(told.error(), error("authz", "not_permitted"), "another tool of this name");
}

/// Says when it is asked, and when nobody waits for its answer any more.
#[derive(Clone)]
struct Undecided {
    asked: Arc<Notify>,
    dropped: Arc<Notify>,
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Authorizer for Undecided {
    fn authorize<'a>(&'a self, _: AccessRequest<'a>) -> AuthorizeFuture<'a> {
        let dropped = OnDrop(Arc::clone(&self.dropped));
        self.asked.notify_one();
        Box::pin(async move {
            let _dropped = dropped;
            pending().await
        })
    }
}

#[tokio::test]
async fn a_cancelled_call_is_no_longer_judged() {
    let undecided = Undecided { asked: Arc::default(), dropped: Arc::default() };
    let patient = builder(&Effects::default()).authorize_timeout(Duration::from_secs(3_600));
    let guard = patient.authorizer(undecided.clone()).build().expect("a guard");
    let wire = Wire::within(guard).await;
    let (id, text) = wire.frame("tools/call", r#""name":"look","arguments":{"place":"here"}"#);
    let cancelled = async {
        undecided.asked.notified().await;
        wire.cancel(id).await;
        undecided.dropped.notified().await;
    };
    let ends = tokio::time::timeout(Duration::from_secs(10), cancelled);
    // Whether a cancelled request is answered is the protocol's affair.
    let asks = async {
        wire.exchange(id, "tools/call", Some("look"), &text).await;
        pending::<()>().await;
    };
    tokio::select! {
        ended = ends => ended.expect("nobody waits for the answer any more"),
        () = asks => {}
    }
}

struct Particular;

impl Authorizer for Particular {
    fn name(&self) -> &'static str {
        "particular"
    }

    fn authorize<'a>(&'a self, _: AccessRequest<'a>) -> AuthorizeFuture<'a> {
        Box::pin(ready(Ok(Decision::Permit)))
    }

    fn check(&self, tools: &[ToolDescription]) -> Vec<String> {
        let describe = |tool: &ToolDescription| {
            let arguments = tool.arguments()["properties"].as_object().expect("arguments");
            let arguments = arguments.keys().cloned().collect::<BTreeSet<_>>();
            let arguments = Vec::from_iter(arguments);
            let changes = matches!(tool.spec().effect, EffectClass::Idempotent(_));
            format!("{} {changes} {}", tool.spec().name, arguments.join(" "))
        };
        tools.iter().map(describe).collect()
    }
}

#[test]
fn what_is_wrong_with_them_is_told_when_the_guard_is_built() {
    let built = builder(&Effects::default()).authorize_timeout(Duration::ZERO);
    let told = built.authorizer(Particular).build().err().expect("mistakes");
    assert_eq!(
        told.mistakes(),
        [
            "`.authorize_timeout(…)` is zero",
            "authorizer `particular`: act true fee howMuch note",
            "authorizer `particular`: look false place",
        ]
    );
}
