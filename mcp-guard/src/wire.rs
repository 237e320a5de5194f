//! Raw checks of a JSON-RPC message, on its bytes, before anything else parses it.
//!
//! A JSON parser that keeps a map loses what was written twice: `{"amount": 5, "amount": 60000}`
//! reads as 60000 to one and as 5 to the next. So a message with a repeated key has no meaning that
//! two parsers must agree on, and is refused whole (RFC 8259 §4 leaves it open; I-JSON, RFC 7493
//! §2.3, forbids it).

use std::{cell::Cell, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::failure::Failure;

/// With its feature `raw_value`, which any crate of the build can turn on, `serde_json` reads the text
/// under this key as JSON in the object's place: there it would be checked by nobody.
const TEXT_THAT_IS_READ: &str = "$serde_json::private::RawValue";

/// With its feature `arbitrary_precision`, `serde_json` hands a number over as an object of this one key,
/// and takes an object of this key for a number.
const DIGITS_THAT_ARE_READ: &str = "$serde_json::private::Number";

/// How large and how deep a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireLimits {
    /// Bytes of one message. Default 1 MiB.
    pub max_bytes: usize,
    /// Objects and arrays inside one another. Default 32, at most 100.
    pub max_depth: usize,
}

impl Default for WireLimits {
    fn default() -> Self {
        Self { max_bytes: 1024 * 1024, max_depth: 32 }
    }
}

/// Why a message was refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused {
    pub(crate) fault: Fault,
    /// The request's id, where it could be read.
    pub(crate) id: Option<Value>,
    /// Whether somebody waits for an answer: a notification has none.
    pub(crate) answerable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    TooLarge,
    TooDeep,
    RepeatedKey,
    ReservedKey,
    MalformedId,
    Malformed,
    NotAnObject,
}

impl Fault {
    pub(crate) fn failure(self) -> Failure {
        let (code, message) = match self {
            Self::TooLarge => ("message_too_large", "The message is too large."),
            Self::TooDeep => ("message_too_deep", "The message is nested too deeply."),
            Self::RepeatedKey => {
                ("repeated_key", "An object of the message has the same key twice.")
            }
            Self::ReservedKey => {
                ("reserved_key", "An object of the message has a key that is reserved.")
            }
            Self::MalformedId => {
                ("malformed_id", "The message's `id` is neither text nor a number.")
            }
            Self::Malformed => ("malformed_json", "The message is not well-formed JSON."),
            Self::NotAnObject => ("not_an_object", "The message is not one JSON object."),
        };
        Failure::invalid(code, message.into(), None)
    }
}

impl Refused {
    /// A message of which nothing was read.
    pub(crate) fn unread(fault: Fault) -> Self {
        Self { fault, id: None, answerable: true }
    }
}

/// Refuses a message that is too large, too deep, malformed, or says something twice.
pub(crate) fn check(message: &[u8], limits: WireLimits) -> Result<(), Refused> {
    scan(message, limits, true)
}

fn scan(message: &[u8], limits: WireLimits, has_an_id: bool) -> Result<(), Refused> {
    if message.len() > limits.max_bytes {
        return Err(Refused::unread(Fault::TooLarge));
    }
    let walk = Walk { fault: Cell::new(None), max_depth: limits.max_depth, has_an_id };
    let mut parser = serde_json::Deserializer::from_slice(message);
    let read = Inside { walk: &walk, depth: 0 }.deserialize(&mut parser);
    let Ok(read) = read.and_then(|read| parser.end().map(|()| read)) else {
        let fault = walk.fault.get().unwrap_or(Fault::Malformed);
        return Err(Refused::unread(fault));
    };
    let Read::Object { id, has_id } = read else {
        return Err(Refused::unread(Fault::NotAnObject));
    };
    match walk.fault.get() {
        None => Ok(()),
        Some(fault) => Err(Refused { fault, id, answerable: has_id }),
    }
}

/// The members of one JSON object, checked like a message.
#[cfg(any(feature = "jwt", feature = "credentials"))]
pub(crate) fn object(
    text: &[u8],
    limits: WireLimits,
) -> Result<serde_json::Map<String, Value>, Fault> {
    scan(text, limits, false).map_err(|refused| refused.fault)?;
    serde_json::from_slice(text).map_err(|_| Fault::Malformed)
}

/// What the walk has found. It goes on after a fault, to read the request's id.
struct Walk {
    fault: Cell<Option<Fault>>,
    max_depth: usize,
    /// Whether a member `id` of the whole is a request's, to be told, and no value like any other.
    has_an_id: bool,
}

impl Walk {
    fn found(&self, fault: Fault) {
        self.fault.set(Some(self.fault.get().unwrap_or(fault)));
    }
}

/// What a value was.
enum Read {
    Object {
        id: Option<Value>,
        has_id: bool,
    },
    /// Those of a number, behind [`DIGITS_THAT_ARE_READ`]. The parser hands them over as text that it
    /// owns, and what is written in a message as text that it borrows. Should it come to do otherwise,
    /// every number is refused.
    Digits,
    Other,
}

/// A place in the message, so many objects and arrays deep.
#[derive(Clone, Copy)]
struct Inside<'w> {
    walk: &'w Walk,
    depth: usize,
}

impl Inside<'_> {
    fn deeper(self) -> Option<Self> {
        if self.depth == self.walk.max_depth {
            self.walk.found(Fault::TooDeep);
            return None;
        }
        Some(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Inside<'_> {
    type Value = Read;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Read, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inside<'_> {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let Some(inside) = self.deeper() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Read::Other);
        };
        let (mut id, mut has_id) = (None, false);
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if self.depth == 0 && self.walk.has_an_id && key == "id" {
                // JSON-RPC 2.0 §4. Within another, things could be said twice.
                let value: Value = map.next_value()?;
                has_id = true;
                if !(value.is_string() || value.is_number() || value.is_null()) {
                    self.walk.found(Fault::MalformedId);
                }
                // An id that is neither text nor a number is nothing to answer to.
                id = id.or(Some(value).filter(|id| id.is_string() || id.is_number()));
            } else {
                let value = map.next_value_seed(inside)?;
                if key == DIGITS_THAT_ARE_READ && matches!(value, Read::Digits) {
                    return Ok(Read::Other);
                }
            }
            if [TEXT_THAT_IS_READ, DIGITS_THAT_ARE_READ].contains(&key.as_str()) {
                self.walk.found(Fault::ReservedKey);
            }
            if !keys.insert(key) {
                self.walk.found(Fault::RepeatedKey);
            }
        }
        Ok(Read::Object { id, has_id })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Read, A::Error> {
        match self.deeper() {
            Some(inside) => while items.next_element_seed(inside)?.is_some() {},
            None => while items.next_element::<IgnoredAny>()?.is_some() {},
        }
        Ok(Read::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_string<E>(self, _: String) -> Result<Read, E> {
        Ok(Read::Digits)
    }

    fn visit_unit<E>(self) -> Result<Read, E> {
        Ok(Read::Other)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(message: &str) -> Option<Fault> {
        check(message.as_bytes(), WireLimits::default()).err().map(|refused| refused.fault)
    }

    #[test]
    fn what_is_said_once_passes() {
        assert_eq!(
            fault(r#"{"id":1,"params":{"a":{"x":1},"b":{"x":1},"l":[{"x":1},{"x":1}]}}"#),
            None
        );
    }

    #[test]
    fn what_is_said_twice_does_not_however_it_is_written() {
        for twice in [
            r#"{"a":1,"a":2}"#,
            r#"{"id":1,"params":{"arguments":{"amount":5,"am\u006funt":60000}}}"#,
            r#"{"l":[[{"a":1,"a":1}]]}"#,
            r#"{"id":1,"id":2}"#,
        ] {
            assert_eq!(fault(twice), Some(Fault::RepeatedKey), "{twice}");
        }
    }

    #[test]
    fn text_that_would_be_read_as_json_does_not() {
        for hidden in [
            r#"{"id":1,"p":{"$serde_json::private::RawValue":"{\"a\":1,\"a\":2}"}}"#,
            r#"{"id":1,"p":{"\u0024serde_json::private::RawValue":"[]"}}"#,
            r#"{"id":1,"p":{"$serde_json::private::Number":"3"}}"#,
            r#"{"id":1,"p":{"\u0024serde_json::private::Number":"\u0033"}}"#,
            r#"{"id":1,"p":{"$serde_json::private::Number":3}}"#,
            r#"{"id":1,"p":{"$serde_json::private::Number":{"a":[3,null,true]}}}"#,
            r#"{"id":1,"$serde_json::private::Number":"3"}"#,
        ] {
            assert_eq!(fault(hidden), Some(Fault::ReservedKey), "{hidden}");
        }
    }

    #[test]
    fn the_id_is_found_wherever_it_stands() {
        for message in [r#"{"id":"x","p":{"a":1,"a":2}}"#, r#"{"p":{"a":1,"a":2},"id":"x"}"#] {
            let refused = check(message.as_bytes(), WireLimits::default()).expect_err("refused");
            assert_eq!((refused.id, refused.answerable), (Some(json!("x")), true));
        }
        let notification = check(br#"{"p":{"a":1,"a":2}}"#, WireLimits::default());
        assert!(!notification.expect_err("refused").answerable);
    }

    #[test]
    fn an_id_is_a_text_or_a_number() {
        for id in [r#"{"a":1,"a":2}"#, "[]", "true", "{}"] {
            assert_eq!(fault(&format!(r#"{{"id":{id}}}"#)), Some(Fault::MalformedId), "{id}");
        }
        for id in ["null", "1", "-1.5", r#""x""#] {
            assert_eq!(fault(&format!(r#"{{"id":{id}}}"#)), None, "{id}");
        }
        // Of claims and the like, it is a value like any other.
        let other = scan(br#"{"id":{"a":1,"a":2}}"#, WireLimits::default(), false);
        assert_eq!(other.expect_err("refused").fault, Fault::RepeatedKey);
        assert!(scan(br#"{"id":[true]}"#, WireLimits::default(), false).is_ok());
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested =
            |depth: usize| format!("{{\"id\":1,\"p\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(fault(&nested(31)), None);
        assert_eq!(fault(&nested(32)), Some(Fault::TooDeep));
        assert_eq!(fault(&nested(100_000)), Some(Fault::TooDeep));
        assert_eq!(
            fault(&format!("{{\"p\":\"{}\"}}", "x".repeat(1024 * 1024))),
            Some(Fault::TooLarge)
        );
    }

    #[test]
    fn what_is_not_one_object_of_json_is_refused() {
        for (message, expected) in [
            ("[]", Fault::NotAnObject),
            ("\"text\"", Fault::NotAnObject),
            ("{", Fault::Malformed),
            ("{} {}", Fault::Malformed),
            (r#"{"a":"\ud800"}"#, Fault::Malformed),
            ("{\"a\":01}", Fault::Malformed),
        ] {
            assert_eq!(fault(message), Some(expected), "{message}");
        }
        assert_eq!(
            check(b"{\"a\":\"\xff\"}", WireLimits::default()).expect_err("refused").fault,
            Fault::Malformed
        );
    }
}
