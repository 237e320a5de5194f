//! Whether two answers tell the same.

use serde_json::{Map, Value};

use super::answer::Answer;

/// What stands for what was sent.
const SENT: &str = "…";

/// An answer without what differs between any two: ids, which log line says more, and what was sent.
pub(super) fn comparable(answer: &Answer, sent: &[String]) -> String {
    let mut message = answer.message().clone();
    strip(&mut message, sent);
    format!("{:?} {message}", answer.status)
}

/// The texts and numbers of arguments, the longest first.
pub(super) fn values_of(arguments: &Map<String, Value>) -> Vec<String> {
    let mut values = Vec::new();
    arguments.values().for_each(|value| collect(value, &mut values));
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values
}

fn collect(value: &Value, values: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => values.push(text.clone()),
        Value::Number(number) => values.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, values)),
        Value::Object(members) => members.values().for_each(|member| collect(member, values)),
        _ => {}
    }
}

fn strip(value: &mut Value, sent: &[String]) {
    match value {
        Value::Object(members) => {
            for name in ["id", "error_id"] {
                members.remove(name);
            }
            members.values_mut().for_each(|member| strip(member, sent));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, sent)),
        Value::String(text) => {
            // A tool's answer is there once more as text.
            if let Ok(Value::Object(inner)) = serde_json::from_str(text) {
                *value = Value::Object(inner);
                return strip(value, sent);
            }
            *text = sent.iter().fold(text.clone(), |text, sent| without(&text, sent));
        }
        Value::Number(number) if sent.contains(&number.to_string()) => *value = SENT.into(),
        _ => {}
    }
}

/// The text without this, where it is not a part of a longer word.
fn without(text: &str, sent: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(sent) {
        let is_part =
            before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        kept.push_str(before);
        kept.push_str(if is_part { sent } else { SENT });
        rest = after;
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(text: &str, sent: &Value) -> String {
        let sent = sent.as_object().expect("arguments");
        comparable(&Answer::of(text.into(), None), &values_of(sent))
    }

    #[test]
    fn answers_that_differ_in_their_ids_alone_compare_equal() {
        let one =
            r#"{"id":1,"result":{"content":[{"text":"{\"error_id\":\"a\",\"code\":\"x\"}"}]}}"#;
        let two =
            r#"{"id":2,"result":{"content":[{"text":"{\"error_id\":\"b\",\"code\":\"x\"}"}]}}"#;
        assert_eq!(told(one, &json!({})), told(two, &json!({})));
        assert_ne!(told(one, &json!({})), told(&two.replace('x', "y"), &json!({})));
    }

    #[test]
    fn answers_that_repeat_what_was_sent_compare_equal() {
        let answer = |order: &str| {
            format!(r#"{{"error":{{"message":"there is no order {order}","data":{{"of":7}}}}}}"#)
        };
        let (theirs, nobodys) =
            (json!({"order": "o_1", "n": [7]}), json!({"order": "o_22", "n": [7]}));
        assert_eq!(told(&answer("o_1"), &theirs), told(&answer("o_22"), &nobodys));
        let told_apart = answer("o_1").replace("there is no", "not yours:");
        assert_ne!(told(&told_apart, &theirs), told(&answer("o_22"), &nobodys));
        // A part of a word says something else.
        assert_ne!(told(&answer("o_17"), &theirs), told(&answer("o_18"), &theirs));
    }
}
