//! What a person makes of operations whose outcome nobody knows. On every store.

use std::time::{Duration, Instant};

use guard_tests::{
    log::Log,
    moods::{Finding, How, Moment},
    on_every_store,
    server::engine::{Settings, agent, payment},
    site::{Bench, Site, the_unknown},
};
use mcp_guard::{Call, Guard, KeptArguments, Operation, Resolution, ResolveError};
use serde_json::json;

on_every_store! {
    a_person_resolves_what_nobody_knows,
    a_resolution_is_refused_where_it_would_contradict,
    a_record_that_cannot_be_read_hides_no_other,
}

/// How an operation stands now.
async fn status_of(guard: &Guard, operation: &Operation) -> &'static str {
    let found = guard.operations().find(operation.id).await.expect("a store");
    found.expect("an operation").status.as_str()
}

/// A guard for operators, and the unknown operation that it is to resolve.
async fn unknown_payment(site: &Site, bench: &Bench<'_>, order_id: &str) -> (Guard, Operation) {
    let wire = bench.wire(&Settings::default()).await;
    site.doubt(&wire, "pay", "the-first-key", order_id, Moment::Landed).await;
    let guard = bench.guard(agent(), &Settings::default());
    let operation = the_unknown(&guard).await;
    assert_eq!((operation.tool.as_str(), operation.status.as_str()), ("pay", "unknown"));
    let done = site.effects().entries();
    assert_eq!(operation.downstream_key, done[done.len() - 1].key, "what the backend was told");
    (guard, operation)
}

async fn a_person_resolves_what_nobody_knows(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&Settings::default()).await;
    let result = json!({"refund_id": "re_found", "amount_cents": 500, "note": null});

    let (guard, operation) = unknown_payment(site, &bench, "ord_1").await;
    let resolve = async |operation: &Operation, resolution| {
        guard.operations().resolve(operation, resolution, "alice").await
    };
    assert_eq!(resolve(&operation, Resolution::Done(Some(result.clone()))).await, Ok(()));
    let told = wire.call("pay", payment("the-first-key", "ord_1", 500)).await;
    assert!(told.is_replay());
    assert_eq!(told.result(), result);

    site.doubt(&wire, "pay", "another-key", "ord_2", Moment::Landed).await;
    let operation = the_unknown(&guard).await;
    assert_eq!(resolve(&operation, Resolution::Done(None)).await, Ok(()));
    for key in ["another-key", "yet-another-key"] {
        let told = wire.call("pay", payment(key, "ord_2", 500)).await;
        assert_eq!(told.error(), ("idempotent".into(), "result_unavailable".into()), "{key}");
    }

    site.doubt(&wire, "pay", "a-third-key", "ord_3", Moment::Before).await;
    let operation = the_unknown(&guard).await;
    assert_eq!(resolve(&operation, Resolution::NotDone).await, Ok(()));
    assert_eq!(status_of(&guard, &operation).await, "not_done");
    let paid = wire.call("pay", payment("a-fourth-key", "ord_3", 400)).await;
    assert_eq!(paid.result()["amount_cents"], 400, "the business key is free");
    assert_eq!(site.effects().entries().len(), 3);
}

async fn a_resolution_is_refused_where_it_would_contradict(site: &Site) {
    let bench = site.bench().await;
    let (guard, operation) = unknown_payment(site, &bench, "ord_1").await;
    let operations = guard.operations();
    for wrong in [json!({"refund_id": 1}), json!(5), json!({}), json!({"refund_id": "re_1"})] {
        let done = Resolution::Done(Some(wrong));
        let refused = operations.resolve(&operation, done, "alice").await;
        assert!(matches!(refused, Err(ResolveError::Misfit(_))), "{refused:?}");
    }
    let mut another_tool = operation.clone();
    another_tool.tool = "of_another_server".into();
    let refused = operations.resolve(&another_tool, Resolution::NotDone, "alice").await;
    assert_eq!(refused, Err(ResolveError::NoSuchTool("of_another_server".into())));
    assert_eq!(status_of(&guard, &operation).await, "unknown");

    assert_eq!(operations.resolve(&operation, Resolution::Done(None), "alice").await, Ok(()));
    let contradiction = operations.resolve(&operation, Resolution::NotDone, "bob").await;
    assert_eq!(contradiction, Err(ResolveError::NotUnknown));
    assert_eq!(status_of(&guard, &operation).await, "done");

    // One that is carried out again since it was looked at.
    let wire = bench.wire(&Settings::default()).await;
    site.doubt(&wire, "pay_again", "another-key", "ord_2", Moment::Landed).await;
    let seen = the_unknown(&guard).await;
    site.moods().set("ord_2", Moment::Before, How::Hold);
    let meanwhile = async {
        site.moods().holds("ord_2").await;
        let refused = operations.resolve(&seen, Resolution::NotDone, "alice").await;
        assert_eq!(refused, Err(ResolveError::NotUnknown), "it is under way");
        assert_eq!(status_of(&guard, &seen).await, "under_way");
        site.moods().clear("ord_2");
    };
    let call = wire.call("pay_again", payment("another-key", "ord_2", 500));
    let (paid, ()) = tokio::join!(call, meanwhile);
    assert_eq!(paid.result()["refund_id"], "re_2");
    assert_eq!(site.effects().entries().len(), 2);
}

/// Neither from a person who lists them, nor from whoever looks into them. It is said which it is.
async fn a_record_that_cannot_be_read_hides_no_other(site: &Site) {
    let (log, bench) = (Log::keep(), site.bench().await);
    let wire = bench.wire(&Settings::default()).await;
    for number in 0..6 {
        let order_id = format!("ord_{number}");
        site.moods().finds(&order_id, Finding::StillUnknown);
        let key = format!("the-key-of-{order_id}");
        site.doubt(&wire, "pay_and_look", &key, &order_id, Moment::Landed).await;
    }
    let often =
        Settings { reconcile_every: Some(Duration::from_millis(20)), ..Settings::default() };
    let guard = bench.guard(agent(), &often);
    let list = async |limit| {
        let (mut found, mut unreadable, mut behind) = (Vec::new(), Vec::new(), None);
        loop {
            let page = guard.operations().unresolved(behind, limit).await.expect("a store");
            found.extend(page.operations.iter().map(|operation| operation.id));
            unreadable.extend(page.unreadable.iter().map(|record| record.operation));
            behind = page.next;
            if behind.is_none() {
                return (found, unreadable);
            }
        }
    };
    let all = guard.operations().unresolved(None, 10).await.expect("a store").operations;
    let ids: Vec<_> = all.iter().map(|operation| operation.id).collect();
    // Pages begin and end with them.
    let (spoilt, sound) = ([ids[0], ids[1], ids[3], ids[5]], [ids[2], ids[4]]);
    for operation in spoilt {
        site.spoil(operation);
    }
    for limit in [1, 2, 3, 10] {
        assert_eq!(list(limit).await, (sound.to_vec(), spoilt.to_vec()), "{limit} at a time");
    }

    for number in 0..6 {
        site.moods().finds(&format!("ord_{number}"), Finding::Truth);
    }
    let KeptArguments::Kept(asked) = &all[0].arguments else { panic!("they are kept") };
    let order_id = asked["order_id"].as_str().expect("an order");
    let again = payment(&format!("the-key-of-{order_id}"), order_id, 500);
    let refused = guard.call(Call::new("pay_and_look", again, Some(agent()))).await;
    let refused = refused.expect("a tool");
    assert!(refused.body().contains("record_unreadable"), "{refused:?}");
    let patience = Instant::now() + Duration::from_secs(10);
    while !list(10).await.0.is_empty() {
        assert!(Instant::now() < patience, "nobody looks into the others");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for operation in all.iter().filter(|operation| sound.contains(&operation.id)) {
        assert_eq!(status_of(&guard, operation).await, "done");
    }
    for operation in spoilt {
        let told = log.lines("ERROR", &operation.to_string());
        assert!(told.iter().any(|line| line.contains("unreadable")), "{operation}: {told:?}");
    }
    assert_eq!(site.effects().entries().len(), 6);
}
