//! Whose it is: `authorize = ...` and authorizers, on every store and every transport.

use std::time::{Duration, Instant};

use guard_tests::{
    answer::Answer,
    moods::{Finding, How, Moment},
    on_every_store,
    server::{
        CANARY, PANIC_CANARY,
        engine::{Settings, agent},
    },
    site::{Server, Site, the_unknown},
    wire::Wire,
};
use mcp_guard::Caller;
use serde_json::{Value, json};

on_every_store! {
    what_is_anothers_and_what_is_not_there_are_one_answer,
    nothing_is_claimed_by_what_is_not_permitted,
    the_line_asks_about_scope_then_arguments_then_permission_then_limits,
    a_check_that_fails_refuses_and_spends_nothing,
    a_replay_is_permitted_again,
    a_call_is_cancelled_while_it_is_judged,
    outcomes_are_found_out_about_whoever_may_ask,
    the_audit_trail_says_who_denied,
}

fn paying(key: &str, order_id: &str, amount_cents: u64) -> Value {
    json!({"order_id": order_id, "amount_cents": amount_cents, "idempotency_key": key})
}

fn seeing(order_id: &str) -> Value {
    json!({"order_id": order_id})
}

fn error(category: &str, code: &str) -> (String, String) {
    (category.into(), code.into())
}

fn not_permitted() -> (String, String) {
    error("authz", "not_permitted")
}

/// A wire of each kind, for the agent: to a process on stdio, to this server, and to a guard in this
/// process.
async fn every_wire(site: &Site, server: &Server, settings: &Settings) -> [Wire; 3] {
    let stdio = site.serve_agent(settings).await;
    let within = Wire::within(site.operator(settings).await).await;
    [stdio, server.caller(&agent()).await, within]
}

async fn what_is_anothers_and_what_is_not_there_are_one_answer(site: &Site) {
    site.moods().belongs("ord_theirs", Some("colleague"));
    site.moods().belongs("ord_mine", Some("agent"));
    let mut answers = Vec::new();
    let server = site.serve(&Settings::default()).await;
    let wires = every_wire(site, &server, &Settings::default()).await;
    for (number, wire) in wires.iter().enumerate() {
        let mine = wire.call("pay_own", paying("my-first-key", "ord_mine", 500)).await;
        assert_eq!(mine.result()["refund_id"], "re_1");
        assert_eq!(mine.is_replay(), number > 0);
        let mut told = Vec::new();
        for order_id in ["ord_theirs", "ord_missing"] {
            // A key that is new, one that was used for something else, and beyond limit and budget.
            let keys = [format!("a-new-key-{number}"), "my-first-key".into()];
            for (key, amount) in keys.iter().flat_map(|key| [1, 500, 1_000_000].map(|it| (key, it)))
            {
                told.push(wire.call("pay_own", paying(key, order_id, amount)).await);
            }
        }
        assert!(told.iter().all(|answer| answer.error() == not_permitted()), "{told:?}");
        answers.extend(told.iter().map(Answer::bytes));
        let seen =
            ["ord_theirs", "ord_missing"].map(|order_id| wire.call("see_own", seeing(order_id)));
        for answer in futures_util::future::join_all(seen).await {
            assert_eq!(answer.error(), not_permitted());
            answers.push(answer.bytes());
        }
        assert_eq!(wire.call("see_own", seeing("ord_mine")).await.result(), seeing("ord_mine"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let told: Value = serde_json::from_str(&answers[0]).expect("JSON");
    let told = &told["error"];
    assert_eq!((&told["field"], &told["retryable"]), (&Value::Null, &Value::Bool(false)));
    assert_eq!(told["safe_new_key"], false, "the key may be that of what was done");
    assert_eq!(site.effects().entries().len(), 1);
    assert_eq!(site.attempts().entries().len(), 4, "one body paid, and three looked");
}

async fn nothing_is_claimed_by_what_is_not_permitted(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    for order_id in ["ord_1", "ord_2"] {
        let denied = wire.call("pay_own", paying("the-only-key", order_id, 900)).await;
        assert_eq!(denied.error(), not_permitted());
    }
    let asked = json!({"tool": "pay_own", "idempotency_key": "the-only-key"});
    let status = wire.call("operation_status", asked).await;
    assert_eq!(status.result()["operation"], "none");
    // Neither is the key bound to the first arguments, nor is anything of the budget taken.
    site.moods().belongs("ord_3", Some("agent"));
    for (key, amount) in [("the-only-key", 1_000), ("another-key", 500)] {
        let paid = wire.call("pay_own", paying(key, "ord_3", amount)).await;
        assert_eq!(paid.result()["amount_cents"], amount);
    }
}

async fn the_line_asks_about_scope_then_arguments_then_permission_then_limits(site: &Site) {
    site.moods().belongs("ord_mine", Some("agent"));
    let server = site.serve(&Settings::default()).await;
    let wire = server.caller(&agent()).await;
    let unscoped = Caller::local("agent").with_tenant("acme");
    let unscoped = server.caller(&unscoped).await;
    let misfit = json!({"order_id": "ord_theirs", "amount_cents": "500", "idempotency_key": "a-key-of-mine"});
    let over = paying("a-key-of-mine", "ord_theirs", 5_000);
    let mine = paying("a-key-of-mine", "ord_mine", 5_000);
    let ask = async |wire: &Wire, arguments: &Value| {
        wire.call("pay_own", arguments.clone()).await.error()
    };
    assert_eq!(ask(&unscoped, &misfit).await, error("authz", "insufficient_scope"));
    assert_eq!(ask(&wire, &misfit).await, error("validation", "invalid_argument"));
    assert_eq!(ask(&wire, &over).await, not_permitted());
    assert_eq!(ask(&wire, &mine).await, error("authz", "limit_exceeded"));
    assert_eq!(site.attempts().entries(), []);
}

async fn a_check_that_fails_refuses_and_spends_nothing(site: &Site) {
    let hasty =
        Settings { authorize_timeout: Some(Duration::from_millis(250)), ..Settings::default() };
    let server = site.serve(&hasty).await;
    for (number, wire) in every_wire(site, &server, &hasty).await.iter().enumerate() {
        for (kind, how) in [How::NoAnswer, How::Panic, How::Hang].into_iter().enumerate() {
            let (order_id, key) =
                (format!("ord_{number}_{kind}"), format!("the-key-{number}-{kind}"));
            site.moods().belongs(&order_id, Some("agent"));
            site.moods().set(&order_id, Moment::Asked, how);
            for (tool, arguments) in
                [("pay_own", paying(&key, &order_id, 100)), ("see_own", seeing(&order_id))]
            {
                let failed = wire.call(tool, arguments).await;
                assert_eq!(
                    failed.error(),
                    error("transient", "authorization_unavailable"),
                    "{how:?}"
                );
                let told = &failed.envelope()["error"];
                assert!(told["error_id"].is_string() && told["retryable"] == true, "{failed:?}");
                for canary in [CANARY, PANIC_CANARY, order_id.as_str()] {
                    assert!(!failed.text.contains(canary), "{failed:?}");
                }
            }
            assert_eq!(site.effects().entries().len(), number * 3 + kind, "{how:?}");
            site.moods().clear(&order_id);
            let paid = wire.call("pay_own", paying(&key, &order_id, 100)).await;
            assert!(!paid.is_replay());
            assert_eq!(paid.result()["amount_cents"], 100);
        }
    }
}

async fn a_replay_is_permitted_again(site: &Site) {
    site.moods().belongs("ord_1", Some("agent"));
    let server = site.serve(&Settings::default()).await;
    for wire in every_wire(site, &server, &Settings::default()).await {
        let ask = || wire.call("pay_own", paying("the-only-key", "ord_1", 500));
        let first = ask().await;
        let id = first.result()["refund_id"].to_string();
        site.moods().belongs("ord_1", Some("colleague"));
        let denied = ask().await;
        assert_eq!(denied.error(), not_permitted());
        assert!(!denied.text.contains(&id) && !denied.is_replay(), "{denied:?}");
        site.moods().belongs("ord_1", None);
        assert_eq!(ask().await.bytes(), denied.bytes());
        site.moods().belongs("ord_1", Some("agent"));
        site.moods().set("ord_1", Moment::Asked, How::NoAnswer);
        assert_eq!(ask().await.error(), error("transient", "authorization_unavailable"));
        site.moods().clear("ord_1");
        let again = ask().await;
        assert!(again.is_replay());
        assert_eq!(again.bytes(), first.bytes());
    }
    assert_eq!(site.effects().entries().len(), 1);
}

async fn a_call_is_cancelled_while_it_is_judged(site: &Site) {
    site.moods().belongs("ord_1", Some("agent"));
    site.moods().belongs("ord_2", Some("agent"));
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    site.moods().set("ord_1", Moment::Asked, How::Hold);
    let arguments = paying("the-only-key", "ord_1", 500);
    let (id, text) =
        wire.frame("tools/call", &format!(r#""name":"pay_own","arguments":{arguments}"#));
    let ask = wire.exchange(id, "tools/call", Some("pay_own"), &text);
    let go_on = async {
        site.moods().holds("ord_1").await;
        wire.cancel(id).await;
        // Once this is answered, the word has arrived.
        let _ = wire.call("see_own", seeing("ord_2")).await.result();
        site.moods().clear("ord_1");
        wire.call("pay_own", paying("the-only-key", "ord_2", 700)).await
    };
    let paid = tokio::select! {
        // Whether a cancelled request is answered is the protocol's affair.
        biased;
        paid = go_on => paid,
        () = async { ask.await; std::future::pending().await } => unreachable!(),
    };
    assert_eq!(paid.result()["amount_cents"], 700, "the key is not bound to the first arguments");
    let effects = site.effects().entries();
    assert_eq!(effects.iter().map(|entry| entry.amount_cents).collect::<Vec<_>>(), [700]);
}

async fn outcomes_are_found_out_about_whoever_may_ask(site: &Site) {
    site.moods().belongs("ord_1", Some("agent"));
    site.moods().finds("ord_1", Finding::StillUnknown);
    let bench = site.bench().await;
    let often =
        Settings { reconcile_every: Some(Duration::from_millis(20)), ..Settings::default() };
    let wire = bench.wire(&often).await;
    let operator = bench.guard(agent(), &Settings::default());
    let ask = || wire.call("pay_own", paying("the-first-key", "ord_1", 500));
    site.moods().set("ord_1", Moment::Landed, How::NoAnswer);
    assert_eq!(ask().await.error().1, "no_answer");
    site.moods().clear("ord_1");
    let unknown = the_unknown(&operator).await.id;

    site.moods().belongs("ord_1", Some("colleague"));
    site.moods().finds("ord_1", Finding::Truth);
    assert_eq!(ask().await.error(), not_permitted());
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        let found = operator.operations().find(unknown).await.expect("a store");
        if found.expect("an operation").status.as_str() == "done" {
            break;
        }
        assert!(Instant::now() < patience, "nobody looks into it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(ask().await.error(), not_permitted());
    site.moods().belongs("ord_1", Some("agent"));
    assert!(ask().await.is_replay());
    assert_eq!(site.effects().entries().len(), 1);
}

async fn the_audit_trail_says_who_denied(site: &Site) {
    site.moods().belongs("ord_1", Some("agent"));
    let settings = Settings { frozen: vec!["pay_own".into()], ..Settings::default() };
    let wire = site.serve_agent(&settings).await;
    let frozen = wire.call("pay_own", paying("the-only-key", "ord_1", 500)).await;
    let theirs = wire.call("see_own", seeing("ord_2")).await;
    assert_eq!(frozen.error(), not_permitted());
    assert_eq!(frozen.bytes(), theirs.bytes(), "the model is not told who denied");
    assert_eq!(wire.call("see_own", seeing("ord_1")).await.result(), seeing("ord_1"));
    let log = wire.process().log();
    let denials: Vec<_> = log.lines().filter(|line| line.contains("not_permitted")).collect();
    assert_eq!(denials.len(), 2, "{log}");
    assert!(denials[0].contains("denied_by=\"freeze\""), "{denials:?}");
    assert!(denials[1].contains("denied_by=\"authorize\""), "{denials:?}");
}
