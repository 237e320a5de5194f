//! Further rounds of a call (SEP-2322), which guarded tools never ask for.

use guard_tests::{
    answer::Answer,
    fixture::Fixture,
    server::{Options, Transport},
    wire::{Version, Wire, every_way},
};

const REFUND: &str = r#""name":"create_refund","arguments":{"order_id":"ord_8821","amount_cents":500,"reason":"late","idempotency_key":"an-honest-key"}"#;
const STATE: &str = r#""requestState":"rs1.AAAAAAAAAAAA.AAAA""#;

async fn ask(wire: &Wire, tool: &str, members: &str) -> Answer {
    let (id, text) = wire.frame("tools/call", members);
    wire.exchange(id, "tools/call", Some(tool), &text).await
}

fn refused(answer: &Answer) {
    assert_eq!(answer.error(), ("validation".into(), "nothing_was_asked".into()), "{answer:?}");
}

#[tokio::test]
async fn a_round_that_was_not_asked_for_is_refused_and_nothing_is_done() {
    for (transport, version) in every_way() {
        for composed in [false, true] {
            let fixture = Fixture::new();
            let options = Options { composed, ..fixture.server(transport) };
            let wire = Wire::open(&options, version).await;
            for made_up in [
                STATE,
                r#""requestState":"""#,
                r#""inputResponses":{}"#,
                r#""inputResponses":{"confirm":{"action":"accept","content":{"ok":true}}}"#,
            ] {
                refused(&ask(&wire, "create_refund", &format!("{REFUND},{made_up}")).await);
            }
            assert_eq!(fixture.effects().entries(), []);
            let answer = ask(&wire, "create_refund", REFUND).await;
            assert_eq!(answer.result()["amount_cents"], 500, "without, the call is served");
        }
    }
}

/// Also when the caller has called too often, which a router does not look at for a tool that it lacks.
#[tokio::test]
async fn a_round_tells_nothing_of_a_hidden_tool() {
    for (transport, version) in every_way() {
        for (composed, pace) in [(false, None), (true, None), (true, Some(1))] {
            let fixture = Fixture::new();
            let options = fixture.server_for(transport, &["orders"]);
            let options = Options { composed, pace, hide_unauthorized: true, ..options };
            // Two connections that say the same, so that the request ids agree.
            let [one, two] =
                [Wire::open(&options, version).await, Wire::open(&options, version).await];
            for _ in 0..2 {
                let made_up = format!("{REFUND},{STATE}");
                let hidden = ask(&one, "create_refund", &made_up).await;
                let made_up = made_up.replace("create_refund", "delete_refund");
                let absent = ask(&two, "delete_refund", &made_up).await;
                assert_eq!(hidden.text, absent.text, "{transport:?} {version:?} {composed}");
                assert_eq!(hidden.status, absent.status);
            }
        }
    }
}

#[tokio::test]
async fn a_round_is_counted_and_audited_like_any_call() {
    for composed in [false, true] {
        let fixture = Fixture::new();
        let options = fixture.server(Transport::Stdio);
        let options = Options { composed, pace: Some(1), ..options };
        let wire = Wire::open(&options, Version::V2026July).await;
        let made_up = format!("{REFUND},{STATE}");
        refused(&ask(&wire, "create_refund", &made_up).await);
        let second = ask(&wire, "create_refund", &made_up).await;
        assert_eq!(second.error(), ("transient".into(), "rate_limited".into()), "{second:?}");
        wire.close_input().await;
        assert!(wire.process().ended().await.success());
        let log = wire.process().log();
        let line = log.lines().find(|line| line.contains("nothing_was_asked"));
        assert!(line.is_some_and(|line| line.contains("mcp_guard::audit")), "{log}");
    }
}
