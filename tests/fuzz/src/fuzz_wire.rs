//! The raw checks let a message pass exactly if it is one object, says nothing twice, is no deeper and no
//! larger than it may be, has no key that is reserved, no `id` that is none, and is of one kind.

use mcp_guard::{__fuzzing::passes, WireLimits};
use serde_json::Value;

use crate::lexical::Shape;

const RESERVED: [&str; 2] = ["$serde_json::private::RawValue", "$serde_json::private::Number"];

/// Any message.
///
/// # Panics
/// When a message passes that must not, or does not that must.
pub fn wire(message: &[u8]) {
    assert_eq!(passes(message), is_right(message), "{:?}", String::from_utf8_lossy(message));
}

/// By the letters of the text, and by what `serde_json` keeps of it: of a key that is written twice, it
/// keeps one.
fn is_right(message: &[u8]) -> bool {
    let WireLimits { max_bytes, max_depth } = WireLimits::default();
    let shape = Shape::of(message);
    if message.len() > max_bytes || shape.depth > max_depth {
        return false;
    }
    match serde_json::from_slice::<Value>(message) {
        Ok(read @ Value::Object(_)) => {
            let id = &read["id"];
            let is_an_id = id.is_string() || id.is_number() || id.is_null();
            let kinds =
                ["method", "result", "error"].iter().filter(|kind| read.get(kind).is_some());
            is_an_id && kinds.count() <= 1 && members(&read) == Some(shape.members)
        }
        _ => false,
    }
}

/// How many members there are; `None` where one is reserved.
fn members(value: &Value) -> Option<usize> {
    match value {
        Value::Object(object) if RESERVED.iter().any(|key| object.contains_key(*key)) => None,
        Value::Object(object) => {
            object.values().try_fold(object.len(), |sum, value| Some(sum + members(value)?))
        }
        Value::Array(items) => items.iter().try_fold(0, |sum, item| Some(sum + members(item)?)),
        _ => Some(0),
    }
}
