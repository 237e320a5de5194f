//! How often a caller may call, and how many calls may be under way: what is refused was not begun.

use std::{
    convert::Infallible,
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use guard_tests::{
    answer::Answer,
    fixture::Fixture,
    server::{INTRUDER_TOKEN, Options, Transport},
    wire::{Wire, every_way},
};
use mcp_guard::{Call, Clock, MemoryStore, Quota, Rates, SystemClock, Timestamp, prelude::*};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time};

fn refund(key: &str) -> Value {
    json!({"order_id": "ord_8821", "amount_cents": 500, "reason": "late", "idempotency_key": key})
}

/// The error of a call that was refused before it began.
fn refused(answer: &Answer, code: &str) -> Duration {
    assert_eq!(answer.error(), ("transient".into(), code.into()), "{answer:?}");
    refused_by(&answer.envelope(), code)
}

fn refused_by(envelope: &Value, code: &str) -> Duration {
    let error = &envelope["error"];
    assert_eq!((&error["category"], &error["code"]), (&json!("transient"), &json!(code)));
    assert_eq!((&error["retryable"], &error["safe_new_key"]), (&json!(true), &json!(false)));
    Duration::from_millis(error["retry_after_ms"].as_u64().expect("a time"))
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_back_and_then_served() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let options = Options { pace: Some(4), ..fixture.server(transport) };
        let wire = Wire::open(&options, version).await;
        let done = wire.call("create_refund", refund("the-first-key")).await;
        // Everything counts: a replay, a tool that is not there, arguments that do not fit.
        assert!(wire.call("create_refund", refund("the-first-key")).await.is_replay());
        let _no_such_tool = wire.call("delete_refund", json!({})).await;
        assert_eq!(wire.call("create_refund", json!({})).await.category(), "validation");

        let mut waited = Duration::ZERO;
        for key in ["the-second-key", "the-first-key"] {
            let answer = wire.call("create_refund", refund(key)).await;
            waited = refused(&answer, "rate_limited");
            assert!(waited <= Duration::from_millis(500), "a quarter of two seconds: {waited:?}");
        }
        assert_eq!(fixture.effects().entries().len(), 1, "nothing was done");
        if transport == Transport::Http {
            // The same principal under another token, which may do nothing.
            let other = Wire::join(wire.url(), INTRUDER_TOKEN, version).await;
            refused(&other.call("create_refund", refund("the-second-key")).await, "rate_limited");
        }

        time::sleep(waited).await;
        let answer = wire.call("create_refund", refund("the-second-key")).await;
        assert_eq!(answer.result()["amount_cents"], 500, "{transport:?} {version:?}");
        assert!(!answer.is_replay(), "the key was not claimed before");
        assert_ne!(answer.bytes(), done.bytes());
        assert_eq!(fixture.effects().entries().len(), 2);
    }
}

/// What the tools of the guards below share.
#[derive(Clone)]
struct Backend {
    acted: Arc<AtomicU32>,
    held: Arc<Semaphore>,
}

/// Act once.
#[guarded_tool(idempotent, scope = "act")]
async fn act(backend: &Backend) -> Result<u32, Infallible> {
    Ok(backend.acted.fetch_add(1, Ordering::SeqCst))
}

/// Take as long as the test says.
#[guarded_tool(read_only, any_caller)]
async fn hold(backend: &Backend) -> Result<(), Infallible> {
    drop(backend.held.acquire().await);
    Ok(())
}

fn backend() -> Backend {
    Backend { acted: Arc::default(), held: Arc::new(Semaphore::new(0)) }
}

fn builder(backend: &Backend) -> GuardBuilder {
    let store = MemoryStore::new().expect("a store");
    let builder = Guard::builder().provide(backend.clone()).store(store);
    builder.tool::<act>().tool::<hold>()
}

fn caller(subject: &str) -> Caller {
    Caller::local(subject).with_scopes(["act"])
}

/// Calls as `caller`, with a key: the envelope.
async fn call(guard: &Guard, caller: &Caller, tool: &str, key: Option<&str>) -> Value {
    let arguments = key.map_or(json!({}), |key| json!({ "idempotency_key": key }));
    let reply = guard.call(Call::new(tool, arguments, Some(caller.clone()))).await;
    serde_json::from_str(reply.expect("a tool").body()).expect("an envelope")
}

#[tokio::test(start_paused = true)]
async fn a_tool_is_counted_for_each_caller_to_the_millisecond() {
    let backend = backend();
    let rates = Rates::new().per_tool::<act>(Quota::per_minute(2));
    let guard = builder(&backend).rates(rates).build().expect("a guard");
    let (one, two) = (caller("one"), caller("two"));
    for key in ["the-key-a", "the-key-b"] {
        assert_eq!(call(&guard, &one, "act", Some(key)).await["status"], "ok");
    }
    let answer = call(&guard, &one, "act", Some("the-key-c")).await;
    assert_eq!(answer["error"]["code"], "rate_limited", "{answer}");
    assert_eq!(answer["error"]["retry_after_ms"], 30_000, "{answer}");
    // Others are not concerned, and neither are the caller's calls of other tools.
    assert_eq!(call(&guard, &two, "act", Some("the-key-c")).await["status"], "ok");
    let asked = json!({"tool": "act", "idempotency_key": "the-key-c"});
    let standing = guard.call(Call::new("operation_status", asked, Some(one.clone()))).await;
    let standing: Value = serde_json::from_str(standing.expect("a tool").body()).expect("JSON");
    assert_eq!(standing["result"]["operation"], "none", "nothing was claimed: {standing}");

    time::advance(Duration::from_millis(29_999)).await;
    assert_eq!(call(&guard, &one, "act", Some("the-key-c")).await["error"]["retry_after_ms"], 1);
    time::advance(Duration::from_millis(1)).await;
    assert_eq!(call(&guard, &one, "act", Some("the-key-c")).await["status"], "ok");
    assert_eq!(backend.acted.load(Ordering::SeqCst), 4);
}

/// Or it would tell that the tool is in use.
#[tokio::test(start_paused = true)]
async fn a_caller_without_the_scope_does_not_learn_of_a_tools_rate() {
    let rates = Rates::new().per_tool::<act>(Quota::per_minute(1));
    let guard = builder(&backend()).rates(rates).build().expect("a guard");
    for _ in 0..5 {
        let answer = call(&guard, &Caller::local("nobody"), "act", Some("the-key-a")).await;
        assert_eq!(answer["error"]["code"], "insufficient_scope", "{answer}");
    }
}

/// A clock that tells how often a store asked it, which is at least once for each operation.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicU32>);

impl Clock for Asked {
    fn now(&self) -> Option<Timestamp> {
        self.0.fetch_add(1, Ordering::SeqCst);
        SystemClock.now()
    }
}

#[tokio::test]
async fn beyond_its_places_a_guard_sheds_at_once_and_asks_no_store() {
    let (backend, asked) = (backend(), Asked::default());
    let store = MemoryStore::with_clock(Arc::new(asked.clone())).expect("a store");
    let guard = builder(&backend).store(store).max_concurrent_calls(3);
    let guard = guard.max_concurrent_calls_per_caller(2).build().expect("a guard");
    let holding = ["one", "one", "two"].map(|subject| {
        let guard = guard.clone();
        tokio::spawn(async move { call(&guard, &caller(subject), "hold", None).await })
    });
    // When this task is polled again, each of them waits in its body.
    tokio::task::yield_now().await;

    for subject in ["one", "two", "three"] {
        let answer = call(&guard, &caller(subject), "act", Some("the-key-a")).await;
        assert_eq!(refused_by(&answer, "overloaded"), Duration::from_secs(1), "{subject}");
    }
    assert_eq!(asked.0.load(Ordering::SeqCst), 0, "the store was not asked");
    assert_eq!(backend.acted.load(Ordering::SeqCst), 0);

    backend.held.add_permits(1);
    for held in holding {
        assert_eq!(held.await.expect("no panic")["status"], "ok");
    }
    assert_eq!(call(&guard, &caller("one"), "act", Some("the-key-a")).await["status"], "ok");
    assert_eq!(backend.acted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn one_caller_does_not_take_the_places_of_others() {
    let backend = backend();
    let guard = builder(&backend).max_concurrent_calls_per_caller(1).build().expect("a guard");
    let held = tokio::spawn({
        let guard = guard.clone();
        async move { call(&guard, &caller("one"), "hold", None).await }
    });
    tokio::task::yield_now().await;
    let answer = call(&guard, &caller("one"), "act", Some("the-key-a")).await;
    refused_by(&answer, "overloaded");
    assert_eq!(call(&guard, &caller("two"), "act", Some("the-key-b")).await["status"], "ok");
    backend.held.add_permits(1);
    assert_eq!(held.await.expect("no panic")["status"], "ok");
}

/// A body that never ends keeps its place until its deadline, and no longer.
#[tokio::test(start_paused = true)]
async fn a_slow_body_does_not_lock_replays_out_for_ever() {
    let backend = backend();
    let guard = builder(&backend).max_concurrent_calls(1).timeout(Duration::from_secs(30));
    let guard = guard.build().expect("a guard");
    assert_eq!(call(&guard, &caller("one"), "act", Some("the-key-a")).await["status"], "ok");
    let held = tokio::spawn({
        let guard = guard.clone();
        async move { call(&guard, &caller("two"), "hold", None).await }
    });
    tokio::task::yield_now().await;
    refused_by(&call(&guard, &caller("one"), "act", Some("the-key-a")).await, "overloaded");
    time::sleep(Duration::from_secs(31)).await;
    assert_eq!(call(&guard, &caller("one"), "act", Some("the-key-a")).await["status"], "ok");
    assert_eq!(held.await.expect("no panic")["error"]["code"], "timed_out");
    assert_eq!(backend.acted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_million_callers_take_no_more_memory_than_some() {
    let rates = Rates::new().per_caller(Quota::per_minute(10));
    let guard = builder(&backend()).rates(rates).build().expect("a guard");
    let call_as = async |callers: std::ops::Range<u32>| {
        for number in callers {
            let caller = Caller::local(number.to_string());
            // A tool that is not there: it counts, and goes no further.
            let _counted = guard.call(Call::new("nothing", json!({}), Some(caller))).await;
        }
    };
    call_as(0..200_000).await;
    let some = resident_kib();
    call_as(200_000..1_000_000).await;
    let all = resident_kib();
    println!("resident: {some} KiB after 200,000 callers, {all} after 1,000,000");
    assert!(all < some + 4 * 1024, "{some} grew to {all}");
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok());
    kib.expect("a number")
}

#[test]
fn rates_that_cannot_be_meant_are_mistakes() {
    let rates = Rates::new().per_caller(Quota::per_second(0)).per_tool::<act>(Quota::per_hour(1));
    let rates = rates.per_tool_named("act", Quota::per_hour(1));
    let rates = rates.per_tool_named("atc", Quota::new(1, Duration::ZERO));
    let guard = builder(&backend()).rates(rates).max_concurrent_calls(0);
    let mistakes = guard.max_concurrent_calls_per_caller(0).build().err().expect("mistakes");
    for mistake in [
        "the rate of `.per_caller(…)` lets nothing through",
        "tool `act` has two rates",
        "names tool `atc`, which the guard does not have",
        "the rate of tool `atc` has no time",
        "`.max_concurrent_calls(0)`",
        "`.max_concurrent_calls_per_caller(0)`",
    ] {
        assert!(mistakes.to_string().contains(mistake), "{mistake}: {mistakes}");
    }
    assert_eq!(mistakes.mistakes().len(), 6, "{mistakes}");
}
