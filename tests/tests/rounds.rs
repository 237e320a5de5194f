//! Further rounds of a call (SEP-2322), which guarded tools never ask for.

use guard_tests::{
    fixture::Fixture,
    server::Options,
    wire::{Wire, every_way},
};

const REFUND: &str = r#""name":"create_refund","arguments":{"order_id":"ord_8821","amount_cents":500,"reason":"late","idempotency_key":"an-honest-key"}"#;

#[tokio::test]
async fn a_round_that_was_not_asked_for_is_refused_and_nothing_is_done() {
    for (transport, version) in every_way() {
        for composed in [false, true] {
            let fixture = Fixture::new();
            let options = Options { composed, ..fixture.server(transport) };
            let wire = Wire::open(&options, version).await;
            for made_up in [
                r#""requestState":"rs1.AAAAAAAAAAAA.AAAA""#,
                r#""requestState":"""#,
                r#""inputResponses":{}"#,
                r#""inputResponses":{"confirm":{"action":"accept","content":{"ok":true}}}"#,
            ] {
                let (id, text) = wire.frame("tools/call", &format!("{REFUND},{made_up}"));
                let answer = wire.exchange(id, "tools/call", Some("create_refund"), &text).await;
                let error = &answer.message()["error"];
                assert_eq!(
                    error["code"], -32602,
                    "{transport:?} {version:?}: {made_up}: {answer:?}"
                );
                assert_eq!(error["data"]["code"], "nothing_was_asked", "{answer:?}");
            }
            assert_eq!(fixture.effects().entries(), []);
            let (id, text) = wire.frame("tools/call", REFUND);
            let answer = wire.exchange(id, "tools/call", Some("create_refund"), &text).await;
            assert_eq!(answer.result()["amount_cents"], 500, "without, the call is served");
        }
    }
}
