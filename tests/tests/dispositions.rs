//! How an operation can stand, and what each call is told of it: on every store, whose clock is moved.

use std::time::Duration;

use guard_tests::{
    answer::Answer,
    moods::{How, Moment},
    on_every_store,
    server::engine::{SCOPE, Settings, payment},
    site::Site,
    wire::Wire,
};
use mcp_guard::Caller;
use serde_json::{Value, json};

on_every_store! {
    an_answer_is_replayed_until_it_is_dropped_and_its_key_stays_spent,
    a_refusal_is_remembered_as_long,
    what_was_released_stands_for_its_arguments,
    whoever_waits_in_vain_is_told_so,
    before_the_dispatch_nothing_can_have_been_done,
    after_the_dispatch_it_may_have_been_done,
    a_lease_that_runs_out_before_the_dispatch_leaves_nothing,
    an_attempt_that_was_paused_for_too_long_is_not_begun,
    a_result_that_is_too_large_is_told_once,
    a_replay_is_authorized_every_time,
    a_status_is_told_of_every_standing,
    a_status_is_nobody_elses_business,
}

const DAY: Duration = Duration::from_secs(86_400);
const MILLI: Duration = Duration::from_millis(1);

/// The shortest time that a store tells apart, less than this.
fn just_before(time: Duration) -> Duration {
    time.saturating_sub(MILLI)
}

fn code(answer: &Answer) -> String {
    answer.error().1
}

/// How an agent's own operation stands, as it is told.
async fn status(wire: &Wire, tool: &str, key: &str) -> String {
    let asked = json!({"tool": tool, "idempotency_key": key});
    let told = wire.call("operation_status", asked).await.result();
    assert_eq!(
        told["since"].is_null(),
        matches!(&told["operation"], Value::String(state)
        if state == "none" || state == "under_way"),
        "{told}"
    );
    told["operation"].as_str().expect("a state").to_owned()
}

async fn an_answer_is_replayed_until_it_is_dropped_and_its_key_stays_spent(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let asked = |key| payment(key, "ord_1", 500);
    let first = wire.call("pay", asked("the-first-key")).await;
    let _ = first.result();

    bench.advance(just_before(DAY));
    assert_eq!(wire.call("pay", asked("the-first-key")).await.bytes(), first.bytes());
    bench.advance(MILLI);
    for until_the_next in [just_before(DAY * 30), MILLI] {
        let spent = wire.call("pay", asked("the-first-key")).await;
        assert_eq!(spent.error(), ("idempotent".into(), "key_expired".into()));
        let other = wire.call("pay", asked("another-key")).await;
        assert_eq!(other.error(), ("idempotent".into(), "already_done".into()));
        let differs = wire.call("pay", payment("the-first-key", "ord_1", 501)).await;
        assert_eq!(code(&differs), "key_conflict");
        assert_eq!(status(&wire, "pay", "the-first-key").await, "done");
        bench.advance(until_the_next);
    }
    assert_eq!(site.effects().entries().len(), 1);
    assert_eq!(status(&wire, "pay", "the-first-key").await, "none");
    let anew = wire.call("pay", payment("the-first-key", "ord_1", 501)).await;
    assert!(!anew.is_replay(), "the key is forgotten: {anew:?}");
    assert_eq!(anew.result()["amount_cents"], 501);
    assert_eq!(site.effects().entries().len(), 2);
}

async fn a_refusal_is_remembered_as_long(site: &Site) {
    let bench = site.bench().await;
    let settings = Settings {
        retain: Some(Duration::from_secs(10)),
        tombstone: Some(Duration::from_secs(20)),
        ..Settings::default()
    };
    let wire = bench.wire(&settings).await;
    site.moods().set("ord_1", Moment::Before, How::Refuse);
    let refused = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    site.moods().clear("ord_1");
    bench.advance(just_before(Duration::from_secs(10)));
    let again = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(again.bytes(), refused.bytes());
    bench.advance(MILLI);
    let spent = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(code(&spent), "key_expired");
    bench.advance(Duration::from_secs(20));
    let _ = wire.call("pay", payment("the-first-key", "ord_1", 500)).await.result();
    assert_eq!(site.effects().entries().len(), 1);
}

async fn what_was_released_stands_for_its_arguments(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    site.moods().set("ord_1", Moment::Before, How::Busy);
    let busy = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    let error = &busy.envelope()["error"];
    assert_eq!((&error["category"], &error["retryable"]), (&json!("transient"), &json!(true)));
    assert_eq!(status(&wire, "pay", "the-first-key").await, "not_done");
    let other = wire.call("pay", payment("the-first-key", "ord_1", 501)).await;
    assert_eq!(code(&other), "key_conflict");
    site.moods().clear("ord_1");
    bench.advance(just_before(DAY * 31));
    let other = wire.call("pay", payment("the-first-key", "ord_1", 501)).await;
    assert_eq!(code(&other), "key_conflict");
    let done = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert!(!done.is_replay());
    assert_eq!(done.result()["amount_cents"], 500);
    let keys: Vec<_> = site.attempts().entries().into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1], "each attempt has the same downstream key");
}

async fn whoever_waits_in_vain_is_told_so(site: &Site) {
    let bench = site.bench().await;
    let [wire, other] =
        [bench.wire(&Settings::default()).await, bench.wire(&Settings::default()).await];
    site.moods().set("ord_1", Moment::Before, How::Hold);
    let asked = || payment("the-first-key", "ord_1", 500);
    let meanwhile = async {
        site.attempts().reaches(1).await;
        let began = std::time::Instant::now();
        let told = other.call("pay_impatiently", asked()).await;
        assert_eq!(told.error(), ("idempotent".into(), "in_flight".into()));
        assert!(began.elapsed() >= Duration::from_millis(200), "it waited: {:?}", began.elapsed());
        site.moods().clear("ord_1");
    };
    let (first, ()) = tokio::join!(wire.call("pay_impatiently", asked()), meanwhile);
    let again = other.call("pay_impatiently", asked()).await;
    assert_eq!(again.bytes(), first.bytes());
    assert_eq!(site.effects().entries().len(), 1);
}

async fn before_the_dispatch_nothing_can_have_been_done(site: &Site) {
    let bench = site.bench().await;
    let hasty = Settings { timeout: Some(Duration::from_millis(250)), ..Settings::default() };
    let wire = bench.wire(&hasty).await;
    let ways = [
        (How::NoAnswer, "transient"),
        (How::Hang, "transient"),
        (How::Busy, "transient"),
        (How::Panic, "internal"),
        (How::Break, "internal"),
    ];
    for (number, (how, category)) in ways.into_iter().enumerate() {
        let order_id = format!("ord_{number}");
        let [key, other_key] = [format!("the-first-key-{number}"), format!("another-key-{number}")];
        site.moods().set(&order_id, Moment::Before, how);
        let told = wire.call("pay_when_dispatched", payment(&key, &order_id, 500)).await;
        assert_eq!(told.category(), category, "{how:?}: {told:?}");
        assert_eq!(status(&wire, "pay_when_dispatched", &key).await, "not_done", "{how:?}");
        site.moods().clear(&order_id);
        // Both keys are free: other arguments under a new key are about the same order.
        let paid = wire.call("pay_when_dispatched", payment(&other_key, &order_id, 400)).await;
        assert_eq!(paid.result()["amount_cents"], 400, "{how:?}");
        assert_eq!(site.effects().entries().len(), number + 1);
    }
    site.moods().set("ord_refused", Moment::Before, How::Refuse);
    let refused = wire.call("pay_when_dispatched", payment("refused-key", "ord_refused", 1)).await;
    assert_eq!(refused.category(), "rejected");
    assert_eq!(status(&wire, "pay_when_dispatched", "refused-key").await, "refused");
}

async fn after_the_dispatch_it_may_have_been_done(site: &Site) {
    let bench = site.bench().await;
    let hasty = Settings { timeout: Some(Duration::from_millis(250)), ..Settings::default() };
    let wire = bench.wire(&hasty).await;
    let ways = [(How::NoAnswer, 0), (How::Hang, 0), (How::Panic, 0), (How::NoAnswer, 1)];
    for (number, (how, landed)) in ways.into_iter().enumerate() {
        let order_id = format!("ord_{number}");
        let [key, other_key] = [format!("the-first-key-{number}"), format!("another-key-{number}")];
        let at = if landed == 1 { Moment::Landed } else { Moment::Dispatched };
        site.moods().set(&order_id, at, how);
        let told = wire.call("pay_when_dispatched", payment(&key, &order_id, 500)).await;
        assert_eq!(told.category(), "unknown", "{how:?}: {told:?}");
        site.moods().clear(&order_id);
        for key in [&key, &other_key] {
            let told = wire.call("pay_when_dispatched", payment(key, &order_id, 500)).await;
            assert_eq!(code(&told), "outcome_unknown", "{how:?}");
        }
        let done = site.effects().entries();
        assert_eq!(done.iter().filter(|entry| entry.order_id == order_id).count(), landed);
    }
}

async fn a_lease_that_runs_out_before_the_dispatch_leaves_nothing(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let tool = "pay_when_dispatched";
    bench.lose(tool, payment("the-first-key", "ord_1", 500), Moment::Before).await;
    let told = wire.call(tool, payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(code(&told), "in_flight");
    assert_eq!(status(&wire, tool, "the-first-key").await, "under_way");
    bench.advance(Duration::from_secs(60));
    assert_eq!(status(&wire, tool, "the-first-key").await, "none");
    let _ = wire.call(tool, payment("another-key", "ord_1", 400)).await.result();
    assert_eq!(site.effects().entries().len(), 1);

    bench.lose(tool, payment("a-third-key", "ord_2", 500), Moment::Dispatched).await;
    bench.advance(Duration::from_secs(60));
    for key in ["a-third-key", "another-key-of-it"] {
        let told = wire.call(tool, payment(key, "ord_2", 500)).await;
        assert_eq!(code(&told), "outcome_unknown", "it had been dispatched");
    }
    assert_eq!(site.effects().entries().len(), 1);
}

/// A process that was frozen in the middle, while its lease ran out and somebody else acted.
async fn an_attempt_that_was_paused_for_too_long_is_not_begun(site: &Site) {
    let bench = site.bench().await;
    let [wire, other] =
        [bench.wire(&Settings::default()).await, bench.wire(&Settings::default()).await];
    site.moods().set("ord_1", Moment::Before, How::Hold);
    let tool = "pay_when_dispatched";
    let paused = wire.call(tool, payment("the-first-key", "ord_1", 500));
    let meanwhile = async {
        site.attempts().reaches(1).await;
        bench.advance(Duration::from_secs(60));
        site.moods().clear("ord_1");
    };
    let (paused, ()) = tokio::join!(paused, meanwhile);
    // It did nothing. What others did since its lease ran out, it cannot know.
    assert_eq!(paused.error(), ("unknown".into(), "superseded".into()));
    assert_eq!(site.effects().entries(), []);
    let _ = other.call(tool, payment("the-first-key", "ord_1", 500)).await.result();
    assert_eq!(site.effects().entries().len(), 1);
}

async fn a_result_that_is_too_large_is_told_once(site: &Site) {
    let bench = site.bench().await;
    let small = Settings { max_reply_bytes: Some(512), ..Settings::default() };
    let wire = bench.wire(&small).await;
    let note = "n".repeat(600);
    let mut asked = payment("the-first-key", "ord_1", 500);
    asked["note"] = note.as_str().into();
    let first = wire.call("pay", asked.clone()).await;
    assert_eq!(first.result()["note"], note);
    for key in ["the-first-key", "another-key"] {
        asked["idempotency_key"] = key.into();
        let again = wire.call("pay", asked.clone()).await;
        assert_eq!(again.error(), ("idempotent".into(), "result_unavailable".into()), "{key}");
        assert!(again.is_replay(), "{again:?}");
        let duplicate = &again.message()["result"]["_meta"]["mcp-guard/duplicate_of"];
        assert_eq!(duplicate.is_string(), key == "another-key", "{again:?}");
    }
    assert_eq!(status(&wire, "pay", "the-first-key").await, "done");
    assert_eq!(site.effects().entries().len(), 1);
}

async fn a_replay_is_authorized_every_time(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let bare = Caller::local("agent").with_tenant("acme");
    let without = bench.wire_for(bare, &Settings::default()).await;
    let asked = || payment("the-first-key", "ord_1", 500);
    let first = wire.call("pay", asked()).await;
    let denied = without.call("pay", asked()).await;
    assert_eq!(denied.error(), ("authz".into(), "insufficient_scope".into()));
    assert!(!denied.text.contains("re_1"), "{denied:?}");
    assert_eq!(status(&without, "pay", "the-first-key").await, "none");
    let regained = wire.call("pay", asked()).await;
    assert_eq!(regained.bytes(), first.bytes());
    assert_eq!(site.effects().entries().len(), 1);
}

async fn a_status_is_told_of_every_standing(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let ways = [
        (None, "done"),
        (Some(How::Refuse), "refused"),
        (Some(How::Busy), "not_done"),
        (Some(How::NoAnswer), "unknown"),
        (Some(How::Panic), "unknown"),
    ];
    for (number, (how, state)) in ways.into_iter().enumerate() {
        let (order_id, key) = (format!("ord_{number}"), format!("the-first-key-{number}"));
        if let Some(how) = how {
            site.moods().set(&order_id, Moment::Before, how);
        }
        wire.call("pay", payment(&key, &order_id, 500)).await;
        assert_eq!(status(&wire, "pay", &key).await, state, "{how:?}");
        bench.advance(DAY * 400);
        let later = if state == "unknown" { "unknown" } else { "none" };
        assert_eq!(status(&wire, "pay", &key).await, later, "{how:?}");
    }
    bench.lose("pay", payment("a-lost-key", "ord_lost", 500), Moment::Landed).await;
    assert_eq!(status(&wire, "pay", "a-lost-key").await, "under_way");
    bench.advance(just_before(Duration::from_secs(60)));
    assert_eq!(status(&wire, "pay", "a-lost-key").await, "under_way");
    bench.advance(MILLI);
    assert_eq!(status(&wire, "pay", "a-lost-key").await, "unknown");
    assert_eq!(status(&wire, "pay", "never-seen-key").await, "none");
    assert_eq!(site.attempts().entries().len(), 6, "asking is not calling");
}

async fn a_status_is_nobody_elses_business(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let _ = wire.call("pay", payment("the-first-key", "ord_1", 500)).await.result();
    assert_eq!(status(&wire, "pay", "the-first-key").await, "done");
    for tool in ["pay_again", "operation_status", "no_such_tool"] {
        assert_eq!(status(&wire, tool, "the-first-key").await, "none", "{tool}");
    }
    let others = [
        Caller::local("colleague").with_tenant("acme").with_scopes([SCOPE]),
        Caller::local("agent").with_tenant("other").with_scopes([SCOPE]),
        Caller::local("agent").with_scopes([SCOPE]),
        Caller::new("elsewhere", "agent").with_tenant("acme").with_scopes([SCOPE]),
        Caller::local("agent").with_tenant("acme").with_scopes(["another"]),
    ];
    for other in others {
        let theirs = bench.wire_for(other.clone(), &Settings::default()).await;
        assert_eq!(status(&theirs, "pay", "the-first-key").await, "none", "{other:?}");
    }
    let malformed = json!({"tool": "pay", "idempotency_key": "short"});
    assert_eq!(wire.call("operation_status", malformed).await.category(), "validation");
}
