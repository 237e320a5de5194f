//! Outcomes that nobody knows: how they come about, what each kind of tool makes of them, and how
//! they end. On every store.

use std::time::{Duration, Instant};

use guard_tests::{
    answer::Answer,
    moods::{Finding, How, Moment},
    on_every_store,
    server::engine::{SCOPE, Settings, agent, payment},
    site::{Site, the_unknown},
    wire::Wire,
};
use mcp_guard::{Call, Caller, Guard, KeptArguments, store::OperationId};
use serde_json::json;

on_every_store! {
    whatever_ends_a_body_in_the_middle_leaves_it_unknown,
    a_retry_is_carried_out_under_the_same_downstream_key,
    a_retry_that_did_nothing_frees_nothing,
    what_is_refused_before_the_record_is_asked_allows_no_new_key,
    a_retry_that_is_refused_now_is_told_that_it_is_unknown,
    the_next_call_finds_out_what_became_of_the_first,
    a_look_on_behalf_of_a_caller_is_the_callers_own,
    what_cannot_be_found_out_stays_unknown,
    unknown_outcomes_are_looked_into_while_nobody_calls,
    an_owner_that_is_late_still_turns_it_into_fact,
    an_owner_that_is_late_does_not_touch_its_successor,
    a_server_that_dies_leaves_its_operations_unknown,
    an_unknown_outcome_outlives_everything,
}

const LEASE: Duration = Duration::from_secs(60);

fn code(answer: &Answer) -> String {
    answer.error().1
}

fn colleague() -> Caller {
    Caller::local("colleague").with_tenant("acme").with_scopes([SCOPE])
}

/// How an operation stands now.
async fn status_of(guard: &Guard, operation: OperationId) -> &'static str {
    let found = guard.operations().find(operation).await.expect("a store");
    found.expect("an operation").status.as_str()
}

async fn whatever_ends_a_body_in_the_middle_leaves_it_unknown(site: &Site) {
    let bench = site.bench().await;
    let hasty = Settings { timeout: Some(Duration::from_millis(250)), ..Settings::default() };
    let wire = bench.wire(&hasty).await;
    let ways = [
        (How::NoAnswer, "no_answer"),
        (How::Panic, "panicked"),
        (How::Hang, "timed_out"),
        (How::Break, "broken"),
    ];
    let mut landed = 0;
    for (number, (how, said)) in ways.into_iter().enumerate() {
        for at in [Moment::Dispatched, Moment::Landed] {
            let order_id = format!("ord_{number}_{at:?}");
            let key = format!("the-first-key-{number}-{at:?}");
            site.moods().set(&order_id, at, how);
            let lost = wire.call("pay", payment(&key, &order_id, 500)).await;
            assert_eq!(lost.error(), ("unknown".into(), said.into()), "{how:?} {at:?}");
            let error = &lost.envelope()["error"];
            assert_eq!(
                (&error["retryable"], &error["safe_new_key"]),
                (&false.into(), &false.into())
            );
            assert!(error["error_id"].is_string(), "{lost:?}");
            site.moods().clear(&order_id);
            landed += usize::from(at == Moment::Landed);
            for _ in 0..2 {
                let told = wire.call("pay", payment(&key, &order_id, 500)).await;
                assert_eq!(told.error(), ("unknown".into(), "outcome_unknown".into()));
            }
            assert_eq!(site.effects().entries().len(), landed, "{how:?} {at:?}");
        }
    }
    let guard = bench.guard(agent(), &Settings::default());
    assert_eq!(
        guard.operations().unresolved(None, 100).await.expect("a store").operations.len(),
        8
    );
}

async fn a_retry_is_carried_out_under_the_same_downstream_key(site: &Site) {
    let bench = site.bench().await;
    let hasty = Settings { timeout: Some(Duration::from_millis(250)), ..Settings::default() };
    let wire = bench.wire(&hasty).await;
    let ways = [
        (How::NoAnswer, "transient"),
        (How::Hang, "transient"),
        // A defect is not mended by repeating the call at once.
        (How::Panic, "unknown"),
    ];
    for (number, (how, category)) in ways.into_iter().enumerate() {
        let (order_id, key) = (format!("ord_{number}"), format!("the-first-key-{number}"));
        site.moods().set(&order_id, Moment::Landed, how);
        let lost = wire.call("pay_again", payment(&key, &order_id, 500)).await;
        assert_eq!(lost.category(), category, "{how:?}");
        assert_eq!(lost.envelope()["error"]["retryable"], category == "transient");
        site.moods().clear(&order_id);
        let paid = wire.call("pay_again", payment(&key, &order_id, 500)).await;
        assert!(!paid.is_replay());
        assert_eq!(paid.result()["refund_id"], format!("re_{}", number + 1));
        let again = wire.call("pay_again", payment(&key, &order_id, 500)).await;
        assert!(again.is_replay());
        assert_eq!(again.bytes(), paid.bytes());
    }
    let attempts = site.attempts().entries();
    assert_eq!(attempts.len(), 6);
    assert!(attempts.chunks(2).all(|pair| pair[0].key == pair[1].key), "{attempts:?}");
    assert_eq!(site.effects().entries().len(), 3);
}

/// The second attempt knows of itself alone.
async fn a_retry_that_did_nothing_frees_nothing(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let guard = bench.guard(agent(), &Settings::default());
    site.doubt(&wire, "pay_again", "the-first-key", "ord_1", Moment::Landed).await;
    site.moods().set("ord_1", Moment::Before, How::Busy);
    let busy = wire.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(busy.category(), "transient");
    assert!(!busy.text.contains("Nothing was done"), "the first attempt acted: {busy:?}");
    site.moods().clear("ord_1");
    assert_eq!(the_unknown(&guard).await.attempts, 2);
    let differs = wire.call("pay_again", payment("another-key", "ord_1", 400)).await;
    assert_eq!(code(&differs), "key_conflict", "the business key is held");

    // Nor is a refusal the last word: what it refuses may have been done.
    site.moods().set("ord_1", Moment::Before, How::Refuse);
    let refused = wire.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(refused.category(), "rejected");
    let error = &refused.envelope()["error"];
    assert_eq!(error["safe_new_key"], false, "the first attempt acted: {refused:?}");
    let advice = error["next_action"].to_string();
    assert!(advice.contains("Do not use a new idempotency_key"), "{advice}");
    site.moods().clear("ord_1");
    let differs = wire.call("pay_again", payment("another-key", "ord_1", 400)).await;
    assert_eq!(code(&differs), "key_conflict", "the business key is held");
    assert_eq!(site.effects().entries().len(), 1);
}

/// An agent that lost the answer and sends the call again, less well, is told nothing that makes it act
/// twice.
async fn what_is_refused_before_the_record_is_asked_allows_no_new_key(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let unscoped = Caller::local("agent").with_tenant("acme");
    let unscoped = bench.wire_for(unscoped, &Settings::default()).await;
    let sent = payment("the-first-key", "ord_1", 500);
    assert!(!wire.call("pay", sent.clone()).await.is_replay());
    let but = |member: &str, value: Option<&str>| {
        let mut sent = sent.clone();
        let members = sent.as_object_mut().expect("arguments");
        match value {
            Some(value) => members.insert(member.into(), value.into()),
            None => members.remove(member),
        };
        sent
    };
    for (wire, arguments, told) in [
        (&wire, but("amount_cents", Some("500")), "invalid_argument"),
        (&wire, but("memo", Some("again")), "unknown_argument"),
        (&wire, but("idempotency_key", None), "key_missing"),
        (&wire, but("idempotency_key", Some("short")), "key_malformed"),
        (&unscoped, sent.clone(), "insufficient_scope"),
    ] {
        let refused = wire.call("pay", arguments).await;
        assert_eq!(code(&refused), told);
        assert_eq!(refused.envelope()["error"]["safe_new_key"], false, "{refused:?}");
    }
    assert_eq!(site.effects().entries().len(), 1);
}

async fn a_retry_that_is_refused_now_is_told_that_it_is_unknown(site: &Site) {
    let bench = site.bench().await;
    let trusted = agent().with_scopes([SCOPE, "payments:large"]);
    let trusted = bench.wire_for(trusted, &Settings::default()).await;
    site.doubt(&trusted, "pay_again_within", "the-first-key", "ord_1", Moment::Landed).await;

    let wire = bench.wire(&Settings::default()).await;
    let told = wire.call("pay_again_within", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(told.error(), ("unknown".into(), "outcome_unknown".into()));
    assert_eq!(told.envelope()["error"]["safe_new_key"], false);
    let fresh = wire.call("pay_again_within", payment("another-key", "ord_2", 500)).await;
    assert_eq!(code(&fresh), "limit_exceeded");
    assert_eq!(fresh.envelope()["error"]["safe_new_key"], true, "nothing is known of it");
    assert_eq!(site.attempts().entries().len(), 1);
}

async fn the_next_call_finds_out_what_became_of_the_first(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let theirs = bench.wire_for(colleague(), &Settings::default()).await;
    let ask = async |wire: &Wire, key: &str, order_id: &str| {
        wire.call("pay_and_look", payment(key, order_id, 500)).await
    };

    // It landed: told from the record, whoever asks first.
    site.doubt(&wire, "pay_and_look", "the-first-key", "ord_1", Moment::Landed).await;
    let found = ask(&wire, "the-first-key", "ord_1").await;
    assert!(found.is_replay());
    assert_eq!(found.result()["refund_id"], "re_1");
    site.doubt(&wire, "pay_and_look", "another-key", "ord_2", Moment::Landed).await;
    assert_eq!(code(&ask(&theirs, "another-key", "ord_2").await), "already_done");
    let found = ask(&wire, "a-third-key", "ord_2").await;
    assert_eq!(found.result()["refund_id"], "re_2");
    assert!(found.message()["result"]["_meta"]["mcp-guard/duplicate_of"].is_string());
    assert_eq!(site.attempts().entries().len(), 2, "nobody acted to find that out");

    // Its owner is gone, and it did not land: this call acts.
    let lost = payment("a-fourth-key", "ord_3", 500);
    bench.lose("pay_and_look", lost, Moment::Before).await;
    assert_eq!(code(&ask(&wire, "a-fourth-key", "ord_3").await), "in_flight");
    bench.advance(LEASE);
    let paid = ask(&wire, "a-fourth-key", "ord_3").await;
    assert!(!paid.is_replay());
    assert_eq!(paid.result()["refund_id"], "re_3");
    assert_eq!(site.effects().entries().len(), 3);
}

/// A look that is told who calls is not made on behalf of another.
async fn a_look_on_behalf_of_a_caller_is_the_callers_own(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let theirs = bench.wire_for(colleague(), &Settings::default()).await;
    let tool = "pay_and_look_as_caller";
    site.doubt(&wire, tool, "the-first-key", "ord_1", Moment::Landed).await;
    let told = theirs.call(tool, payment("another-key", "ord_1", 500)).await;
    assert_eq!(told.error(), ("unknown".into(), "outcome_unknown".into()));
    let found = wire.call(tool, payment("the-first-key", "ord_1", 500)).await;
    assert!(found.is_replay());
    assert_eq!(found.result()["note"], "agent", "the look was told who calls");
    let told = theirs.call(tool, payment("another-key", "ord_1", 500)).await;
    assert_eq!(code(&told), "already_done");
    assert_eq!(site.attempts().entries().len(), 1);
}

async fn what_cannot_be_found_out_stays_unknown(site: &Site) {
    let bench = site.bench().await;
    let hasty = Settings { timeout: Some(Duration::from_millis(250)), ..Settings::default() };
    let wire = bench.wire(&hasty).await;
    site.moods().finds("ord_1", Finding::StillUnknown);
    site.doubt(&wire, "pay_and_look", "the-first-key", "ord_1", Moment::Landed).await;
    for finding in [Finding::StillUnknown, Finding::Error, Finding::Panic, Finding::Hang] {
        site.moods().finds("ord_1", finding);
        for key in ["the-first-key", "another-key"] {
            let told = wire.call("pay_and_look", payment(key, "ord_1", 500)).await;
            assert_eq!(told.error(), ("unknown".into(), "outcome_unknown".into()), "{finding:?}");
            let advice = told.envelope()["error"]["next_action"].to_string();
            assert!(advice.contains("same idempotency_key later"), "{advice}");
        }
    }
    site.moods().finds("ord_1", Finding::Truth);
    let found = wire.call("pay_and_look", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(found.result()["refund_id"], "re_1");
    assert_eq!(site.attempts().entries().len(), 1);
    assert_eq!(site.effects().entries().len(), 1);
}

async fn unknown_outcomes_are_looked_into_while_nobody_calls(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    // Every guard looks once when it is first called.
    for order_id in ["ord_landed", "ord_missed", "ord_veiled"] {
        site.moods().finds(order_id, Finding::StillUnknown);
    }
    site.doubt(&wire, "pay_and_look", "a-landed-key", "ord_landed", Moment::Landed).await;
    site.doubt(&wire, "pay_and_look", "a-missed-key", "ord_missed", Moment::Before).await;
    site.doubt(&wire, "pay_and_look", "a-veiled-key", "ord_veiled", Moment::Landed).await;
    site.doubt(&wire, "pay", "a-refused-key", "ord_else", Moment::Landed).await;

    let often =
        Settings { reconcile_every: Some(Duration::from_millis(20)), ..Settings::default() };
    let watching = bench.guard(agent(), &often);
    let unknown = watching.operations().unresolved(None, 10).await.expect("a store").operations;
    assert_eq!(unknown.len(), 4, "{unknown:?}");
    for order_id in ["ord_landed", "ord_missed"] {
        site.moods().finds(order_id, Finding::Truth);
    }
    let asked = json!({"tool": "pay", "idempotency_key": "never-seen-key"});
    let first = Call::new("operation_status", asked, Some(agent()));
    drop(watching.call(first).await.expect("a tool"));
    let patience = Instant::now() + Duration::from_secs(10);
    while watching.operations().unresolved(None, 10).await.expect("a store").operations.len() > 2 {
        assert!(Instant::now() < patience, "nobody looks into them");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut standing = Vec::new();
    for operation in &unknown {
        let order_id = match &operation.arguments {
            KeptArguments::Kept(arguments) => arguments["order_id"].as_str().expect("an order"),
            _ => "ord_else",
        };
        standing.push((order_id.to_owned(), status_of(&watching, operation.id).await));
    }
    standing.sort_unstable();
    let expected = [
        ("ord_else", "unknown"),
        ("ord_landed", "done"),
        ("ord_missed", "not_done"),
        ("ord_veiled", "unknown"),
    ];
    assert_eq!(standing, expected.map(|(order_id, state)| (order_id.to_owned(), state)));
    assert_eq!(site.attempts().entries().len(), 4, "no body ran for that");
    let found = wire.call("pay_and_look", payment("a-landed-key", "ord_landed", 500)).await;
    assert!(found.is_replay());
}

async fn an_owner_that_is_late_still_turns_it_into_fact(site: &Site) {
    let bench = site.bench().await;
    let [wire, other] =
        [bench.wire(&Settings::default()).await, bench.wire(&Settings::default()).await];
    site.moods().set("ord_1", Moment::Landed, How::Hold);
    let asked = || payment("the-first-key", "ord_1", 500);
    let meanwhile = async {
        site.moods().holds("ord_1").await;
        bench.advance(LEASE);
        assert_eq!(code(&other.call("pay", asked()).await), "outcome_unknown");
        site.moods().clear("ord_1");
    };
    let (late, ()) = tokio::join!(wire.call("pay", asked()), meanwhile);
    assert_eq!(late.result()["refund_id"], "re_1");
    assert!(late.message()["result"]["_meta"].is_null(), "it was recorded: {late:?}");
    let replay = other.call("pay", asked()).await;
    assert!(replay.is_replay());
    assert_eq!(replay.bytes(), late.bytes());
    assert_eq!(site.effects().entries().len(), 1);
}

async fn an_owner_that_is_late_does_not_touch_its_successor(site: &Site) {
    let bench = site.bench().await;
    let hasty = Settings { timeout: Some(Duration::from_secs(1)), ..Settings::default() };
    let [wire, other] = [bench.wire(&hasty).await, bench.wire(&hasty).await];
    // It never ends by itself, so that its successor's body is not held.
    site.moods().set("ord_1", Moment::Landed, How::Hang);
    let asked = || payment("the-first-key", "ord_1", 500);
    let meanwhile = async {
        site.effects().reaches(1).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        site.moods().clear("ord_1");
        bench.advance(LEASE);
        other.call("pay_again", asked()).await
    };
    let (late, successor) = tokio::join!(wire.call("pay_again", asked()), meanwhile);
    assert_eq!(successor.result()["refund_id"], "re_1");
    assert_eq!(late.error(), ("unknown".into(), "superseded".into()));
    for wire in [&wire, &other] {
        let replay = wire.call("pay_again", asked()).await;
        assert_eq!(replay.bytes(), successor.bytes());
    }
    assert_eq!(site.attempts().entries().len(), 2);
    assert_eq!(site.effects().entries().len(), 1);
}

/// The real thing: a process, killed, and time that passes.
async fn a_server_that_dies_leaves_its_operations_unknown(site: &Site) {
    let short = Settings { lease: Some(Duration::from_secs(1)), ..Settings::default() };
    let server = site.serve(&short).await;
    let wire = server.caller(&agent()).await;
    let lost = [("pay", "ord_1"), ("pay_and_look", "ord_2"), ("pay_again", "ord_3")];
    for (_, order_id) in lost {
        site.moods().set(order_id, Moment::Landed, How::Hold);
    }
    let calls = lost.map(|(tool, order)| wire.call(tool, payment("the-first-key", order, 500)));
    let kill = async {
        for (_, order_id) in lost {
            site.moods().holds(order_id).await;
        }
        server.kill().await;
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(calls), kill);
    assert!(answers.iter().all(Answer::is_missing), "{answers:?}");
    for (_, order_id) in lost {
        site.moods().clear(order_id);
    }

    let survivor = site.serve_agent(&short).await;
    let patience = Instant::now() + Duration::from_secs(10);
    let mut answers = Vec::new();
    for (tool, order_id) in lost {
        let answer = loop {
            let answer = survivor.call(tool, payment("the-first-key", order_id, 500)).await;
            if answer.envelope()["error"]["code"] != "in_flight" {
                break answer;
            }
            assert!(Instant::now() < patience, "{tool}: its lease never runs out");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        answers.push(answer);
    }
    assert_eq!(answers[0].error(), ("unknown".into(), "outcome_unknown".into()));
    assert!(answers[1].is_replay() && answers[1].envelope()["status"] == "ok", "{answers:?}");
    assert!(!answers[2].is_replay() && answers[2].envelope()["status"] == "ok", "{answers:?}");
    assert_eq!(site.effects().entries().len(), 3);
}

async fn an_unknown_outcome_outlives_everything(site: &Site) {
    let bench = site.bench().await;
    let brief = Settings {
        retain: Some(Duration::from_secs(1)),
        tombstone: Some(Duration::from_secs(1)),
        ..Settings::default()
    };
    let wire = bench.wire(&brief).await;
    site.doubt(&wire, "pay", "the-first-key", "ord_1", Moment::Landed).await;
    bench.lose("pay", payment("another-key", "ord_2", 500), Moment::Landed).await;
    bench.advance(Duration::from_secs(10 * 365 * 86_400));
    for (key, order_id) in [("the-first-key", "ord_1"), ("another-key", "ord_2")] {
        for key in [key, "a-new-key"] {
            let told = wire.call("pay", payment(key, order_id, 500)).await;
            assert_eq!(told.error(), ("unknown".into(), "outcome_unknown".into()), "{key}");
        }
    }
    assert_eq!(site.effects().entries().len(), 2);
}
