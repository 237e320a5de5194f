//! Bytes that are not quite a JWT.

use guard_tests::issuer::{compact, encode};
use serde_json::json;

use crate::{
    table::{Case, refused, taken},
    world::{KEYS, claims, draft, honest},
};

const HEADER: &str = r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa-1"}"#;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = parts();
    cases.extend(json_of_its_own());
    cases.extend(sizes());
    cases
}

/// With a good signature over whatever is written there.
fn signed(header: &str, claims: &str) -> String {
    compact(header, claims, |message| KEYS.rsa.sign("RS256", message))
}

fn parts() -> Vec<Case> {
    let honest = honest();
    let parts: Vec<_> = honest.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("three parts") };
    let resigned = |message: String| {
        let signature = encode(KEYS.rsa.sign("RS256", message.as_bytes()));
        format!("{message}.{signature}")
    };
    vec![
        refused("one part", header.into()),
        refused("two parts", format!("{header}.{claims}")),
        refused("four parts", format!("{honest}.{signature}")),
        refused("five parts", format!("{header}.{claims}.{signature}.{claims}.{signature}")),
        refused("an empty header", format!(".{claims}.{signature}")),
        refused("no claims", format!("{header}..{signature}")),
        refused("dots alone", "..".into()),
        refused("a dot behind it", format!("{honest}.")),
        refused("padding", format!("{honest}==")),
        refused("padding inside", resigned(format!("{header}=.{claims}"))),
        refused("an opaque token", "2YotnFZFEjr1zCsicMWpAA".into()),
        refused("loose bits in the signature", loosened(&honest)),
        refused("the alphabet of plain base64", resigned(format!("{header}.{claims}+/"))),
        refused(
            "its JSON form",
            encode(json!({"payload": claims, "signature": signature}).to_string()),
        ),
    ]
}

/// The last character with another bit set that belongs to no byte: another text for the same bytes.
fn loosened(token: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = token.split_at(token.len() - 1);
    let place = ALPHABET.find(last).expect("base64url");
    format!("{start}{}", &ALPHABET[place + 1..place + 2])
}

fn json_of_its_own() -> Vec<Case> {
    let honest = claims().to_string();
    let and = |more: &str| format!("{},{more}}}", honest.trim_end_matches('}'));
    let nested = format!("\"deep\":{}{}", "[".repeat(20), "]".repeat(20));
    vec![
        taken("claims that nobody asked for", signed(HEADER, &and(r#""x":{"y":[1,null,true]}"#))),
        refused("the subject twice", signed(HEADER, &and(r#""sub":"root""#))),
        refused("the subject twice, one in escapes", signed(HEADER, &and(r#""\u0073ub":"root""#))),
        refused("the audience twice", signed(HEADER, &and(r#""aud":"https://evil.example""#))),
        refused("the same scope twice", signed(HEADER, &and(r#""scope":"refunds orders""#))),
        refused("something twice, inside", signed(HEADER, &and(r#""x":{"y":1,"y":1}"#))),
        refused("something twice, inside `id`", signed(HEADER, &and(r#""id":{"y":1,"y":1}"#))),
        refused("the algorithm twice", signed(&HEADER.replace('{', r#"{"alg":"none","#), &honest)),
        refused("the key twice", signed(&HEADER.replace('{', r#"{"kid":"ec-1","#), &honest)),
        refused("claims in a list", signed(HEADER, &format!("[{honest}]"))),
        refused("claims that are text", signed(HEADER, "\"claims\"")),
        refused("claims that are nothing", signed(HEADER, "")),
        refused("claims that are null", signed(HEADER, "null")),
        refused("claims with something behind them", signed(HEADER, &format!("{honest} {{}}"))),
        refused("claims with a byte order mark", signed(HEADER, &format!("\u{feff}{honest}"))),
        refused("claims with a comment", signed(HEADER, &format!("{honest}//"))),
        refused("claims too deep", signed(HEADER, &and(&nested))),
        refused("a header in a list", signed(&format!("[{HEADER}]"), &honest)),
        refused("a header that is null", signed("null", &honest)),
        refused(
            "text that would be read as JSON",
            signed(HEADER, &and(r#""x":{"$serde_json::private::RawValue":"{}"}"#)),
        ),
    ]
}

fn sizes() -> Vec<Case> {
    let long = |bytes: usize| draft().claim("x", "x".repeat(bytes)).sign(&KEYS.ed);
    let room = (8 * 1024 - long(0).len()) / 4 * 3;
    vec![
        taken("almost 8 KiB", long(room - 3)),
        refused("more than 8 KiB", long(room + 3)),
        refused("64 KiB", long(64 * 1024)),
        refused("64 KiB without a dot", "x".repeat(64 * 1024)),
    ]
}
