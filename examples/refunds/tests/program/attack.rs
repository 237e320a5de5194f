//! What an adversary can do to the tools, guarded and bare.

use serde_json::Value;

use crate::start::{refunds, run, stderr};

/// What must land on the bare twin, by what a person calls it.
const ON_BARE: [(&str, &str); 10] = [
    ("acts twice on retry", "keys/retry"),
    ("acts twice on a lost reply", "timing/lost reply"),
    ("pays a fee twice", "keys/new for each try"),
    ("does not enforce its limit", "limits/one over"),
    ("accepts unknown arguments", "arguments/unknown"),
    ("accepts repeated keys", "arguments/repeated"),
    ("accepts repeated keys in escapes", "arguments/repeated, escaped"),
    ("leaks the backend's error text", "timing/backend fails"),
    ("does not answer when it panics", "timing/hostile text"),
    ("gives an agent all that it wants", "agents/greedy"),
];

fn landed<'r>(report: &'r Value, attack: &'r str) -> impl Iterator<Item = &'r Value> {
    let landed = report["landed"].as_array().into_iter().flatten();
    landed.filter(move |landed| landed["attack"] == attack)
}

#[test]
fn the_adversary_gets_through_the_bare_tools_and_not_through_the_guarded() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(refunds(folder.path())
        .args(["attack", "--attacks", "300", "--json"])
        .env("TMPDIR", folder.path()));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", stderr(&output));
    let reports: Value = serde_json::from_str(&told).expect("two reports");
    let (guarded, bare) = (&reports["guarded"], &reports["bare"]);
    assert_eq!(guarded["landed"].as_array().map(Vec::len), Some(0), "{guarded}");
    assert_eq!(guarded["benign"]["refused"], 0, "{guarded}");
    assert!(guarded["benign"]["calls"].as_u64() >= Some(400), "{guarded}");
    for (what, attack) in ON_BARE {
        let transcript = landed(bare, attack).next().map(|landed| &landed["transcript"]);
        let steps = transcript.and_then(Value::as_array).map_or(0, Vec::len);
        assert!(steps > 0, "the bare server {what}, which {attack} did not show: {bare}");
    }
    let leaks =
        landed(bare, "timing/backend fails").filter(|of| of["why"].to_string().contains("leaked"));
    assert!(leaks.count() > 0, "{bare}");
    let silence = landed(bare, "timing/hostile text").map(|of| of["why"].as_str());
    assert!(silence.flatten().all(|why| why == "there was no answer"), "{bare}");
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0, "it leaves nothing behind");
}
