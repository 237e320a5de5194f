//! The fingerprint of a call's arguments.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

/// SHA-256 over a canonical form of the validated arguments: equal exactly when the same was asked.
///
/// The form is ours, and versioned: object members sorted by their UTF-8 bytes, strings as
/// `serde_json` escapes them, integers in full, other numbers as the shortest decimal that reads
/// back as the same double. It does not depend on which `serde_json` features the build turns on.
/// RFC 8785 is not used, because it makes 9007199254740992 and 9007199254740993 equal. A missing
/// member is not `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// Changes whenever the canonical form does.
const VERSION: &[u8] = b"mcp-guard arguments v1\0";

impl Fingerprint {
    pub(crate) fn of(arguments: &Value) -> Self {
        let canonical = canonical(arguments);
        let mut hash = Sha256::new_with_prefix(VERSION);
        hash.update(canonical.as_bytes());
        Self(hash.finalize().into())
    }

    /// The bytes, for a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A fingerprint that a store kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// The canonical form: equal exactly for equal values.
pub(crate) fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => write_object(out, members),
    }
}

fn write_object(out: &mut String, members: &Map<String, Value>) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push('{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

fn write_string(out: &mut String, text: &str) {
    out.push_str(&Value::from(text).to_string());
}

/// Integers in full; other numbers by their double, since with `arbitrary_precision` a number's own
/// text depends on how it was written.
fn write_number(out: &mut String, number: &Number) {
    let written = if number.as_i64() == Some(0) && number.to_string().starts_with('-') {
        // `-0` is a double, which `arbitrary_precision` alone takes for an integer.
        write!(out, "-0.0")
    } else if let Some(integer) = number.as_i64() {
        write!(out, "{integer}")
    } else if let Some(integer) = number.as_u64() {
        write!(out, "{integer}")
    } else if let Some(double) = number.as_f64() {
        write!(out, "{double:?}")
    } else {
        write!(out, "{number}")
    };
    // Writing to a `String` has no error to report.
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hex(value: &Value) -> String {
        let fingerprint = Fingerprint::of(value);
        fingerprint.0.iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").expect("a string");
            out
        })
    }

    /// Recorded once, and computed outside of this crate: a change here makes a conflict of every
    /// key that is kept anywhere. With and without `arbitrary_precision` and `preserve_order`.
    #[test]
    fn golden_vectors() {
        for line in include_str!("fingerprint/golden.txt").lines() {
            let (expected, written) = line.split_once(' ').expect("a fingerprint and arguments");
            let value: Value = serde_json::from_str(written).expect("JSON");
            assert_eq!(hex(&value), expected, "{written}");
        }
    }

    #[test]
    fn members_are_sorted_and_numbers_exact() {
        let value =
            json!({"b": 9_007_199_254_740_993_u64, "a": [1.0, 1, 1e300, -0.5], "A": u64::MAX});
        assert_eq!(
            canonical(&value),
            r#"{"A":18446744073709551615,"a":[1.0,1,1e300,-0.5],"b":9007199254740993}"#
        );
    }

    /// With and without `arbitrary_precision`.
    #[test]
    fn a_number_has_one_form_however_it_is_written() {
        for (written, form) in [
            ("0", "0"),
            ("-0", "-0.0"),
            ("-0.0", "-0.0"),
            ("-0e0", "-0.0"),
            ("0.0", "0.0"),
            ("1e0", "1.0"),
            ("10e-1", "1.0"),
            ("18446744073709551616", "1.8446744073709552e19"),
        ] {
            let value: Value = serde_json::from_str(written).expect("a number");
            assert_eq!(canonical(&value), form, "{written}");
        }
    }

    #[test]
    fn different_requests_differ() {
        let pairs = [
            (json!({"n": 9_007_199_254_740_992_u64}), json!({"n": 9_007_199_254_740_993_u64})),
            (json!({"a": null}), json!({})),
            (json!({"a": "1"}), json!({"a": 1})),
            (json!({"a": ["b", "c"]}), json!({"a": ["b,c"]})),
        ];
        for (one, two) in pairs {
            assert_ne!(hex(&one), hex(&two), "{one} {two}");
        }
    }
}
