//! The two identities of an operation, row by row: the client's key, and what the operation is
//! about. On every store, through servers in processes of their own.

use guard_tests::{
    answer::Answer,
    moods::{How, Moment},
    on_every_store,
    server::engine::{SCOPE, Settings, agent, payment},
    site::Site,
    wire::Wire,
};
use mcp_guard::Caller;
use serde_json::{Value, json};

on_every_store! {
    the_same_key_and_arguments_are_answered_from_the_record,
    a_new_key_for_the_same_is_told_the_first_result,
    other_arguments_are_a_conflict_whatever_the_key,
    another_principal_is_told_that_it_is_done_and_nothing_else,
    another_tenant_and_another_tool_are_not_concerned,
    what_differs_in_a_part_of_the_business_key_is_another_operation,
    without_a_business_key_nothing_is_taken_for_one,
    a_definite_refusal_keeps_the_client_key_and_frees_the_business_key,
    a_transient_failure_frees_both_keys,
    an_unknown_outcome_holds_both_keys,
    a_business_key_is_held_while_its_call_is_under_way,
    whoever_waits_for_a_business_key_is_told_the_result,
    another_key_carries_an_unknown_operation_out_again,
    nobody_carries_out_again_what_is_anothers,
}

fn duplicate_of(answer: &Answer) -> Option<String> {
    let meta = &answer.message()["result"]["_meta"]["mcp-guard/duplicate_of"];
    meta.as_str().map(str::to_owned)
}

fn code(answer: &Answer) -> String {
    answer.error().1
}

/// The arguments, with another value of one of them.
fn but(mut arguments: Value, name: &str, value: impl Into<Value>) -> Value {
    arguments[name] = value.into();
    arguments
}

async fn agents_wire(site: &Site) -> Wire {
    site.serve_agent(&Settings::default()).await
}

fn colleague() -> Caller {
    Caller::local("colleague").with_tenant("acme").with_scopes([SCOPE])
}

async fn the_same_key_and_arguments_are_answered_from_the_record(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let wire = server.caller(&agent()).await;
    let first = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(first.result()["amount_cents"], 500);
    assert!(!first.is_replay() && duplicate_of(&first).is_none());
    server.kill().await;
    let elsewhere = agents_wire(site).await;
    let again = elsewhere.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert!(again.is_replay());
    assert_eq!(duplicate_of(&again), None, "it is this operation's own answer");
    assert_eq!(again.bytes(), first.bytes());
    assert_eq!(site.effects().entries().len(), 1);
}

async fn a_new_key_for_the_same_is_told_the_first_result(site: &Site) {
    let wire = agents_wire(site).await;
    let first = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    let operations = [
        wire.call("pay", payment("another-key", "ord_1", 500)).await,
        wire.call("pay", payment("a-third-key", "ord_1", 500)).await,
        // The key has been told, and not spent: it still is about the same.
        wire.call("pay", payment("another-key", "ord_1", 500)).await,
    ]
    .map(|answer| {
        assert!(answer.is_replay());
        assert_eq!(answer.bytes(), first.bytes());
        duplicate_of(&answer).expect("it says whose answer this is")
    });
    assert!(operations.iter().all(|operation| *operation == operations[0]), "{operations:?}");
    assert_eq!(site.effects().entries().len(), 1);

    let operator = site.operator(&Settings::default()).await;
    let id = operations[0].parse().expect("an operation");
    let found = operator.operations().find(id).await.expect("a store").expect("an operation");
    assert_eq!(found.status.as_str(), "done");
    assert_eq!(found.downstream_key, site.effects().entries()[0].key);
}

async fn other_arguments_are_a_conflict_whatever_the_key(site: &Site) {
    let wire = agents_wire(site).await;
    let _ = wire.call("pay", payment("the-first-key", "ord_1", 500)).await.result();
    let base = || payment("the-first-key", "ord_1", 500);
    let asked = [
        // The same key: other arguments, of the business key or not.
        but(base(), "amount_cents", 501),
        but(base(), "order_id", "ord_2"),
        but(base(), "note", "for the birthday"),
        // The same business key under another client key.
        payment("another-key", "ord_1", 501),
        but(payment("another-key", "ord_1", 500), "note", "for the birthday"),
    ];
    for arguments in asked {
        let answer = wire.call("pay", arguments.clone()).await;
        assert_eq!(answer.error(), ("idempotent".into(), "key_conflict".into()), "{arguments}");
        assert!(!answer.text.contains("re_1"), "a conflict tells no result: {answer:?}");
    }
    assert_eq!(site.effects().entries().len(), 1);
    // The key that met a conflict is not spent by it.
    let _ = wire.call("pay", payment("another-key", "ord_2", 500)).await.result();
    assert_eq!(site.effects().entries().len(), 2);
}

async fn another_principal_is_told_that_it_is_done_and_nothing_else(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let wire = server.caller(&agent()).await;
    let canary = "canary-of-the-agent";
    let paid = but(payment("the-first-key", "ord_1", 500), "note", canary);
    assert_eq!(wire.call("pay", paid.clone()).await.result()["note"], canary);

    let of_another_issuer = Caller::new("https://issuer.example", "agent");
    for other in [colleague(), of_another_issuer.with_tenant("acme").with_scopes([SCOPE])] {
        let theirs = server.caller(&other).await;
        for key in ["the-first-key", "another-key"] {
            let told = theirs.call("pay", but(paid.clone(), "idempotency_key", key)).await;
            let said = ("idempotent".to_owned(), "already_done".to_owned());
            assert_eq!(told.error(), said, "{other:?} {key}");
            assert!(!told.is_replay() && duplicate_of(&told).is_none(), "{told:?}");
            assert!(!told.text.contains(canary) && !told.text.contains("re_1"), "{told:?}");
        }
        let differs = theirs.call("pay", payment("a-third-key", "ord_1", 7)).await;
        assert_eq!(code(&differs), "key_conflict");
    }
    assert_eq!(site.effects().entries().len(), 1);
}

async fn another_tenant_and_another_tool_are_not_concerned(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let nobodys = Caller::local("agent").with_scopes([SCOPE]);
    for caller in [agent(), agent().with_tenant("other"), agent().with_tenant(""), nobodys] {
        let wire = server.caller(&caller).await;
        for tool in ["pay", "pay_patiently"] {
            let paid = wire.call(tool, payment("the-first-key", "ord_1", 500)).await;
            assert!(!paid.is_replay(), "{caller:?} {tool}: {paid:?}");
            let _ = paid.result();
        }
    }
    let mut keys: Vec<_> = site.effects().entries().into_iter().map(|entry| entry.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 8, "each is an operation of its own");
}

async fn what_differs_in_a_part_of_the_business_key_is_another_operation(site: &Site) {
    let wire = agents_wire(site).await;
    let other_purpose = but(payment("another-key", "ord_1", 500), "purpose", "shipping");
    let asked = [
        payment("the-first-key", "ord_1", 500),
        other_purpose,
        payment("a-third-key", "ord_2", 500),
        // The parts do not run into each other.
        but(payment("a-fourth-key", "ord_1g", 500), "purpose", "oods"),
    ];
    for arguments in asked {
        let paid = wire.call("pay", arguments).await;
        assert!(!paid.is_replay(), "{paid:?}");
        let _ = paid.result();
    }
    assert_eq!(site.effects().entries().len(), 4);
}

async fn without_a_business_key_nothing_is_taken_for_one(site: &Site) {
    let wire = agents_wire(site).await;
    for key in ["the-first-key", "another-key"] {
        let paid = wire.call("pay_by_client_key", payment(key, "ord_1", 500)).await;
        assert!(!paid.is_replay(), "{paid:?}");
    }
    assert_eq!(site.effects().entries().len(), 2, "equal arguments may be meant twice");
}

async fn a_definite_refusal_keeps_the_client_key_and_frees_the_business_key(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let wire = server.caller(&agent()).await;
    site.moods().set("ord_1", Moment::Before, How::Refuse);
    let refused = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(refused.category(), "rejected");
    assert_eq!(refused.envelope()["error"]["safe_new_key"], true);
    site.moods().clear("ord_1");

    let again = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert!(again.is_replay());
    assert_eq!(again.bytes(), refused.bytes());
    let other = wire.call("pay", payment("the-first-key", "ord_1", 400)).await;
    assert_eq!(code(&other), "key_conflict", "the client's key is spent");

    // Other arguments for the same, by somebody else: the business key is free.
    let theirs = server.caller(&colleague()).await;
    let paid = theirs.call("pay", payment("another-key", "ord_1", 400)).await;
    assert_eq!(paid.result()["amount_cents"], 400);
    assert_eq!(site.effects().entries().len(), 1);
    let still = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(still.bytes(), refused.bytes());
}

async fn a_transient_failure_frees_both_keys(site: &Site) {
    let wire = agents_wire(site).await;
    site.moods().set("ord_1", Moment::Before, How::Busy);
    let busy = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(busy.error(), ("transient".into(), "busy".into()));
    site.moods().clear("ord_1");

    let paid = wire.call("pay", payment("another-key", "ord_1", 500)).await;
    assert!(!paid.is_replay());
    let late = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(late.bytes(), paid.bytes());
    assert!(duplicate_of(&late).is_some(), "it was done under the other key: {late:?}");

    site.moods().set("ord_2", Moment::Before, How::Busy);
    let busy = wire.call("pay", payment("a-third-key", "ord_2", 500)).await;
    assert_eq!(busy.category(), "transient");
    site.moods().clear("ord_2");
    let retried = wire.call("pay", payment("a-third-key", "ord_2", 500)).await;
    assert!(!retried.is_replay());
    assert_eq!(retried.result()["amount_cents"], 500);
    assert_eq!(site.effects().entries().len(), 2);
}

async fn an_unknown_outcome_holds_both_keys(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let wire = server.caller(&agent()).await;
    site.moods().set("ord_1", Moment::Landed, How::NoAnswer);
    let lost = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(lost.error(), ("unknown".into(), "no_answer".into()));
    site.moods().clear("ord_1");

    let theirs = server.caller(&colleague()).await;
    for (wire, key) in
        [(&wire, "the-first-key"), (&wire, "another-key"), (&theirs, "the-first-key")]
    {
        let told = wire.call("pay", payment(key, "ord_1", 500)).await;
        assert_eq!(told.error(), ("unknown".into(), "outcome_unknown".into()), "{key}");
        let error = &told.envelope()["error"];
        assert_eq!((&error["retryable"], &error["safe_new_key"]), (&json!(false), &json!(false)));
    }
    let differs = wire.call("pay", payment("another-key", "ord_1", 400)).await;
    assert_eq!(code(&differs), "key_conflict");
    assert_eq!(site.effects().entries().len(), 1);
    assert_eq!(site.attempts().entries().len(), 1);
}

async fn a_business_key_is_held_while_its_call_is_under_way(site: &Site) {
    let servers = [site.serve(&Settings::default()).await, site.serve(&Settings::default()).await];
    let wire = servers[0].caller(&agent()).await;
    let (own, theirs) = (servers[1].caller(&agent()).await, servers[1].caller(&colleague()).await);
    site.moods().set("ord_1", Moment::Before, How::Hold);
    let first = wire.call("pay", payment("the-first-key", "ord_1", 500));
    let meanwhile = async {
        site.attempts().reaches(1).await;
        for (wire, key) in
            [(&own, "the-first-key"), (&own, "another-key"), (&theirs, "another-key")]
        {
            let told = wire.call("pay", payment(key, "ord_1", 500)).await;
            assert_eq!(told.error(), ("idempotent".into(), "in_flight".into()), "{key}");
            let error = &told.envelope()["error"];
            assert_eq!(error["retryable"], true);
            assert!(error["retry_after_ms"].as_u64().is_some_and(|after| after <= 1_000));
        }
        let differs = own.call("pay", payment("another-key", "ord_1", 400)).await;
        assert_eq!(code(&differs), "key_conflict");
        site.moods().clear("ord_1");
    };
    let (first, ()) = tokio::join!(first, meanwhile);
    let _ = first.result();
    assert_eq!(site.effects().entries().len(), 1);
    let later = own.call("pay", payment("another-key", "ord_1", 500)).await;
    assert_eq!(later.bytes(), first.bytes());
}

async fn whoever_waits_for_a_business_key_is_told_the_result(site: &Site) {
    let servers = [site.serve(&Settings::default()).await, site.serve(&Settings::default()).await];
    let wire = servers[0].caller(&agent()).await;
    let (own, theirs) = (servers[1].caller(&agent()).await, servers[1].caller(&colleague()).await);
    site.moods().set("ord_1", Moment::Before, How::Hold);
    let first = wire.call("pay_patiently", payment("the-first-key", "ord_1", 500));
    let others = async {
        site.attempts().reaches(1).await;
        let calls = async {
            tokio::join!(
                own.call("pay_patiently", payment("the-first-key", "ord_1", 500)),
                own.call("pay_patiently", payment("another-key", "ord_1", 500)),
                theirs.call("pay_patiently", payment("another-key", "ord_1", 500)),
            )
        };
        let release = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            site.moods().clear("ord_1");
        };
        tokio::join!(calls, release).0
    };
    let (first, (same, duplicate, foreign)) = tokio::join!(first, others);
    assert!(same.is_replay() && duplicate_of(&same).is_none(), "{same:?}");
    assert!(duplicate.is_replay() && duplicate_of(&duplicate).is_some(), "{duplicate:?}");
    assert_eq!(same.bytes(), first.bytes());
    assert_eq!(duplicate.bytes(), first.bytes());
    assert_eq!(code(&foreign), "already_done");
    assert_eq!(site.attempts().entries().len(), 1);
    assert_eq!(site.effects().entries().len(), 1);
}

async fn another_key_carries_an_unknown_operation_out_again(site: &Site) {
    let wire = agents_wire(site).await;
    site.moods().set("ord_1", Moment::Landed, How::NoAnswer);
    let lost = wire.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(lost.category(), "transient", "the backend deduplicates: {lost:?}");
    site.moods().clear("ord_1");

    let paid = wire.call("pay_again", payment("another-key", "ord_1", 500)).await;
    assert_eq!(paid.result()["refund_id"], "re_1");
    let keys: Vec<_> = site.attempts().entries().into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1], "the backend is told the first downstream key");
    assert_eq!(site.effects().entries().len(), 1);

    let own = wire.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert!(own.is_replay() && duplicate_of(&own).is_none(), "the operation is the first key's");
    let other = wire.call("pay_again", payment("another-key", "ord_1", 500)).await;
    assert!(duplicate_of(&other).is_some(), "{other:?}");
    assert_eq!(own.bytes(), paid.bytes());
    assert_eq!(other.bytes(), paid.bytes());
}

async fn nobody_carries_out_again_what_is_anothers(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let (wire, theirs) = (server.caller(&agent()).await, server.caller(&colleague()).await);
    site.moods().set("ord_1", Moment::Landed, How::NoAnswer);
    let lost = wire.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(lost.category(), "transient");
    site.moods().clear("ord_1");
    let told = theirs.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(told.error(), ("unknown".into(), "outcome_unknown".into()));
    assert_eq!(site.attempts().entries().len(), 1);
    let retried = wire.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(retried.result()["refund_id"], "re_1");
    let told = theirs.call("pay_again", payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(code(&told), "already_done");
    assert_eq!(site.effects().entries().len(), 1);
}
