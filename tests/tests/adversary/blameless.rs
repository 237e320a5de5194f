//! That a guard which is right in a way of its own is not blamed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{http::StatusCode, response::IntoResponse as _};
use mcp_guard::{
    ManualClock, MemoryStore, Timestamp,
    adversary::{Adversary, Attack},
};

use crate::own::{Books, agent, knowing, open, over_http, tools};

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_with_open_tools_shared_budgets_and_short_memories_is_safe() {
    let (books, clock) = (Books::default(), Arc::new(ManualClock::new(Timestamp::from_millis(1))));
    let store = MemoryStore::with_clock(clock.clone()).expect("a store");
    let guard = tools(&books, store).build().expect("a guard");
    let adversary = Adversary::new(&guard).as_caller(agent()).clock(clock);
    let report = knowing(adversary, books).attacks(500).benign(120).run().await.expect("a run");
    report.assert_safe();
    for tried in [Attack::WithoutScope, Attack::ForeignObject, Attack::KeyExpired] {
        assert!(report.row(tried).is_some_and(|row| row.refused > 0), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_the_tool_has_are_not_unknown() {
    let books = Books::default();
    let guard = tools(&books, MemoryStore::new().expect("a store")).build().expect("a guard");
    let adversary = knowing(Adversary::new(&guard).as_caller(agent()), books);
    let unknown = adversary.tools(["leave_note"]).only([Attack::Unknown]).attacks(200);
    let report = unknown.run().await.expect("a run");
    report.assert_safe();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_takes_longer_than_anybody_waits_is_not_blamed() {
    // Longer than a ledger must stand still by default.
    let books = Books::slow(Duration::from_millis(80));
    let url = over_http(&books, open).await;
    let left = [Attack::Cancel, Attack::LostReply, Attack::Disconnect, Attack::Missing];
    let adversary = knowing(Adversary::connect(url).token("agent"), books);
    let adversary = adversary.tools(["leave_note", "look"]).only(left);
    let report = adversary.attacks(12).benign(4).run().await.expect("a run");
    report.assert_safe();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_is_opened_again() {
    let (books, requests) = (Books::default(), Arc::new(AtomicU64::new(0)));
    let url = over_http(&books, move |request, next| {
        let ends = requests.fetch_add(1, Ordering::Relaxed) % 7 == 6;
        let ends = ends && request.headers().contains_key("Mcp-Session-Id");
        async move { if ends { StatusCode::NOT_FOUND.into_response() } else { next.run(request).await } }
    });
    let adversary = knowing(Adversary::connect(url.await).token("agent"), books);
    let adversary = adversary.tools(["leave_note"]).only([Attack::Retry, Attack::KeyPadded]);
    let report = adversary.attacks(20).benign(20).run().await.expect("a run");
    report.assert_safe();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_knows_the_keys_of_an_earlier_run_is_attacked_with_others() {
    let books = Books::default();
    let url = over_http(&books, open).await;
    for _ in 0..2 {
        let adversary = knowing(Adversary::connect(url.as_str()).token("agent"), books.clone());
        let adversary = adversary.tools(["leave_note"]).only([Attack::Retry, Attack::KeyPadded]);
        let report = adversary.attacks(6).benign(6).run().await.expect("a run");
        report.assert_safe();
    }
}
