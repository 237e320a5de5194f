//! What a key promises, call after call; and what is the same key, the same caller and the same
//! arguments. Whatever features of `serde_json` the build turns on: each of these tests passes with
//! `--features serde_json/preserve_order,serde_json/arbitrary_precision` as well.

use guard_tests::{
    answer::Answer,
    fixture::Fixture,
    on_every_store,
    server::{
        Transport,
        engine::{SCOPE, Settings, agent, payment, token},
    },
    site::Site,
    wire::{Version, Wire, every_way},
};
use mcp_guard::Caller;
use serde_json::{Value, json};

on_every_store! {
    a_key_has_its_length_and_its_characters,
    one_caller_cannot_be_taken_for_another,
    a_refreshed_token_finds_its_keys,
    integers_are_told_apart_in_full,
    numbers_are_what_they_say,
    text_is_the_same_however_it_is_written,
    members_have_no_order,
    what_is_missing_is_not_null,
}

fn refund(amount_cents: u64, key: &str) -> Value {
    json!({
        "order_id": "ord_8821", "amount_cents": amount_cents, "reason": "late",
        "idempotency_key": key,
    })
}

#[tokio::test]
async fn a_repeated_call_gets_the_same_bytes_from_any_server() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let first = Wire::open(&fixture.server(transport), version).await;
        let original = first.call("create_refund", refund(500, "the-same-key")).await;
        assert!(!original.is_replay());
        let again = first.call("create_refund", refund(500, "the-same-key")).await;
        first.process().kill().await;
        let other = Wire::open(&fixture.server(transport), version).await;
        let later = other.call("create_refund", refund(500, "the-same-key")).await;

        for replay in [again, later] {
            assert_eq!(replay.bytes(), original.bytes(), "{transport:?} {version:?}");
            assert_eq!(replay.envelope(), original.envelope());
            assert!(replay.is_replay(), "{replay:?}");
            assert!(replay.message()["result"]["_meta"]["mcp-guard/original_at"].is_string());
        }
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

/// The order in which a client writes its arguments is no difference; their values are.
#[tokio::test]
async fn the_same_key_with_other_arguments_is_a_conflict() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let original = wire.call("create_refund", refund(500, "the-same-key")).await;
    let conflict = wire.call("create_refund", refund(501, "the-same-key")).await;
    assert_eq!(conflict.error(), ("idempotent".into(), "key_conflict".into()), "{conflict:?}");
    let reordered = r#"{"idempotency_key":"the-same-key","reason":"late",
        "amount_cents":500, "order_id":"ord_8821"}"#
        .replace('\n', " ");
    assert_eq!(wire.call_raw("create_refund", &reordered).await.bytes(), original.bytes());
    assert_eq!(fixture.effects().entries().len(), 1);
}

/// Keys belong to one tool, so that a model's habit of reusing one harms nobody.
#[tokio::test]
async fn a_key_names_one_operation_of_one_tool() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let _ = wire.call("create_refund", refund(500, "the-same-key")).await.result();
    let other = json!({
        "order_id": "ord_8821", "amount_cents": 500, "millis": 0, "idempotency_key": "the-same-key",
    });
    let _ = wire.call("slow_refund", other).await.result();
    let entries = fixture.effects().entries();
    assert_eq!(entries.len(), 2);
    assert_ne!(entries[0].key, entries[1].key, "each operation has a downstream key of its own");
    assert!(entries.iter().all(|entry| !entry.key.contains("the-same-key")));
}

#[tokio::test]
async fn a_transient_failure_gives_the_key_back() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let arguments = json!({"order_id": "ord_8821", "idempotency_key": "a-patient-key"});
    let busy = wire.call("be_busy_at_first", arguments.clone()).await;
    let error = busy.envelope()["error"].clone();
    assert_eq!(error["category"], "transient");
    assert_eq!(error["retryable"], true);
    assert_eq!(error["retry_after_ms"], 50);
    assert_eq!(fixture.effects().entries(), []);

    let other = json!({"order_id": "ord_9999", "idempotency_key": "a-patient-key"});
    let conflict = wire.call("be_busy_at_first", other).await;
    assert_eq!(conflict.error().1, "key_conflict", "the key still stands for what was asked");

    let done = wire.call("be_busy_at_first", arguments).await;
    assert_eq!(done.result()["refund_id"], "re_1");
    let keys: Vec<_> = fixture.attempts().entries().into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1], "each attempt is given the same downstream key");
}

#[tokio::test]
async fn a_refusal_is_recorded_like_a_success() {
    let fixture = Fixture::new();
    let wire = Wire::open(&fixture.server(Transport::Stdio), Version::V2025November).await;
    let missing = json!({
        "order_id": "ord_missing", "amount_cents": 500, "reason": "late",
        "idempotency_key": "a-refused-key",
    });
    let first = wire.call("create_refund", missing.clone()).await;
    assert_eq!(first.error(), ("rejected".into(), "order_not_found".into()));
    assert!(first.text.contains("order ord_missing does not exist"), "it is marked public");
    let again = wire.call("create_refund", missing).await;
    assert_eq!(again.bytes(), first.bytes());
    assert!(again.is_replay());
}

fn code(answer: &Answer) -> String {
    answer.error().1
}

/// Calls the tool for payments without a business key, with this as the key.
async fn pay_with(wire: &Wire, key: &str) -> Answer {
    let arguments = format!(
        r#"{{"order_id":"ord_1","purpose":"goods","amount_cents":1,"idempotency_key":{key}}}"#
    );
    wire.call_raw("pay_by_client_key", &arguments).await
}

async fn a_key_has_its_length_and_its_characters(site: &Site) {
    let wire = site.serve_agent(&Settings::default()).await;
    let good = [
        "\"12345678\"".to_owned(),
        format!("\"{}\"", "k".repeat(128)),
        "\"AZaz09_.:-\"".to_owned(),
        "\"azAZ09_.:-\"".to_owned(),
        // Escapes of JSON are not a part of the text: this is the first one again.
        r#""\u0031234567\u0038""#.to_owned(),
    ];
    for (number, key) in good.iter().enumerate() {
        let paid = pay_with(&wire, key).await;
        assert_eq!(paid.result()["amount_cents"], 1, "{key}");
        assert_eq!(paid.is_replay(), number == 4, "{key}");
    }
    let text = |text: &str| Value::from(text).to_string();
    let bad = [
        text("1234567"),
        text(&"k".repeat(129)),
        text(""),
        text("canary has spaces"),
        text("canary-12345678\n"),
        text("\ncanary-12345678"),
        text("canary\0canary"),
        text("canary-ключ"),
        text("canary-clé"),
        text("canary-\u{ff11}\u{ff12}"),
        text("canary-\u{200b}-\u{202e}"),
        text("canary/../../etc"),
        text("canary'; DROP TABLE--"),
        text("canary%00canary"),
        "12345678".into(),
        "null".into(),
        "true".into(),
        r#"["canary-12345678"]"#.into(),
        r#"{"canary-12345678":1}"#.into(),
    ];
    for key in bad {
        let refused = pay_with(&wire, &key).await;
        assert_eq!(refused.error(), ("validation".into(), "key_malformed".into()), "{key}");
        assert_eq!(refused.envelope()["error"]["field"], "/idempotency_key");
        assert!(!refused.text.contains("canary"), "what was refused is echoed: {refused:?}");
    }
    let mut keyless = payment("", "ord_1", 1);
    keyless.as_object_mut().expect("an object").remove("idempotency_key");
    assert_eq!(code(&wire.call("pay_by_client_key", keyless).await), "key_missing");
    assert_eq!(site.effects().entries().len(), 4);
}

/// What identifies a caller is several texts, and no two callers give the same.
async fn one_caller_cannot_be_taken_for_another(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let of = |tenant: Option<&str>, issuer: &str, subject: &str| {
        let caller = Caller::new(issuer, subject).with_scopes([SCOPE]);
        tenant.into_iter().fold(caller, Caller::with_tenant)
    };
    let callers = [
        of(None, "a", "bc"),
        of(None, "ab", "c"),
        of(None, "abc", ""),
        of(None, "", "abc"),
        of(Some(""), "a", "bc"),
        of(Some("a"), "b", "c"),
        of(Some("a"), "", "bc"),
        of(Some("ab"), "c", ""),
        of(Some("a"), "bc", ""),
        of(Some("a\0b"), "c", "d"),
        of(Some("a"), "b\0c", "d"),
        of(Some("a"), "b", "c\0d"),
        of(None, "A", "bc"),
        of(None, "a", "bc "),
    ];
    for caller in &callers {
        let wire = server.caller(caller).await;
        let paid = wire.call("pay_by_client_key", payment("the-same-key", "ord_1", 500)).await;
        assert!(!paid.is_replay(), "{caller:?}: {paid:?}");
        // Nor where the operation is about the same: then it is the tenant's.
        let _ = paid.result();
    }
    let mut keys: Vec<_> = site.effects().entries().into_iter().map(|entry| entry.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), callers.len(), "each has a downstream key of its own");
}

/// It is not the token that has the keys, nor the client: it is the principal.
async fn a_refreshed_token_finds_its_keys(site: &Site) {
    let server = site.serve(&Settings::default()).await;
    let first = server.bearer(&token(&agent(), 1)).await;
    let paid = first.call("pay", payment("the-same-key", "ord_1", 500)).await;
    let _ = paid.result();
    let refreshed = [
        token(&agent(), 2),
        token(&agent().with_client("another-client"), 3),
        token(&agent().with_scopes(["more", "and-more"]), 4),
    ];
    for token in refreshed {
        let wire = server.bearer(&token).await;
        let again = wire.call("pay", payment("the-same-key", "ord_1", 500)).await;
        assert!(again.is_replay());
        assert_eq!(again.bytes(), paid.bytes());
    }
    assert_eq!(site.effects().entries().len(), 1);
}

/// Two amounts that are one in a double.
async fn integers_are_told_apart_in_full(site: &Site) {
    let wire = site.serve_agent(&Settings::default()).await;
    let pairs = [
        ((1_u64 << 53), (1_u64 << 53) + 1),
        (u64::MAX - 1, u64::MAX),
        (i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() + 1),
    ];
    for (number, (one, next)) in pairs.into_iter().enumerate() {
        let key = format!("the-same-key-{number}");
        let paid = wire.call("pay_by_client_key", payment(&key, "ord_1", one)).await;
        assert_eq!(paid.result()["amount_cents"], one);
        let differs = wire.call("pay_by_client_key", payment(&key, "ord_1", next)).await;
        assert_eq!(code(&differs), "key_conflict", "{one} {next}");
        let same = wire.call("pay_by_client_key", payment(&key, "ord_1", one)).await;
        assert_eq!(same.bytes(), paid.bytes());
    }
    assert_eq!(site.effects().entries().len(), 3);
}

/// Weighs, with this as the weight.
async fn weigh(wire: &Wire, key: &str, grams: &str) -> Answer {
    let arguments = format!(r#"{{"order_id":"ord_1","grams":{grams},"idempotency_key":"{key}"}}"#);
    wire.call_raw("weigh", &arguments).await
}

async fn numbers_are_what_they_say(site: &Site) {
    let wire = site.serve_agent(&Settings::default()).await;
    // An integer is not a number with a fraction of zero, and neither is text.
    let paid = pay_with(&wire, r#""the-first-key""#).await;
    let _ = paid.result();
    for amount in ["1.0", "1e0", r#""1""#, "-0", "-0.0", "[1]", "1.5", "18446744073709551616"] {
        let arguments = format!(
            r#"{{"order_id":"ord_1","purpose":"goods","amount_cents":{amount},"idempotency_key":"the-first-key"}}"#
        );
        let refused = wire.call_raw("pay_by_client_key", &arguments).await;
        assert_eq!(refused.category(), "validation", "{amount}: {refused:?}");
    }
    // However a number is written, it is the same.
    let groups: [&[&str]; 7] = [
        &["1.0", "1.00", "1e0", "10e-1", "0.1E+1"],
        &["1"],
        &["1.0000000000000002"],
        &["0.1", "0.10", "1e-1", "0.1000000000000000055511151231257827"],
        &["0"],
        &["0.0", "0e5"],
        &["-0", "-0.0", "-0e0"],
    ];
    for (number, group) in groups.iter().enumerate() {
        let key = format!("the-key-of-group-{number}");
        let first = weigh(&wire, &key, group[0]).await;
        assert!(!first.is_replay());
        let _ = first.result();
        for same in *group {
            let again = weigh(&wire, &key, same).await;
            assert_eq!(again.bytes(), first.bytes(), "{same} is {}", group[0]);
        }
        for (other, group) in groups.iter().enumerate().filter(|(other, _)| *other != number) {
            let differs = weigh(&wire, &key, group[0]).await;
            assert_eq!(code(&differs), "key_conflict", "{number} {other}");
        }
    }
    assert_eq!(site.effects().entries().len(), 1 + groups.len());
}

async fn text_is_the_same_however_it_is_written(site: &Site) {
    let wire = site.serve_agent(&Settings::default()).await;
    let noted = async |note: &str| {
        let arguments = format!(
            r#"{{"order_id":"ord_1","purpose":"goods","amount_cents":1,"note":{note},"idempotency_key":"the-first-key"}}"#
        );
        wire.call_raw("pay", &arguments).await
    };
    let first = noted(r#""caf\u00e9 \ud83d\ude00 /""#).await;
    assert_eq!(first.result()["note"], "café 😀 /");
    let again = noted(r#""café \uD83D\uDE00 \/""#).await;
    assert_eq!(again.bytes(), first.bytes());
    // It is compared as it is: not normalized, folded or trimmed.
    for other in ["cafe\u{301} 😀 /", "CAFÉ 😀 /", "café 😀 / ", "café\u{200b} 😀 /"] {
        let differs = noted(&Value::from(other).to_string()).await;
        assert_eq!(code(&differs), "key_conflict", "{other}");
    }
    assert_eq!(site.effects().entries().len(), 1);
}

async fn members_have_no_order(site: &Site) {
    let wire = site.serve_agent(&Settings::default()).await;
    let ways = [
        r#"{"order_id":"ord_1","grams":2.5,"label":{"from":"a","to":"b"},"idempotency_key":"the-first-key"}"#,
        r#"{"idempotency_key":"the-first-key","label":{"to":"b","from":"a"},"grams":2.5,"order_id":"ord_1"}"#,
        r#"{ "label": { "to" : "b", "from" : "a" }, "order_id": "ord_1", "idempotency_key": "the-first-key", "grams": 2.50 }"#,
    ];
    let first = wire.call_raw("weigh", ways[0]).await;
    let _ = first.result();
    for way in ways {
        assert_eq!(wire.call_raw("weigh", way).await.bytes(), first.bytes(), "{way}");
    }
    let swapped = ways[0].replace(r#""from":"a","to":"b""#, r#""from":"b","to":"a""#);
    assert_eq!(code(&wire.call_raw("weigh", &swapped).await), "key_conflict");
    // The parts of a business key as well.
    let mut paid = Vec::new();
    for key in ["the-first-key", "another-key"] {
        let arguments = match paid.len() {
            0 => {
                r#"{"order_id":"ord_1","purpose":"goods","amount_cents":1,"idempotency_key":"KEY"}"#
            }
            _ => {
                r#"{"idempotency_key":"KEY","amount_cents":1,"purpose":"goods","order_id":"ord_1"}"#
            }
        };
        paid.push(wire.call_raw("pay", &arguments.replace("KEY", key)).await.bytes());
    }
    assert_eq!(paid[0], paid[1]);
    assert_eq!(site.effects().entries().len(), 2);
}

async fn what_is_missing_is_not_null(site: &Site) {
    let wire = site.serve_agent(&Settings::default()).await;
    let missing = payment("the-first-key", "ord_1", 1);
    let mut null = missing.clone();
    null["note"] = Value::Null;
    let first = wire.call("pay", missing.clone()).await;
    let _ = first.result();
    assert_eq!(code(&wire.call("pay", null).await), "key_conflict");
    assert_eq!(wire.call("pay", missing).await.bytes(), first.bytes());
    assert_eq!(site.effects().entries().len(), 1);
}
