//! A credential is minted once while it is valid.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use guard_tests::credentials::{ALICE, Authority, BOB, Mood, Stage, caller, client, refund};
use mcp_guard::{CredentialRequest, CredentialSource, MintFuture, prelude::*};
use serde_json::json;

#[tokio::test]
async fn fifty_calls_at_once_mint_one_credential() {
    let authority = Authority::start().await;
    authority.is(Mood::Takes(Duration::from_millis(200)));
    let stage = Stage::with(client(&authority)).await;
    let wires =
        join_all((0..50).map(|number| stage.bearer(if number % 2 == 0 { ALICE } else { BOB })))
            .await;
    let calls = wires.iter().enumerate().map(|(number, wire)| {
        let arguments = refund(&format!("a-good-key-{number}"), &format!("ord_{number}"), 5);
        async move { wire.call("create_refund", arguments).await.result() }
    });
    assert_eq!(join_all(calls).await.len(), 50);
    assert_eq!(authority.asked().len(), 1);
    assert_eq!(stage.backend.bearers(), ["CANARY-issued-1"; 50]);
    assert_eq!(stage.effects().entries().len(), 50);
}

#[tokio::test]
async fn an_outage_is_shared_by_those_who_wait_and_asked_again_by_who_comes_next() {
    let authority = Authority::start().await;
    authority.is(Mood::Stalls);
    let patience = Duration::from_millis(400);
    let stage =
        Stage::set(client(&authority), |builder| builder.credential_timeout(patience)).await;
    let wires = join_all((0..20).map(|_| stage.bearer(ALICE))).await;
    let calls = wires.iter().enumerate().map(|(number, wire)| {
        let arguments = refund(&format!("a-good-key-{number}"), "ord_1", 5);
        async move { wire.call("retried_refund", arguments).await.error() }
    });
    for error in join_all(calls).await {
        assert_eq!(error, ("transient".into(), "credential_unavailable".into()));
    }
    let asked = authority.asked().len();
    // Those that came when the first had given up asked again, together.
    assert!((1..=2).contains(&asked), "asked {asked} times");
    authority.is(Mood::good());
    let _ = wires[0].call("retried_refund", refund("a-good-key-0", "ord_1", 5)).await.result();
    assert_eq!((authority.asked().len(), stage.effects().entries().len()), (asked + 1, 1));
}

#[tokio::test]
async fn a_new_one_is_minted_shortly_before_the_end() {
    let authority = Authority::start().await;
    authority.is(Mood::Grants(json!({"expires_in": 2})));
    let stage = Stage::with(client(&authority)).await;
    let alice = stage.bearer(ALICE).await;
    let call = async |number: usize| {
        let arguments = refund(&format!("a-good-key-{number}"), &format!("ord_{number}"), 5);
        let _ = alice.call("create_refund", arguments).await.result();
    };
    call(1).await;
    call(2).await;
    assert_eq!(stage.backend.bearers(), ["CANARY-issued-1"; 2]);
    // The last quarter of its two seconds is not used.
    tokio::time::sleep(Duration::from_millis(1600)).await;
    call(3).await;
    assert_eq!(stage.backend.bearers()[2], "CANARY-issued-2");
    assert_eq!(authority.asked().len(), 2);
}

/// Mints on what it is told of the caller, as a source does that looks at their claims.
#[derive(Default)]
struct OnTheirBehalf(AtomicUsize);

impl CredentialSource for OnTheirBehalf {
    fn mint<'a>(&'a self, request: CredentialRequest<'a>) -> MintFuture<'a> {
        assert!(request.caller().is_some());
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        let minted = Credential::bearer(Secret::new(format!("minted-{count}")));
        Box::pin(async { Ok(minted?.with_lifetime(Duration::from_secs(3600))) })
    }
}

/// Scopes may be taken away, and claims say something else in the next token: what was minted on the
/// old ones is not used any more.
#[tokio::test]
async fn a_credential_does_not_outlive_what_it_was_minted_on() {
    let alice = || caller("alice", &["refunds"]);
    let standings = [
        alice(),
        alice().with_client("batch"),
        alice().with_scopes(["large"]),
        alice().with_claim("tier", "gold"),
        alice().with_claim("tier", "plain"),
        alice().with_tenant("acme"),
        alice(),
    ];
    let count = standings.len();
    let token = |number: usize| format!("CANARY-token-{number}");
    let tokens = standings.into_iter().enumerate();
    let tokens =
        tokens.fold(StaticTokens::new(), |all, (number, who)| all.token(token(number), who));
    let stage = Stage::set(OnTheirBehalf::default(), |builder| builder.authenticate(tokens)).await;
    for round in 0..2 {
        for number in 0..count {
            let wire = stage.bearer(&token(number)).await;
            let arguments =
                refund(&format!("a-good-key-{round}-{number}"), &format!("ord_{number}"), 5);
            let _ = wire.call("create_refund", arguments).await.result();
        }
    }
    let expected = [0, 1, 2, 3, 4, 5, 0].map(|number| format!("minted-{number}"));
    assert_eq!(stage.backend.bearers(), [&expected[..], &expected[..]].concat());
}
