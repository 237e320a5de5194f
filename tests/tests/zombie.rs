//! A server that is stopped for longer than its lease, and goes on: it is no second owner.

use std::time::Duration;

use guard_tests::{
    answer::Answer,
    crash::{
        backing::Backing,
        chain::{Chain, ask, ask_while, may_be_repeated, said},
        kind::Kind,
        point::Point,
    },
    server::{Transport, doomed::LEASE},
    wire::{Version, Wire},
};
use serde_json::{Value, json};

fn call(kind: Kind, key: &str, pauses: &Value) -> Value {
    json!({
        "order_id": format!("ord_{kind:?}"), "purpose": "zombies", "amount_cents": 600,
        "pauses": pauses, "idempotency_key": key,
    })
}

/// What the owner was told that was stopped while its body waited, and what the other server was told
/// meanwhile and afterwards.
struct Told {
    meanwhile: Answer,
    late: Answer,
    afterwards: Answer,
    effects: usize,
}

async fn stop_an_owner(backing: &Backing, kind: Kind, pauses: &Value) -> Told {
    let chain = Chain::open(backing, Transport::Stdio, Version::V2025November).await;
    let chain = chain.with_survivor().await;
    let (owner, other) = (chain.server(), chain.another());
    // Its server alone takes the pauses; nobody dies.
    chain.arm(Point::REPLIED).await.expect("a server that can be armed");
    let waits_before = pauses["before"] != 0;
    let own = call(kind, "the-key-of-a-zombie", pauses);
    let (late, meanwhile) = tokio::join!(owner.call(kind.tool(), own.clone()), async {
        let is_waiting =
            if waits_before { chain.fixture().attempts() } else { chain.fixture().effects() };
        is_waiting.reaches(1).await;
        // By then, it has let go of the ledgers, too.
        tokio::time::sleep(Duration::from_millis(40)).await;
        stop_between_writes(owner, other).await;
        tokio::time::sleep(LEASE).await;
        let meanwhile = ask(other, kind.tool(), &own).await.expect("an answer");
        owner.process().resume();
        meanwhile
    });
    let unknown = |answer: &Answer| {
        may_be_repeated(answer) || answer.envelope()["error"]["category"] == "unknown"
    };
    let afterwards = ask_while(other, kind.tool(), &own, unknown).await.expect("an answer");
    let entries = chain.fixture().effects().entries();
    let effects = entries.iter().filter(|entry| entry.order_id.ends_with("zombies")).count();
    Told { meanwhile, late, afterwards, effects }
}

/// A server that is stopped within a transaction of the file stops every other one as well, until it
/// goes on. Here, it is to be stopped in its body.
async fn stop_between_writes(owner: &Wire, other: &Wire) {
    for attempt in 0..50 {
        owner.process().pause();
        let probe = json!({
            "order_id": "ord_probe", "purpose": format!("probe {attempt}"), "amount_cents": 1,
            "pauses": {"before": 0, "after": 0}, "idempotency_key": format!("probe-key-{attempt}"),
        });
        let answer = other.call(Kind::Refuse.tool(), probe).await;
        if answer.envelope()["status"] == "ok" {
            return;
        }
        owner.process().resume();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the owner holds the store all the time");
}

fn wait_before() -> Value {
    json!({"before": 700, "after": 0})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_owner_turns_unknown_into_fact() {
    for backing in Backing::all() {
        let told = stop_an_owner(&backing, Kind::Refuse, &wait_before()).await;
        assert_eq!(told.meanwhile.category(), "unknown", "{}", backing.name());
        assert_eq!(told.late.result()["amount_cents"], 600);
        assert!(told.afterwards.is_replay(), "{}", said(&told.afterwards));
        assert_eq!(told.afterwards.bytes(), told.late.bytes());
        assert_eq!(told.effects, 1, "{}", backing.name());
    }
}

/// The other attempt acts, under the same downstream key; the late one is recognized by its backend,
/// and does not touch the record of its successor.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_owner_does_not_touch_its_successor() {
    for backing in Backing::all() {
        let told = stop_an_owner(&backing, Kind::Retry, &wait_before()).await;
        assert!(!told.meanwhile.is_replay(), "{}", said(&told.meanwhile));
        assert_eq!(told.late.result(), told.meanwhile.result(), "{}", backing.name());
        assert_eq!(told.afterwards.bytes(), told.meanwhile.bytes());
        assert_eq!(told.effects, 1, "{}", backing.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_owner_that_has_not_dispatched_is_refused() {
    for backing in Backing::all() {
        let told = stop_an_owner(&backing, Kind::Dispatch, &wait_before()).await;
        assert_eq!(told.meanwhile.result()["amount_cents"], 600, "{}", backing.name());
        // Nothing was done by it, and what the other one did is not its to tell.
        assert_eq!(told.late.error(), ("unknown".into(), "superseded".into()));
        assert_eq!(told.afterwards.bytes(), told.meanwhile.bytes());
        assert_eq!(told.effects, 1, "{}", backing.name());
    }
}

/// The effect of the stopped owner is found, and recorded by another; the owner's own record comes too
/// late and says nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_was_reconciled_meanwhile_agrees() {
    for backing in Backing::all() {
        let after = json!({"before": 0, "after": 700});
        let told = stop_an_owner(&backing, Kind::Reconcile, &after).await;
        assert!(told.meanwhile.is_replay(), "{}", said(&told.meanwhile));
        assert_eq!(told.late.result(), told.meanwhile.result(), "{}", backing.name());
        assert_eq!(told.afterwards.bytes(), told.meanwhile.bytes());
        assert_eq!(told.effects, 1, "{}", backing.name());
    }
}
