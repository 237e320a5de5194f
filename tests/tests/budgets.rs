//! What many calls may take together, judged by the ledger. On every store.

use std::time::Duration;

use futures_util::future::join_all;
use guard_tests::{
    answer::Answer,
    moods::{How, Moment},
    on_every_store,
    server::engine::{Settings, agent, spending},
    site::Site,
    wire::Wire,
};
use mcp_guard::{Caller, Resolution};
use serde_json::{Value, json};

on_every_store! {
    a_sum_is_not_exceeded_by_small_amounts,
    calls_are_counted,
    what_was_spent_counts_for_the_whole_window_and_no_longer,
    whose_calls_are_counted_together,
    of_two_budgets_both_hold,
    what_is_under_way_is_held,
    what_was_not_done_is_given_back,
    what_is_unknown_stays_held,
    a_retry_takes_nothing_twice,
    a_lease_that_runs_out_before_the_dispatch_gives_back,
    a_replay_is_never_budgeted,
    amounts_that_no_budget_counts_are_refused,
    a_hidden_cap_is_told_nowhere,
    three_servers_together_never_exceed_the_cap,
}

const CAP: u64 = 1_000;
const HOUR: Duration = Duration::from_secs(3_600);
const MILLI: Duration = Duration::from_millis(1);
const LEASE: Duration = Duration::from_secs(60);

/// The shortest time that a store tells apart, less than this.
fn just_before(time: Duration) -> Duration {
    time.saturating_sub(MILLI)
}

fn code(answer: &Answer) -> String {
    answer.error().1
}

/// Spends, and says whether there was room.
async fn spend(wire: &Wire, tool: &str, key: &str, amount_cents: u64) -> bool {
    spend_for(wire, tool, key, "ord_1", amount_cents).await
}

async fn spend_for(wire: &Wire, tool: &str, key: &str, order_id: &str, amount_cents: u64) -> bool {
    let answer = wire.call(tool, spending(key, order_id, amount_cents)).await;
    if answer.envelope()["status"] == "ok" {
        return true;
    }
    assert_eq!(answer.error(), ("authz".into(), "budget_exceeded".into()), "{answer:?}");
    let error = &answer.envelope()["error"];
    assert_eq!(error["retryable"], false);
    false
}

fn spent(site: &Site) -> u64 {
    site.effects().entries().iter().map(|entry| entry.amount_cents).sum()
}

async fn a_sum_is_not_exceeded_by_small_amounts(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    for number in 0..3 {
        assert!(spend(&wire, "spend", &format!("the-key-{number}"), 300).await);
    }
    let refused = wire.call("spend", spending("one-too-much", "ord_1", 101)).await;
    let error = &refused.envelope()["error"];
    assert_eq!(code(&refused), "budget_exceeded");
    assert_eq!(error["field"], "/amount_cents");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("1000") && message.contains("1h"), "{message}");
    assert!(!message.contains("101") && !message.contains("900"), "{message}");
    assert!(!spend(&wire, "spend", "one-too-much-2", 101).await);
    assert!(spend(&wire, "spend", "the-last-key", 100).await, "there is room for it");
    assert!(!spend(&wire, "spend", "one-more-cent", 1).await);
    assert!(spend(&wire, "spend", "nothing-at-all", 0).await);
    assert_eq!(spent(site), CAP);

    // What was refused spent no key: not by its arguments, and not by its answer.
    bench.advance(HOUR);
    assert!(spend(&wire, "spend", "one-too-much", 500).await, "other arguments, later");
    assert!(spend(&wire, "spend", "one-too-much-2", 101).await, "the same arguments, later");
}

async fn calls_are_counted(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    for number in 0..3 {
        assert!(spend(&wire, "ring", &format!("the-key-{number}"), 1_000_000).await);
    }
    let refused = wire.call("ring", spending("one-too-much", "ord_1", 0)).await;
    assert_eq!(code(&refused), "budget_exceeded");
    assert_eq!(refused.envelope()["error"]["field"], Value::Null);
    bench.advance(HOUR);
    assert!(spend(&wire, "ring", "one-too-much", 0).await);
    assert_eq!(site.effects().entries().len(), 4);
}

/// It rolls: each amount leaves the sum an hour after it was spent.
async fn what_was_spent_counts_for_the_whole_window_and_no_longer(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    assert!(spend(&wire, "spend", "the-first-key", 600).await);
    bench.advance(HOUR / 2);
    assert!(spend(&wire, "spend", "the-second-key", 400).await);
    bench.advance(just_before(HOUR / 2));
    assert!(!spend(&wire, "spend", "a-key-too-early", 1).await);
    bench.advance(MILLI);
    assert!(!spend(&wire, "spend", "a-key-too-much", 601).await, "the second still counts");
    assert!(spend(&wire, "spend", "the-third-key", 600).await);
    bench.advance(just_before(HOUR / 2));
    assert!(!spend(&wire, "spend", "a-key-too-early", 1).await);
    bench.advance(MILLI);
    assert!(!spend(&wire, "spend", "a-key-too-much", 401).await);
    assert!(spend(&wire, "spend", "the-fourth-key", 400).await);
    assert_eq!(spent(site), 2 * CAP);
}

async fn whose_calls_are_counted_together(site: &Site) {
    let bench = site.bench().await;
    let callers = [
        agent(),
        Caller::local("colleague").with_tenant("acme"),
        Caller::local("agent").with_tenant("other"),
        Caller::new("elsewhere", "agent").with_tenant("acme"),
    ];
    let settings = Settings::default();
    let wires = join_all(callers.map(|caller| bench.wire_for(caller, &settings))).await;
    // The agent spends all for one order. Is there room for its colleague, the agent of another
    // tenant, that of another issuer, and for another order?
    let expected = [
        ("spend", [true, true, true, false]),
        ("spend_of_tenant", [false, true, false, false]),
        ("spend_of_tool", [false, false, false, false]),
        ("spend_for_order", [false, true, false, true]),
    ];
    for (tool, rooms) in expected {
        assert!(spend_for(&wires[0], tool, "the-first-key", "ord_1", CAP).await);
        let found = [
            spend_for(&wires[1], tool, "another-key", "ord_1", CAP).await,
            spend_for(&wires[2], tool, "another-key", "ord_1", CAP).await,
            spend_for(&wires[3], tool, "another-key", "ord_1", 1).await,
            spend_for(&wires[0], tool, "another-key", "ord_2", 1).await,
        ];
        assert_eq!(found, rooms, "{tool}");
    }
    // Other tools are counted apart.
    assert!(spend(&wires[0], "spend_again", "the-first-key", CAP).await);
}

async fn of_two_budgets_both_hold(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let theirs =
        bench.wire_for(Caller::local("colleague").with_tenant("acme"), &Settings::default()).await;
    let tool = "spend_and_ring";
    assert!(spend(&wire, tool, "the-first-key", 600).await);
    for number in 0..5 {
        // Refused for the sum, it takes nothing of the calls.
        assert!(!spend(&wire, tool, &format!("too-much-{number}"), 401).await);
    }
    assert!(spend(&wire, tool, "the-second-key", 400).await);
    assert!(!spend(&wire, tool, "one-more-cent", 1).await);
    assert!(spend(&theirs, tool, "the-third-key", CAP - 1).await, "a sum of its own");
    // The calls are the tenant's. Refused for them, it takes nothing of the sum.
    let refused = theirs.call(tool, spending("the-fourth-key", "ord_1", 1)).await;
    assert_eq!(refused.envelope()["error"]["field"], Value::Null, "{refused:?}");
    assert!(refused.text.contains("calls"), "it says which: {refused:?}");
    bench.advance(HOUR);
    assert!(spend(&theirs, tool, "the-fourth-key", CAP).await);
}

async fn what_is_under_way_is_held(site: &Site) {
    let bench = site.bench().await;
    let [wire, other] =
        [bench.wire(&Settings::default()).await, bench.wire(&Settings::default()).await];
    site.moods().set("ord_held", Moment::Before, How::Hold);
    let meanwhile = async {
        site.moods().holds("ord_held").await;
        assert!(!spend(&other, "spend", "another-key", 401).await);
        assert!(spend(&other, "spend", "another-key", 400).await);
        assert!(!spend(&other, "spend", "one-more-cent", 1).await);
        site.moods().clear("ord_held");
    };
    let call = wire.call("spend", spending("the-first-key", "ord_held", 600));
    let (first, ()) = tokio::join!(call, meanwhile);
    let _ = first.result();
    assert!(!spend(&other, "spend", "one-more-cent", 1).await, "spent once, not twice");
    assert_eq!(spent(site), CAP);
}

async fn what_was_not_done_is_given_back(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let ways = [(How::Busy, "transient", CAP), (How::Refuse, "rejected", CAP / 2)];
    for (how, category, amount) in ways {
        site.moods().set("ord_bad", Moment::Before, how);
        let key = format!("a-key-of-{category}");
        let told = wire.call("spend", spending(&key, "ord_bad", amount)).await;
        assert_eq!(told.category(), category);
        site.moods().clear("ord_bad");
        assert!(spend(&wire, "spend", &format!("after-{category}"), CAP / 2).await);
    }
    assert!(!spend(&wire, "spend", "one-more-cent", 1).await);
    // The one that may be repeated is budgeted anew.
    let again = spending("a-key-of-transient", "ord_bad", CAP);
    assert_eq!(code(&wire.call("spend", again.clone()).await), "budget_exceeded");
    bench.advance(HOUR);
    let _ = wire.call("spend", again).await.result();
    assert_eq!(spent(site), 2 * CAP);
}

async fn what_is_unknown_stays_held(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let guard = bench.guard(agent(), &Settings::default());
    let unknown = async || {
        let mut unknown =
            guard.operations().unresolved(None, 10).await.expect("a store").operations;
        unknown.pop().expect("an unknown operation")
    };
    bench.lose("spend", spending("a-lost-key", "ord_lost", 600), Moment::Landed).await;
    assert!(!spend(&wire, "spend", "too-much-for-now", 401).await);
    bench.advance(HOUR * 1_000);
    assert!(!spend(&wire, "spend", "too-much-for-now", 401).await, "no window ends it");
    let lost = unknown().await;
    let resolved = guard.operations().resolve(&lost, Resolution::NotDone, "alice").await;
    assert_eq!(resolved, Ok(()));
    assert!(spend(&wire, "spend", "too-much-for-now", CAP).await, "it was given back");

    bench.advance(HOUR);
    site.moods().set("ord_doubt", Moment::Landed, How::NoAnswer);
    let told = wire.call("spend", spending("a-doubtful-key", "ord_doubt", 600)).await;
    assert_eq!(told.category(), "unknown");
    site.moods().clear("ord_doubt");
    bench.advance(HOUR * 1_000);
    assert!(!spend(&wire, "spend", "too-much-again", 401).await);
    let doubtful = unknown().await;
    let resolved = guard.operations().resolve(&doubtful, Resolution::Done(None), "alice").await;
    assert_eq!(resolved, Ok(()));
    bench.advance(just_before(HOUR));
    assert!(!spend(&wire, "spend", "too-much-again", 401).await, "it was spent when that was said");
    bench.advance(MILLI);
    assert!(spend(&wire, "spend", "too-much-again", CAP).await);
}

async fn a_retry_takes_nothing_twice(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let tool = "spend_again";
    for number in 0..3 {
        site.moods().set("ord_doubt", Moment::Landed, How::NoAnswer);
        let told = wire.call(tool, spending("the-first-key", "ord_doubt", 600)).await;
        assert_eq!(told.category(), "transient", "attempt {number}");
        site.moods().clear("ord_doubt");
    }
    assert!(!spend(&wire, tool, "another-key", 401).await, "it is held");
    assert!(spend(&wire, tool, "another-key", 400).await, "it is held once");
    let done = wire.call(tool, spending("the-first-key", "ord_doubt", 600)).await;
    assert!(!done.is_replay(), "a retry is not budgeted again: {done:?}");
    let _ = done.result();
    assert!(!spend(&wire, tool, "one-more-cent", 1).await);
    assert_eq!(site.attempts().entries().len(), 5);
    assert_eq!(spent(site), CAP);
}

async fn a_lease_that_runs_out_before_the_dispatch_gives_back(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let tool = "spend_when_dispatched";
    bench.lose(tool, spending("a-lost-key", "ord_lost", 600), Moment::Before).await;
    assert!(!spend(&wire, tool, "too-much-for-now", 401).await);
    bench.advance(LEASE);
    assert!(spend(&wire, tool, "too-much-for-now", 401).await);
    assert!(!spend(&wire, tool, "a-key-too-much", 600).await);
    bench.lose(tool, spending("another-lost-key", "ord_lost", 599), Moment::Dispatched).await;
    bench.advance(LEASE);
    assert!(!spend(&wire, tool, "one-more-cent", 1).await, "that one may have been done");
}

async fn a_replay_is_never_budgeted(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let first = wire.call("spend", spending("the-first-key", "ord_1", CAP)).await;
    let _ = first.result();
    for _ in 0..3 {
        let again = wire.call("spend", spending("the-first-key", "ord_1", CAP)).await;
        assert!(again.is_replay());
        assert_eq!(again.bytes(), first.bytes());
    }
    // A known key comes before the budget, and before what no budget would count.
    for amount in [1, CAP + 1, u64::MAX] {
        let conflict = wire.call("spend", spending("the-first-key", "ord_1", amount)).await;
        assert_eq!(code(&conflict), "key_conflict", "{amount}");
    }
    assert_eq!(spent(site), CAP);
}

async fn amounts_that_no_budget_counts_are_refused(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let spendable = |amount: Value| json!({"order_id": "ord_1", "amount_cents": amount, "idempotency_key": "the-first-key"});
    for amount in [
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(CAP + 1),
        json!((1_u64 << 53) - 1),
        json!(1_u64 << 53),
    ] {
        let refused = wire.call("adjust", spendable(amount.clone())).await;
        assert_eq!(refused.error(), ("authz".into(), "budget_exceeded".into()), "{amount}");
    }
    for amount in [json!(u64::MAX), json!(1_u64 << 63)] {
        let refused = wire.call("spend", spendable(amount.clone())).await;
        assert_eq!(refused.error(), ("authz".into(), "budget_exceeded".into()), "{amount}");
        assert_eq!(wire.call("adjust", spendable(amount)).await.category(), "validation");
    }
    assert_eq!(site.effects().entries(), [], "no negative amount makes room");
    assert!(spend(&wire, "adjust", "the-first-key", 0).await);
    assert!(spend(&wire, "adjust", "another-key", CAP).await);
    assert!(!spend(&wire, "adjust", "one-more-cent", 1).await);
}

async fn a_hidden_cap_is_told_nowhere(site: &Site) {
    let bench = site.bench().await;
    let hidden = bench.wire(&Settings { hide_limits: true, ..Settings::default() }).await;
    for amount in [CAP + 1, u64::MAX] {
        let refused = hidden.call("spend", spending("the-first-key", "ord_1", amount)).await;
        assert_eq!(code(&refused), "budget_exceeded");
        for told in ["1000", "1_000", "1h"] {
            assert!(!refused.text.contains(told), "{refused:?}");
        }
    }
    let listed = serde_json::to_string(&hidden.tools().await).expect("a list");
    assert!(!listed.contains("1000"), "{listed}");
    let open = bench.wire(&Settings::default()).await;
    let refused = open.call("spend", spending("the-first-key", "ord_1", CAP + 1)).await;
    assert!(refused.text.contains("1000"), "{refused:?}");
}

/// The amounts are split as a model does that has been refused the whole.
async fn three_servers_together_never_exceed_the_cap(site: &Site) {
    let mut wires = Vec::new();
    let mut servers = Vec::new();
    for _ in 0..3 {
        let server = site.serve(&Settings::default()).await;
        wires.push(server.caller(&agent()).await);
        servers.push(server);
    }
    let calls = (0..60).map(|number| {
        let wire = &wires[number % 3];
        let amount_cents = [90, 70, 30, 7][number % 4];
        async move {
            let asked = |key: &str| spending(key, &format!("ord_{number}"), amount_cents);
            let mut answers = Vec::new();
            for key in [format!("key-number-{number}"), format!("retry-number-{number}")] {
                answers.push((amount_cents, wire.call("spend", asked(&key)).await));
            }
            answers
        }
    });
    let answers: Vec<_> = join_all(calls).await.into_iter().flatten().collect();
    let (done, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|(_, answer)| answer.envelope()["status"] == "ok");
    for (_, answer) in &refused {
        assert_eq!(code(answer), "budget_exceeded", "{answer:?}");
    }
    assert_eq!(site.effects().entries().len(), done.len());
    assert_eq!(spent(site), done.iter().map(|(amount, _)| amount).sum::<u64>());
    assert!(spent(site) <= CAP, "{} were spent", spent(site));
    // Nothing is given back here, so the last refusal was true of the whole.
    let least = refused.iter().map(|(amount, _)| *amount).min().expect("some were refused");
    assert!(spent(site) + least > CAP, "{} were spent, and {least} refused", spent(site));
    drop(servers);
}
