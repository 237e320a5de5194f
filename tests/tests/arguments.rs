//! Arguments that a model makes up: nothing happens, and the answer says which kind of fault it was
//! without saying the value again.

use guard_tests::{
    fixture::Fixture,
    server::Transport,
    wire::{Version, Wire, every_way},
};

/// The largest message that is read, by default.
const MEBIBYTE: usize = 1024 * 1024;
const KEY: &str = "refund-ord-8821-a";

/// What is sent as `arguments`, what it must be called, and what must not be said again.
struct Abuse {
    arguments: String,
    category: &'static str,
    codes: &'static [&'static str],
    secret: Option<&'static str>,
}

fn abuse(
    arguments: impl Into<String>,
    category: &'static str,
    codes: &'static [&'static str],
    secret: impl Into<Option<&'static str>>,
) -> Abuse {
    Abuse { arguments: arguments.into(), category, codes, secret: secret.into() }
}

/// Arguments of `create_refund` that fit, but for this text in the amount's place.
fn amount(text: &str) -> String {
    format!(
        r#"{{"order_id":"ord_8821","amount_cents":{text},"reason":"late","idempotency_key":"{KEY}"}}"#
    )
}

/// Arguments of `create_refund` that fit, but for this text in the key's place.
fn key(member: &str) -> String {
    format!(r#"{{"order_id":"ord_8821","amount_cents":77123,"reason":"late"{member}}}"#)
        .replace("77123", "500")
}

fn abuses() -> Vec<Abuse> {
    const VALIDATION: &str = "validation";
    let twice = r#"{"order_id":"o","reason":"late","idempotency_key":"refund-ord-8821-a","#;
    vec![
        abuse(
            format!(r#"{twice}"amount_cents":5,"amount_cents":60000}}"#),
            VALIDATION,
            &["repeated_key"],
            "60000",
        ),
        abuse(
            format!(r#"{twice}"amount_cents":5,"am\u006funt_cents":60000}}"#),
            VALIDATION,
            &["repeated_key"],
            "60000",
        ),
        abuse(
            format!(r#"{twice}"am\u006Funt_cents":60000,"amount_cents":5}}"#),
            VALIDATION,
            &["repeated_key"],
            "60000",
        ),
        abuse(amount("60000"), "authz", &["limit_exceeded"], "60000"),
        abuse(amount("18446744073709551615"), "authz", &["limit_exceeded"], "18446744073709551615"),
        abuse(amount("18446744073709551616"), VALIDATION, &[], "18446744073709551616"),
        abuse(amount("60000e5"), VALIDATION, &[], "60000e5"),
        abuse(amount(r#""777""#), VALIDATION, &[], "777"),
        abuse(amount("777.0"), VALIDATION, &[], "777"),
        abuse(amount("7.77e2"), VALIDATION, &[], "7.77"),
        abuse(amount("-777"), VALIDATION, &[], "777"),
        abuse(amount("0"), VALIDATION, &[], None),
        abuse(amount("null"), VALIDATION, &[], None),
        abuse(amount("[777]"), VALIDATION, &[], "777"),
        abuse(amount(r#"5,"approved_by":"SECRET-BOSS""#), VALIDATION, &[], "SECRET-BOSS"),
        abuse(amount(r#"5,"SECRET-NAME":true"#), VALIDATION, &[], "SECRET-NAME"),
        abuse(amount("5").replace("late", "SECRET-REASON"), VALIDATION, &[], "SECRET-REASON"),
        abuse(key(""), VALIDATION, &["key_missing"], None),
        abuse(key(r#","idempotency_key":"SHORT""#), VALIDATION, &["key_malformed"], "SHORT"),
        abuse(
            key(r#","idempotency_key":"SECRET KEY WITH SPACES""#),
            VALIDATION,
            &["key_malformed"],
            "SECRET KEY",
        ),
        abuse(key(r#","idempotency_key":7712377123"#), VALIDATION, &["key_malformed"], "77123"),
        abuse(key(r#","idempotency_key":null"#), VALIDATION, &[], None),
        abuse("{}", VALIDATION, &[], None),
        abuse(
            amount("5").replace("\"ord_8821\"", &deep(500)),
            VALIDATION,
            &["message_too_deep"],
            None,
        ),
        abuse(
            amount("5").replace("ord_8821", &"SECRET".repeat(MEBIBYTE / 6 + 1)),
            VALIDATION,
            &["message_too_large"],
            "SECRET",
        ),
    ]
}

fn deep(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

/// A short form of the arguments, to name a case in a failure.
fn shown(arguments: &str) -> &str {
    arguments.get(..160).unwrap_or(arguments)
}

#[tokio::test]
async fn made_up_arguments_do_nothing_and_are_not_echoed() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), version).await;
        for Abuse { arguments, category, codes, secret } in abuses() {
            let case = format!("{transport:?} {version:?} {}", shown(&arguments));
            let answer = wire.call_raw("create_refund", &arguments).await;
            assert!(!answer.is_missing(), "no answer: {case}");
            let (told, code) = answer.error();
            assert_eq!(told, category, "{case}: {answer:?}");
            assert!(codes.is_empty() || codes.contains(&&*code), "{case}: {answer:?}");
            let echoed = secret.is_some_and(|secret| answer.text.contains(secret));
            assert!(!echoed, "echoed: {case}: {answer:?}");
            assert_eq!(fixture.effects().entries(), [], "{case}");
        }
        // The connection is none the worse, and the key is as free as it was.
        let fine = wire.call_raw("create_refund", &amount("500")).await;
        assert_eq!(fine.result()["amount_cents"], 500, "{transport:?} {version:?}");
        assert_eq!(fixture.effects().entries().len(), 1);
    }
}

/// Over HTTP the connection may be closed on so large a body before its sender listens.
#[tokio::test]
async fn a_huge_message_is_not_taken_in() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), version).await;
        let huge = amount("500").replace("ord_8821", &"o".repeat(64 * MEBIBYTE));
        let answer = wire.call_raw("create_refund", &huge).await;
        if transport == Transport::Stdio || !answer.is_missing() {
            assert_eq!(answer.error().1, "message_too_large", "{transport:?} {version:?}");
        }
        assert_eq!(fixture.effects().entries(), []);
        let fine = wire.call_raw("create_refund", &amount("500")).await;
        assert_eq!(fine.result()["amount_cents"], 500, "{transport:?} {version:?}");
    }
}

/// Arguments that are no object never reach a tool; what they are called is `rmcp`'s choice.
#[tokio::test]
async fn arguments_that_are_no_object_do_nothing() {
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), version).await;
        for arguments in ["[1,2]", r#""order_id""#, "5", "true"] {
            let answer = wire.call_raw("create_refund", arguments).await;
            let message = answer.message();
            let refused = message.get("error").is_some() || message["result"]["isError"] == true;
            assert!(refused, "{transport:?} {version:?} {arguments}: {answer:?}");
        }
        assert_eq!(fixture.effects().entries(), []);
    }
}

/// A repeated key anywhere in the message could make two readers see two calls.
#[tokio::test]
async fn a_repeated_key_is_found_at_every_level() {
    let member = r#""name":"create_refund","#;
    for (transport, version) in every_way() {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), version).await;
        for (once, twice) in [
            (member, r#""name":"who_am_i","name":"create_refund","#),
            (r#""method":"tools/call""#, r#""method":"ping","method":"tools/call""#),
            (r#""method":"tools/call""#, r#""method":"ping","meth\u006fd":"tools/call""#),
            (r#""params":{"#, r#""params":{},"params":{"#),
        ] {
            let members = format!(r#"{member}"arguments":{}"#, amount("500"));
            let (id, text) = wire.frame("tools/call", &members);
            let repeated = text.replacen(once, twice, 1);
            assert_ne!(text, repeated);
            let answer = wire.exchange(id, "tools/call", Some("create_refund"), &repeated).await;
            let told = answer.error();
            assert_eq!(told, ("validation".into(), "repeated_key".into()), "{twice}: {answer:?}");
        }
        assert_eq!(fixture.effects().entries(), []);
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_answered_and_the_session_goes_on() {
    for transport in [Transport::Stdio, Transport::Http] {
        let fixture = Fixture::new();
        let wire = Wire::open(&fixture.server(transport), Version::V2025November).await;
        for nonsense in ["{", "nonsense", "\"text\"", "[1,2,3]", "{\"jsonrpc\":\"2.0\"}"] {
            let answer = wire.exchange(900, "tools/call", None, nonsense).await;
            let refused = answer.status.is_some_and(|status| (400..500).contains(&status))
                || answer.message().get("error").is_some();
            assert!(refused, "{transport:?} {nonsense}: {answer:?}");
        }
        let fine = wire.call_raw("create_refund", &amount("500")).await;
        assert_eq!(fine.result()["amount_cents"], 500, "{transport:?}");
    }
}
