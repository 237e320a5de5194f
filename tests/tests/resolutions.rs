//! What a person makes of operations whose outcome nobody knows. On every store.

use guard_tests::{
    moods::{How, Moment},
    on_every_store,
    server::engine::{Settings, agent, payment},
    site::{Bench, Site, the_unknown},
};
use mcp_guard::{Guard, Operation, Resolution, ResolveError};
use serde_json::json;

on_every_store! {
    a_person_resolves_what_nobody_knows,
    a_resolution_is_refused_where_it_would_contradict,
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
