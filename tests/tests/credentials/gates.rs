//! Nothing is minted for a call that does not act.

use guard_tests::credentials::{ALICE, Authority, BASIC, Stage, client, refund};
use serde_json::json;

#[tokio::test]
async fn a_call_that_is_refused_mints_nothing() {
    let authority = Authority::start().await;
    let stage = Stage::with(client(&authority)).await;
    let stranger = stage.bearer("no-token-of-anybody").await;
    let denied = stranger.call("create_refund", refund("a-key-of-nobody", "ord_1", 5)).await;
    assert_eq!(denied.status, Some(401));
    let nobody = stage.bearer("CANARY-subject-of-nobody").await;
    let denied = nobody.call("create_refund", refund("a-key-of-nobody", "ord_1", 5)).await;
    assert_eq!(denied.error().1, "insufficient_scope");

    let alice = stage.bearer(ALICE).await;
    let mut unfitting = refund("unfitting", "ord_1", 5);
    unfitting["amount_cents"] = json!("5");
    for (arguments, code) in [
        (refund("short", "ord_1", 5), "key_malformed"),
        (unfitting, "invalid_argument"),
        (refund("beyond-the-limit", "ord_1", 50_001), "limit_exceeded"),
    ] {
        let refused = alice.call("create_refund", arguments).await;
        assert_eq!(refused.error().1, code, "{refused:?}");
    }
    assert_eq!(authority.asked().len(), 0, "minted for a call that was refused");
    assert_eq!(stage.effects().entries(), []);

    // The budget of one order is three calls: what is beyond it, repeated, or in conflict mints nothing
    // either, whether or not a credential is kept.
    for number in 1..=3 {
        let key = format!("a-good-key-{number}");
        let _ = alice.call("create_refund", refund(&key, "ord_1", 5)).await.result();
    }
    assert_eq!(authority.asked().len(), 1);
    for (arguments, code) in [
        (refund("a-good-key-4", "ord_1", 5), "budget_exceeded"),
        (refund("a-good-key-1", "ord_1", 6), "key_conflict"),
    ] {
        assert_eq!(alice.call("create_refund", arguments).await.error().1, code);
    }
    let replay = alice.call("create_refund", refund("a-good-key-1", "ord_1", 5)).await;
    assert!(replay.is_replay());
    assert_eq!((authority.asked().len(), stage.effects().entries().len()), (1, 3));
}

/// With credentials that are never kept, every mint is seen.
#[tokio::test]
async fn neither_a_replay_nor_a_budget_mints_where_nothing_is_kept() {
    let authority = Authority::start().await;
    authority.is(guard_tests::credentials::Mood::Grants(json!({"expires_in": null})));
    let stage = Stage::with(client(&authority)).await;
    let alice = stage.bearer(ALICE).await;
    for number in 1..=3 {
        let key = format!("a-good-key-{number}");
        let _ = alice.call("create_refund", refund(&key, "ord_1", 5)).await.result();
        assert_eq!(authority.asked().len(), number, "a token without an end was kept");
    }
    let replay = alice.call("create_refund", refund("a-good-key-1", "ord_1", 5)).await;
    assert!(replay.is_replay());
    for arguments in [refund("a-good-key-4", "ord_1", 5), refund("a-good-key-1", "ord_2", 5)] {
        let refused = alice.call("create_refund", arguments).await;
        assert!(["budget_exceeded", "key_conflict"].contains(&refused.error().1.as_str()));
    }
    assert_eq!((authority.asked().len(), stage.effects().entries().len()), (3, 3));
}

#[tokio::test]
async fn what_is_asked_for_is_the_tools_own_scopes() {
    let authority = Authority::start().await;
    let source = client(&authority).map_scope("refunds", "payments.orders.read");
    let source = source.resource("https://payments.test/").resource("https://ledger.test/v1");
    let stage = Stage::with(source).await;
    let alice = stage.bearer(ALICE).await;
    let _ = alice.call("create_refund", refund("a-good-key", "ord_1", 5)).await.result();
    let scopes = alice.call("describe_credential", json!({})).await.result();
    assert_eq!(scopes, json!(["orders", "payments.orders.read", "payments.refunds.write"]));

    let [first, second] = &authority.asked()[..] else { panic!("two tools, two credentials") };
    assert_eq!(first.authorization.as_deref(), Some(format!("Basic {BASIC}").as_str()));
    assert_eq!(first.one("grant_type"), "client_credentials");
    assert_eq!(first.one("scope"), "payments.orders.read payments.refunds.write");
    assert_eq!(first.all("resource"), ["https://payments.test/", "https://ledger.test/v1"]);
    assert_eq!(first.form.len(), 4, "{first:?}");
    assert_eq!(second.one("scope"), "orders payments.orders.read payments.refunds.write");
    assert_eq!(stage.backend.bearers(), ["CANARY-issued-1"]);
}

#[tokio::test]
async fn a_secret_is_in_the_body_where_that_is_asked_for() {
    let authority = Authority::start().await;
    let stage = Stage::with(client(&authority).client_secret_post()).await;
    let alice = stage.bearer(ALICE).await;
    let _ = alice.call("create_refund", refund("a-good-key", "ord_1", 5)).await.result();
    let asked = &authority.asked()[0];
    assert_eq!(asked.authorization, None);
    assert_eq!(asked.one("client_id"), "guard");
    assert_eq!(asked.one("client_secret"), "CANARY-client-secret");
}
