//! The adversary at the front door: every transport, and what it tells of itself.

mod blameless;
mod landing;
mod own;
mod vacuous;

use std::process::Stdio;

use guard_tests::{
    attacked::{OF_HTTP, OverHttp, adversary},
    fixture::{Fixture, executable},
    server::Transport,
};
use mcp_guard::adversary::{Adversary, Attack, Goal, LedgerEntry, Report};
use serde_json::json;
use tokio::process::Command;

/// The attacks that were not made.
fn not_tried(report: &Report) -> Vec<Attack> {
    let rows = report.attacks.iter().filter(|row| row.not_tried.is_some());
    rows.map(|row| row.attack).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lands_in_a_process_and_nothing_is_left_untried() {
    let hidden = adversary(true).expect("a guard").attacks(400).benign(100).run();
    let report = hidden.await.expect("a run");
    report.assert_safe();
    assert_eq!(not_tried(&report), OF_HTTP);
    assert!(report.tried() >= 400 && report.benign.calls >= 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lands_over_http() {
    let adversary = OverHttp::default().adversary().await.expect("a server");
    // All calls are one caller's here, whose budgets are soon spent.
    let report = adversary.attacks(300).benign(0).run().await.expect("a run");
    report.assert_safe();
    assert_eq!(not_tried(&report), [Attack::AnotherSession, Attack::Existence]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lands_in_sessions_over_http() {
    let server = OverHttp { sessions: true, hides: true, hole: None };
    let adversary = server.adversary().await.expect("a server");
    let report = adversary.attacks(300).benign(0).run().await.expect("a run");
    report.assert_safe();
    assert_eq!(not_tried(&report), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lands_on_a_process_over_stdio() {
    let fixture = Fixture::new();
    let mut command = Command::new(executable());
    command.args(fixture.server(Transport::Stdio).words()).stderr(Stdio::null());
    let ledger = fixture.effects();
    let report = Adversary::connect(command)
        .tools(["create_refund", "get_order", "who_am_i"])
        .example(
            "create_refund",
            |n| json!({"order_id": format!("ord_{n}"), "amount_cents": 5, "reason": "late"}),
        )
        .goal(Goal::of("create_refund").takes("amount_cents", 60_000).at_most(50_000))
        .judged_by(move |since| {
            let entries = ledger.entries().into_iter().skip(since);
            entries.map(|of| LedgerEntry::on(of.order_id).amount(of.amount_cents)).collect()
        })
        .only([
            Attack::OneOver,
            Attack::Retry,
            Attack::Unknown,
            Attack::RepeatedKey,
            Attack::Malformed,
            Attack::Deep,
            Attack::Cancel,
            Attack::Greedy,
            Attack::Sequence,
        ])
        .attacks(150)
        .benign(50)
        .run()
        .await
        .expect("a run");
    report.assert_safe();
    assert!(report.tried() >= 150 && report.benign.calls >= 50);
}

#[tokio::test]
async fn what_lands_is_told_with_a_transcript_and_lands_again_by_its_number() {
    // Every refusal of an amount says this: a canary that is always found.
    let told = || adversary(false).expect("a guard").only([Attack::OneOver]).canary("beyond what");
    let report = told().attacks(20).benign(0).run().await.expect("a run");
    assert!(!report.is_safe() && report.has_landed(Attack::OneOver));
    let first = report.landed.first().expect("a landing");
    assert!(first.why.contains("leaked `beyond what`"), "{report}");
    assert_eq!(first.transcript.len(), 1, "{report}");
    assert!(report.to_string().contains(&first.transcript[0].sent), "{report}");
    assert_eq!(json!(report)["landed"][0]["attack"], "limits/one over");

    let again = told().replay(first.number).run().await.expect("a run");
    assert_eq!(again.tried(), 1);
    let again = again.landed.first().expect("a landing");
    let arguments = |sent: &str| sent.split_once("arguments").expect("a call").1.to_owned();
    assert_eq!(arguments(&again.transcript[0].sent), arguments(&first.transcript[0].sent));
}

#[tokio::test]
async fn a_sequence_that_lands_shrinks_to_the_shortest() {
    // The guard allows more than this says: two payments under two keys are what it takes.
    let strict = Goal::of("pay").effects(1);
    let strict = adversary(false).expect("a guard").goal(strict).only([Attack::Sequence]);
    let report = strict.attacks(60).benign(0).run().await.expect("a run");
    let of_pay: Vec<_> = report.landed.iter().filter(|landed| landed.tool == "pay").collect();
    assert!(!of_pay.is_empty(), "{report}");
    for landed in of_pay {
        let calls = landed.transcript.iter().filter(|step| step.sent.contains("tools/call"));
        assert_eq!(calls.count(), 2, "{report}");
    }
}

#[tokio::test]
#[should_panic(expected = "a canary")]
async fn a_report_with_a_landing_fails_a_test() {
    let report = adversary(false).expect("a guard").only([Attack::OneOver]).canary("beyond what");
    let report = report.attacks(3).benign(0).named("a canary").run().await.expect("a run");
    report.assert_safe();
}

#[tokio::test]
async fn a_benign_call_that_is_refused_is_a_defect() {
    let refusing = adversary(false).expect("a guard").only([Attack::OneOver]).attacks(5).benign(10);
    let refusing = refusing.example("pay", |_| json!({"order_id": "ord_1", "amount_cents": 0}));
    let report = refusing.run().await.expect("a run");
    assert!(report.benign.refused > 0 && !report.is_safe(), "{report}");
}

#[tokio::test]
async fn a_name_of_no_tool_is_told() {
    let lost = adversary(false).expect("a guard").goal(Goal::of("pey"));
    let error = lost.run().await.expect_err("there is no such tool").to_string();
    assert!(error.contains("`pey`") && error.contains("pay_fee"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let nobody = Adversary::connect("http://127.0.0.1:1/mcp").run().await;
    let error = nobody.expect_err("nobody listens").to_string();
    assert!(error.contains("did not list its tools"), "{error}");
}
