//! A disk that is full when the embedded file is written to. It is played by a limit of the size of
//! files, which the kernel enforces on the server's process alone.

use std::time::Duration;

use guard_tests::{
    answer::Answer,
    crash::{
        backing::Backing,
        chain::{Chain, ask, ask_while, may_be_repeated, said},
        kind::Kind,
        point::Point,
    },
    server::Transport,
    wire::Version,
};
use serde_json::{Value, json};
use tokio::time::sleep;

/// Too small for a page of the file's log, large enough for a ledger.
const FULL: Option<u64> = Some(4096);
const TOOL: Kind = Kind::Refuse;

fn act(key: &str, after: u32) -> Value {
    json!({
        "order_id": format!("ord {key}"), "purpose": "a full disk", "amount_cents": 600,
        "pauses": {"before": 0, "after": after}, "idempotency_key": format!("the-key-{key}"),
    })
}

async fn two_servers() -> Chain {
    let chain = Chain::open(&Backing::Sqlite, Transport::Stdio, Version::V2025November).await;
    let chain = chain.with_survivor().await;
    chain.arm(Point::REPLIED).await.expect("a server that can be armed");
    ask(chain.server(), TOOL.tool(), &act("before", 0)).await.expect("a disk that has room");
    chain
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_while_the_claim_has_no_room() {
    let chain = two_servers().await;
    chain.server().process().limit_files(FULL);
    for _ in 0..3 {
        let refused = chain.server().call(TOOL.tool(), act("claim", 0)).await;
        assert_eq!(refused.error(), ("transient".into(), "store_unavailable".into()));
    }
    assert_eq!(chain.fixture().attempts().entries().len(), 1, "no other body ran");
    let replay = chain.server().call(TOOL.tool(), act("before", 0)).await;
    assert!(replay.is_replay(), "what needs no room is answered: {}", said(&replay));
    chain.server().process().limit_files(None);
    let answer = ask(chain.server(), TOOL.tool(), &act("claim", 0)).await.expect("an answer");
    assert!(!answer.is_replay(), "{}", said(&answer));
    assert_eq!(chain.fixture().effects().entries().len(), 2);
}

/// The effect is a fact: its caller is told, and the record follows when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_recorded_as_soon_as_there_is_room() {
    let chain = two_servers().await;
    let (server, other) = (chain.server(), chain.another());
    let (answer, ()) = tokio::join!(server.call(TOOL.tool(), act("settle", 500)), async {
        chain.fixture().effects().reaches(2).await;
        server.process().limit_files(FULL);
    });
    assert_eq!(answer.result()["refund_id"], "re_2");
    assert_eq!(answer.message()["result"]["_meta"]["mcp-guard/durable"], false, "{answer:?}");
    sleep(Duration::from_millis(500)).await;
    let meanwhile = other.call(TOOL.tool(), act("settle", 500)).await;
    assert_eq!(meanwhile.category(), "unknown", "nobody acts on it again");
    server.process().limit_files(None);
    let not_settled = |answer: &Answer| {
        may_be_repeated(answer) || answer.envelope()["error"]["category"] == "unknown"
    };
    let later = ask_while(other, TOOL.tool(), &act("settle", 500), not_settled).await;
    assert_eq!(later.expect("it is recorded").bytes(), answer.bytes());
    assert_eq!(chain.fixture().effects().entries().len(), 2);
}
