//! Fingerprints that were computed elsewhere, by another program: one that changes makes a conflict of every
//! key that is kept anywhere. They hold whatever features of `serde_json` a build turns on.

use std::fmt::Write as _;

use mcp_guard::__fuzzing::fingerprint;
use serde_json::Value;

#[test]
fn a_fingerprint_never_changes() {
    for line in include_str!("../golden").lines() {
        let (expected, text) = line.split_once(' ').expect("a fingerprint and arguments");
        let arguments: Value = serde_json::from_str(text).expect("JSON");
        let found = fingerprint(&arguments).iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").expect("a string");
            out
        });
        assert_eq!(found, expected, "{text}");
    }
}
