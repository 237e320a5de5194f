//! That attacks which tell nothing are not called safe.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{http::StatusCode, response::IntoResponse as _};
use guard_tests::attacked::adversary;
use mcp_guard::{
    Caller,
    adversary::{Adversary, Attack},
};
use serde_json::json;

use crate::own::{Books, knowing, over_http};

#[tokio::test]
async fn a_caller_who_may_do_nothing_makes_no_server_safe() {
    let stranger = adversary(false).expect("a guard").as_caller(Caller::local("stranger"));
    let report = stranger.attacks(120).benign(0).run().await.expect("a run");
    assert!(report.tried() >= 120 && report.landed.is_empty(), "{report}");
    assert!(!report.is_safe(), "{report}");
    let told = report.to_string();
    for tool in ["pay", "pay_fee", "ship", "get_account"] {
        assert!(told.contains(&format!("No right call of {tool} was accepted")), "{told}");
    }
}

#[tokio::test]
async fn a_tool_of_which_no_right_call_is_known_is_told() {
    // Nothing is paid for an order of this name.
    let lost = adversary(false).expect("a guard").only([Attack::OneOver]).tools(["pay"]);
    let lost =
        lost.example("pay", |_| json!({"order_id": "7", "amount_cents": 5, "reason": "late"}));
    let report = lost.attacks(5).benign(0).run().await.expect("a run");
    let premise = report.premises.first().expect("a tool");
    assert!(premise.tool == "pay" && premise.calls > 0 && premise.accepted == 0, "{report}");
    assert!(!report.is_safe(), "{report}");
}

#[tokio::test]
async fn an_attack_whose_first_call_is_refused_is_void() {
    // The budget has room for one call of the benign, and for no more.
    let spent = adversary(false).expect("a guard").only([Attack::Retry]).tools(["ship"]);
    let spent = spent.as_callers(|_| Caller::local("one").with_scopes(["payments", "accounts"]));
    let spent = spent.example("ship", |n| json!({"account": format!("mine-{n}"), "pieces": 10}));
    let report = spent.attacks(10).benign(3).run().await.expect("a run");
    let row = report.row(Attack::Retry).expect("a row");
    assert!(row.is_void() && row.refused == 0, "{report}");
    assert!(!report.is_safe(), "{report}");
}

#[tokio::test]
async fn a_canary_in_the_answer_to_a_right_call_is_told() {
    let leaking = adversary(false).expect("a guard").only([Attack::OneOver]).tools(["pay"]);
    let leaking = leaking.canary(r#""number":1"#).attacks(3).benign(1);
    let report = leaking.run().await.expect("a run");
    assert!(report.benign.refused > 0 && !report.is_safe(), "{report}");
    assert!(report.to_string().contains("leaked"), "{report}");
}

#[tokio::test]
async fn a_canary_in_the_list_of_tools_is_told() {
    let leaking = adversary(false).expect("a guard").only([Attack::OneOver]);
    let leaking = leaking.canary("ONCE for each order").attacks(3).benign(0);
    let report = leaking.run().await.expect("a run");
    let transcript = report.benign.transcripts.first().expect("a transcript");
    assert!(transcript[0].sent == "tools/list" && !report.is_safe(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_answers_for_a_server_that_is_gone_is_told() {
    const LARGE: u64 = 1024 * 1024;
    let (books, gone) = (Books::default(), Arc::new(AtomicBool::new(false)));
    let url = over_http(&books, move |request, next| {
        let length =
            request.headers().get("Content-Length").and_then(|of| of.to_str().ok()?.parse().ok());
        gone.fetch_or(length > Some(LARGE), Ordering::Relaxed);
        let is_gone = gone.load(Ordering::Relaxed);
        async move {
            if is_gone { StatusCode::BAD_GATEWAY.into_response() } else { next.run(request).await }
        }
    });
    let adversary = knowing(Adversary::connect(url.await).token("agent"), books);
    let attacks = [Attack::Huge, Attack::Missing];
    let report = adversary.only(attacks).attacks(6).benign(3).run().await.expect("a run");
    assert!(attacks.iter().all(|attack| report.has_landed(*attack)), "{report}");
    assert!(report.benign.refused > 0, "{report}");
}
