//! A text of the kind that a schema describes: of its format, or the shortest of its pattern.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value};

use super::input::compile;

/// Texts that types read which are written as text: each has a format, or is a key of a map.
pub(super) const TEXTS: [&str; 14] = [
    "a",
    "0",
    "00000000-0000-4000-8000-000000000000",
    "2024-01-01T00:00:00Z",
    "2024-01-01",
    "00:00:00Z",
    "PT1S",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "https://example.com/",
    "a@example.com",
    "example.com",
    "true",
];

/// A text that fits, if one is found.
pub(super) fn text(schema: &Map<String, Value>) -> String {
    let length = schema.get("minLength").and_then(Value::as_u64).unwrap_or(1).clamp(1, 64);
    let plain = (0..length).map(|_| 'a').collect();
    if !["format", "pattern", "anyOf"].iter().any(|rule| schema.contains_key(*rule)) {
        return plain;
    }
    let Ok(rules) = compile(&Value::Object(schema.clone())) else { return plain };
    let matching = schema.get("pattern").and_then(Value::as_str).and_then(shortest);
    let known = TEXTS.into_iter().map(str::to_owned);
    let mut candidates = matching.into_iter().chain([plain.clone()]).chain(known);
    candidates.find(|text| rules.is_valid(&Value::from(text.as_str()))).unwrap_or(plain)
}

/// The shortest text that a pattern matches, near enough.
fn shortest(pattern: &str) -> Option<String> {
    let mut text = Vec::new();
    write(&regex_syntax::parse(pattern).ok()?, &mut text)?;
    String::from_utf8(text).ok()
}

fn write(pattern: &Hir, text: &mut Vec<u8>) -> Option<()> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(()),
        HirKind::Literal(literal) => {
            text.extend_from_slice(&literal.0);
            Some(())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let first = class.ranges().first()?.start();
            text.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
            Some(())
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.push(class.ranges().first()?.start());
            Some(())
        }
        // What is longer is not worth making up.
        HirKind::Repetition(repeated) if repeated.min > 128 => None,
        HirKind::Repetition(repeated) => {
            (0..repeated.min).try_for_each(|_| write(&repeated.sub, text))
        }
        HirKind::Capture(captured) => write(&captured.sub, text),
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, text)),
        HirKind::Alternation(forms) => write(forms.first()?, text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_made_up_fits() {
        for (rules, text_of_it) in [
            (json!({}), "a"),
            (json!({"minLength": 3}), "aaa"),
            (json!({"pattern": "^ord_[0-9]{4}$"}), "ord_0000"),
            (json!({"pattern": "^(?:EUR|USD)-[A-Z]+x?$"}), "EUR-A"),
            (json!({"format": "uuid"}), "00000000-0000-4000-8000-000000000000"),
            (json!({"format": "date-time"}), "2024-01-01T00:00:00Z"),
            (json!({"format": "date"}), "2024-01-01"),
            (json!({"format": "time"}), "00:00:00Z"),
            (json!({"format": "duration"}), "PT1S"),
            (json!({"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}), "127.0.0.1"),
            (json!({"format": "uri"}), "https://example.com/"),
            (json!({"format": "email"}), "a@example.com"),
        ] {
            let mut schema = rules.as_object().expect("a schema").clone();
            schema.insert("type".into(), "string".into());
            assert_eq!(text(&schema), text_of_it, "{rules}");
        }
    }
}
