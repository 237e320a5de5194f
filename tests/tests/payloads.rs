//! What stands in a store for whoever can read it: nothing of keys and callers, and, where the
//! operator gives keys, nothing of answers and arguments. On every store.

use std::time::Duration;

use guard_tests::{
    moods::{Finding, How, Moment},
    on_every_store,
    server::engine::{SCOPE, Settings, agent, payment},
    site::{Site, the_unknown},
};
use mcp_guard::{
    Caller, KeptArguments,
    store::{Retention, Settlement, Store, record::State},
};
use serde_json::{Value, json};

on_every_store! {
    no_key_and_no_caller_is_in_a_dump,
    nothing_of_answers_and_arguments_is_in_an_encrypted_dump,
    keys_are_rotated,
    without_its_key_an_answer_is_refused_and_nothing_is_done_again,
    an_answer_that_was_moved_to_another_operation_is_refused,
    an_answer_from_before_there_were_keys_is_taken_only_where_that_is_said,
    an_outcome_is_found_out_without_the_key_of_its_arguments,
}

const CANARY: &str = "canary-of-the-note-3f9a";

fn keys(keys: &[u8]) -> Settings {
    Settings { payload_keys: keys.to_vec(), ..Settings::default() }
}

/// A payment whose answer and arguments hold the canary.
fn noted(key: &str, order_id: &str) -> Value {
    let mut arguments = payment(key, order_id, 500);
    arguments["note"] = CANARY.into();
    arguments
}

fn holds(dump: &[u8], text: &str) -> bool {
    dump.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn no_key_and_no_caller_is_in_a_dump(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let caller = Caller::new("https://canary-issuer.example", "canary-subject")
        .with_tenant("canary-tenant")
        .with_client("canary-client")
        .with_scopes([SCOPE]);
    let wire = server.caller(&caller).await;
    for (number, how) in
        [None, Some(How::Refuse), Some(How::Busy), Some(How::NoAnswer)].into_iter().enumerate()
    {
        let order_id = format!("canary-order-{number}");
        if let Some(how) = how {
            site.moods().set(&order_id, Moment::Before, how);
        }
        let key = format!("canary-key-{number}");
        wire.call("pay", noted(&key, &order_id)).await;
        wire.call(
            "spend_for_order",
            json!({
                "order_id": &order_id, "amount_cents": 1, "idempotency_key": key,
            }),
        )
        .await;
    }
    let dump = site.dump();
    assert!(holds(&dump, CANARY), "the search finds what is there: the answer is kept as it is");
    let secret = ["canary-issuer", "canary-subject", "canary-tenant", "canary-client"];
    for text in secret.into_iter().chain(["canary-key", "canary-order"]) {
        assert!(!holds(&dump, text), "{text} is in the dump");
    }
}

async fn nothing_of_answers_and_arguments_is_in_an_encrypted_dump(site: &Site) {
    // What is searched for is found where nothing is encrypted.
    let wire = site.serve_agent(&Settings::default()).await;
    site.moods().finds("ord_open", Finding::StillUnknown);
    site.moods().set("ord_open", Moment::Before, How::NoAnswer);
    let mut open = noted("an-open-key", "ord_open");
    open["purpose"] = "canary-of-the-arguments".into();
    wire.call("pay_and_look", open).await;
    let dump = site.dump();
    assert!(holds(&dump, CANARY) && holds(&dump, "canary-of-the-arguments"));

    let wire = site.serve_agent(&keys(&[1])).await;
    let mut closed = payment("the-first-key", "ord_1", 500);
    closed["note"] = "canary-of-an-answer".into();
    assert_eq!(wire.call("pay", closed.clone()).await.result()["note"], "canary-of-an-answer");
    assert!(wire.call("pay", closed).await.is_replay());
    site.moods().set("ord_2", Moment::Before, How::NoAnswer);
    site.moods().finds("ord_2", Finding::StillUnknown);
    let mut closed = payment("another-key", "ord_2", 500);
    closed["note"] = "canary-of-a-doubt".into();
    assert_eq!(wire.call("pay_and_look", closed).await.category(), "unknown");
    let dump = site.dump();
    for text in ["canary-of-an-answer", "canary-of-a-doubt"] {
        assert!(!holds(&dump, text), "{text} is in the dump");
    }
    let operator = site.operator(&keys(&[1])).await;
    let unknown = operator.operations().unresolved(None, 10).await.expect("a store").operations;
    let kept = unknown.iter().find_map(|operation| match &operation.arguments {
        KeptArguments::Kept(arguments) => Some(arguments["note"].clone()),
        _ => None,
    });
    assert_eq!(kept, Some("canary-of-a-doubt".into()), "its operator can read it");
}

async fn keys_are_rotated(site: &Site) {
    let bench = site.bench().await;
    let old = bench.wire(&keys(&[1])).await;
    let first = old.call("pay", noted("the-first-key", "ord_1")).await;
    let _ = first.result();

    let rotated = bench.wire(&keys(&[2, 1])).await;
    for (key, wire) in [("the-first-key", &rotated), ("another-key", &rotated)] {
        let again = wire.call("pay", noted(key, "ord_1")).await;
        assert!(again.is_replay());
        assert_eq!(again.bytes(), first.bytes());
    }
    let second = rotated.call("pay", noted("the-second-key", "ord_2")).await;
    let _ = second.result();
    // A server that has not been told of the new key yet.
    let refused = old.call("pay", noted("the-second-key", "ord_2")).await;
    assert_eq!(refused.error(), ("internal".into(), "record_unreadable".into()));

    let new = bench.wire(&keys(&[2])).await;
    let again = new.call("pay", noted("the-second-key", "ord_2")).await;
    assert_eq!(again.bytes(), second.bytes());
    let gone = new.call("pay", noted("the-first-key", "ord_1")).await;
    assert_eq!(gone.error(), ("internal".into(), "record_unreadable".into()));
    assert_eq!(site.effects().entries().len(), 2);
}

async fn without_its_key_an_answer_is_refused_and_nothing_is_done_again(site: &Site) {
    let bench = site.bench().await;
    let sealed = bench.wire(&keys(&[1])).await;
    let first = sealed.call("pay", noted("the-first-key", "ord_1")).await;
    let _ = first.result();
    for other in [keys(&[2]), Settings::default(), keys(&[2, 3])] {
        let wire = bench.wire(&other).await;
        for key in ["the-first-key", "another-key"] {
            let refused = wire.call("pay", noted(key, "ord_1")).await;
            assert_eq!(refused.error(), ("internal".into(), "record_unreadable".into()), "{key}");
            assert!(!refused.text.contains(CANARY), "{refused:?}");
        }
    }
    assert_eq!(site.attempts().entries().len(), 1);
    let again = sealed.call("pay", noted("the-first-key", "ord_1")).await;
    assert_eq!(again.bytes(), first.bytes());
}

/// By somebody who can write to the store, and has no key.
async fn an_answer_that_was_moved_to_another_operation_is_refused(site: &Site) {
    let bench = site.bench().await;
    let sealed = keys(&[1]);
    let wire = bench.wire(&sealed).await;
    let guard = bench.guard(agent(), &sealed);
    // Of two operations, in doubt one after the other so that their names are known.
    let mut operations = Vec::new();
    for (key, order_id) in [("the-first-key", "ord_1"), ("the-second-key", "ord_2")] {
        site.moods().set(order_id, Moment::Landed, How::NoAnswer);
        assert_eq!(wire.call("pay_again", noted(key, order_id)).await.category(), "transient");
        site.moods().clear(order_id);
        operations.push(the_unknown(&guard).await.id);
        if order_id == "ord_1" {
            let _ = wire.call("pay_again", noted(key, order_id)).await.result();
        }
    }
    let [from, to] = operations[..] else { panic!("two operations") };
    let read = async |operation| {
        let found = bench.store.inspect(&operation).await.expect("a store");
        found.expect("a record").record
    };
    let State::Recorded { reply, .. } = read(from).await.state else { panic!("it was done") };
    let minute = Duration::from_secs(60);
    let retention = Retention { retain: minute, tombstone: minute };
    let stolen = Settlement::Recorded { reply, acted: true, retention };
    let attempt = read(to).await.attempt(to);
    bench.store.resolve(&attempt, &stolen).await.expect("a store");

    for key in ["the-second-key", "another-key"] {
        let refused = wire.call("pay_again", noted(key, "ord_2")).await;
        assert_eq!(refused.error(), ("internal".into(), "record_unreadable".into()), "{key}");
        assert!(!refused.text.contains("re_1"), "{refused:?}");
    }
    assert_eq!(site.attempts().entries().len(), 3, "nothing was done again");
}

async fn an_answer_from_before_there_were_keys_is_taken_only_where_that_is_said(site: &Site) {
    let bench = site.bench().await;
    let plain = bench.wire(&Settings::default()).await;
    let first = plain.call("pay", noted("the-first-key", "ord_1")).await;
    let strict = bench.wire(&keys(&[1])).await;
    let refused = strict.call("pay", noted("the-first-key", "ord_1")).await;
    assert_eq!(refused.error(), ("internal".into(), "record_unreadable".into()));
    let lenient = Settings { accept_unencrypted: true, ..keys(&[1]) };
    let lenient = bench.wire(&lenient).await;
    let again = lenient.call("pay", noted("the-first-key", "ord_1")).await;
    assert_eq!(again.bytes(), first.bytes());
    let _ = lenient.call("pay", noted("the-second-key", "ord_2")).await.result();
    assert_eq!(
        plain.call("pay", noted("the-second-key", "ord_2")).await.error().1,
        "record_unreadable",
        "what is written now is encrypted"
    );
    assert_eq!(site.effects().entries().len(), 2);
}

/// The next call brings its own arguments.
async fn an_outcome_is_found_out_without_the_key_of_its_arguments(site: &Site) {
    let bench = site.bench().await;
    let wire = bench.wire(&keys(&[1])).await;
    let tool = "pay_and_look_as_caller";
    site.moods().set("ord_1", Moment::Landed, How::NoAnswer);
    let lost = wire.call(tool, payment("the-first-key", "ord_1", 500)).await;
    assert_eq!(lost.category(), "unknown");
    let other = bench.guard(agent(), &keys(&[2]));
    let unknown = other.operations().unresolved(None, 10).await.expect("a store").operations;
    assert_eq!(unknown[0].arguments, KeptArguments::Unreadable);
    let wire = bench.wire(&keys(&[2])).await;
    let found = wire.call(tool, payment("the-first-key", "ord_1", 500)).await;
    assert!(found.is_replay());
    assert_eq!(found.result()["refund_id"], "re_1");
    assert_eq!(site.attempts().entries().len(), 1);
}
