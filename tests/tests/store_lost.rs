//! A store's own server that is killed, restarted, or cut off from its clients while a call runs.

use std::time::Duration;

use guard_tests::{
    answer::Answer,
    crash::{
        backing::{Backing, Transfers},
        chain::{Chain, ask, ask_while, may_be_repeated, said},
        kind::Kind,
        point::Point,
    },
    server::Transport,
    wire::Version,
};
use serde_json::{Value, json};
use tokio::{task::block_in_place, time::sleep};

const TOOL: Kind = Kind::Refuse;

/// The stores that have a server of their own.
fn servers() -> impl Iterator<Item = Backing> {
    ["postgres", "redis"].into_iter().filter_map(Backing::start)
}

/// Two servers, of which the first takes the pauses that a call asks for.
async fn two_servers(backing: &Backing) -> Chain {
    let chain = Chain::open(backing, Transport::Stdio, Version::V2025November).await;
    let chain = chain.with_survivor().await;
    chain.arm(Point::REPLIED).await.expect("a server that can be armed");
    chain
}

fn act(after: u32) -> Value {
    json!({
        "order_id": "ord_1", "purpose": "loss", "amount_cents": 600,
        "pauses": {"before": 0, "after": after}, "idempotency_key": "the-key-of-a-loss",
    })
}

/// Whatever another server says until the outcome has come to the record.
fn is_not_settled(answer: &Answer) -> bool {
    may_be_repeated(answer) || answer.envelope()["error"]["category"] == "unknown"
}

/// The effect is a fact: its caller is told, whatever became of the store, and the record follows.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_comes_back_is_told_what_was_done() {
    for mut backing in servers() {
        let chain = two_servers(&backing).await;
        let (answer, ()) = tokio::join!(chain.server().call(TOOL.tool(), act(500)), async {
            chain.fixture().effects().reaches(1).await;
            block_in_place(|| backing.fail());
            sleep(Duration::from_millis(800)).await;
            block_in_place(|| backing.come_back());
        });
        let name = backing.name();
        assert_eq!(answer.result()["refund_id"], "re_1", "{name}");
        let later = ask_while(chain.another(), TOOL.tool(), &act(500), is_not_settled).await;
        let later = later.expect("it settles");
        assert!(later.is_replay(), "{name}: {}", said(&later));
        assert_eq!(later.bytes(), answer.bytes(), "{name}");
        assert_eq!(chain.fixture().effects().entries().len(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_at_the_claim_means_nothing_is_done() {
    for mut backing in servers() {
        let chain = two_servers(&backing).await;
        let name = backing.name();
        block_in_place(|| backing.fail());
        let refused = chain.server().call(TOOL.tool(), act(0)).await;
        assert_eq!(refused.error(), ("transient".into(), "store_unavailable".into()), "{name}");
        assert!(chain.fixture().attempts().entries().is_empty(), "{name}: no body ran");
        block_in_place(|| backing.come_back());
        let answer = ask(chain.server(), TOOL.tool(), &act(0)).await.expect("it works again");
        assert_eq!(answer.result()["refund_id"], "re_1", "{name}");
        assert_eq!(chain.fixture().effects().entries().len(), 1, "{name}");
    }
}

/// What the store acknowledged, it knows after a crash of its server.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_forgets_nothing_that_was_acknowledged() {
    for mut backing in servers() {
        let chain = two_servers(&backing).await;
        let first = ask(chain.server(), TOOL.tool(), &act(0)).await.expect("an answer");
        block_in_place(|| {
            backing.fail();
            backing.come_back();
        });
        let replay = ask(chain.another(), TOOL.tool(), &act(0)).await.expect("an answer");
        assert!(replay.is_replay(), "{}: {}", backing.name(), said(&replay));
        assert_eq!(replay.bytes(), first.bytes());
        assert_eq!(chain.fixture().effects().entries().len(), 1, "{}", backing.name());
    }
}

/// Only PostgreSQL has transactions and a server that can lose them.
fn postgres() -> Option<Backing> {
    Backing::start("postgres")
}

fn transfer() -> Value {
    json!({"order_id": "ord_1", "cents": 600, "pause": 400, "idempotency_key": "the-key-of-a-loss"})
}

/// Whatever ends the transaction in the midst of its statements, both are undone: claim and effect.
async fn lose_a_transaction(mut backing: Backing, lose: impl FnOnce(&mut Backing)) {
    let chain = two_servers(&backing).await;
    let mut ledger = Transfers::open(&chain.store_url()).await;
    let (answer, ()) = tokio::join!(chain.server().call("transfer", transfer()), async {
        chain.fixture().attempts().reaches(1).await;
        sleep(Duration::from_millis(100)).await;
        block_in_place(|| lose(&mut backing));
    });
    assert_eq!(answer.category(), "transient", "{}", said(&answer));
    ledger.reopen(&chain.store_url()).await;
    assert_eq!(ledger.of("ord_1").await, [], "the statements are undone");
    let again = ask(chain.another(), "transfer", &transfer()).await.expect("an answer");
    assert!(!again.is_replay(), "{}", said(&again));
    assert_eq!(ledger.of("ord_1").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_backend_undoes_claim_and_effect() {
    let Some(backing) = postgres() else { return };
    lose_a_transaction(backing, |backing| {
        if let Backing::Postgres(server) = backing {
            server.kill_backends();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_in_a_transaction_undoes_claim_and_effect() {
    let Some(backing) = postgres() else { return };
    lose_a_transaction(backing, |backing| {
        backing.fail();
        backing.come_back();
    })
    .await;
}

/// A backend that is killed while the body acts elsewhere changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn killed_backends_do_not_hide_the_result() {
    let Some(backing) = postgres() else { return };
    let chain = two_servers(&backing).await;
    let (answer, ()) = tokio::join!(chain.server().call(TOOL.tool(), act(300)), async {
        chain.fixture().effects().reaches(1).await;
        if let Backing::Postgres(server) = &backing {
            block_in_place(|| server.kill_backends());
        }
    });
    assert_eq!(answer.result()["refund_id"], "re_1");
    let later = ask_while(chain.another(), TOOL.tool(), &act(300), is_not_settled).await;
    assert_eq!(later.expect("it settles").bytes(), answer.bytes());
    assert_eq!(chain.fixture().effects().entries().len(), 1);
}
