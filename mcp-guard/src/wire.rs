//! Raw checks of a JSON-RPC message, on its bytes, before anything else parses it.
//!
//! A JSON parser that keeps a map loses what was written twice: `{"amount": 5, "amount": 60000}`
//! reads as 60000 to one and as 5 to the next. So a message with a repeated key has no meaning that
//! two parsers must agree on, and is refused whole (RFC 8259 §4 leaves it open; I-JSON, RFC 7493
//! §2.3, forbids it).

use std::{cell::Cell, collections::HashSet, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

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
    /// Whether somebody waits for an answer: a notification has none, nor has an answer.
    pub(crate) answerable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    TooLarge,
    TooDeep,
    RepeatedKey,
    ReservedKey,
    MalformedId,
    Ambiguous,
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
            Self::Ambiguous => (
                "ambiguous_message",
                "The message is more than one of a request, a result and an error.",
            ),
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

/// Refuses a message that is too large, too deep, malformed, says something twice, or is two at once.
pub(crate) fn check(message: &[u8], limits: WireLimits) -> Result<(), Refused> {
    scan(message, limits, true)
}

fn scan(message: &[u8], limits: WireLimits, is_message: bool) -> Result<(), Refused> {
    if message.len() > limits.max_bytes {
        return Err(Refused::unread(Fault::TooLarge));
    }
    let walk = Walk { fault: Cell::new(None), max_depth: limits.max_depth };
    let mut parser = serde_json::Deserializer::from_slice(message);
    let place = if is_message { Place::Message } else { Place::Value };
    let read = Inside { walk: &walk, depth: 0, place }.deserialize(&mut parser);
    let Ok(read) = read.and_then(|read| parser.end().map(|()| read)) else {
        let fault = walk.fault.get().unwrap_or(Fault::Malformed);
        return Err(Refused::unread(fault));
    };
    let Read::Object(envelope) = read else {
        return Err(Refused::unread(Fault::NotAnObject));
    };
    if envelope.is_ambiguous() {
        walk.found(Fault::Ambiguous);
    }
    match walk.fault.get() {
        None => Ok(()),
        Some(fault) => {
            let answerable = envelope.awaits_an_answer();
            Err(Refused { fault, id: envelope.id, answerable })
        }
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
}

impl Walk {
    fn found(&self, fault: Fault) {
        self.fault.set(Some(self.fault.get().unwrap_or(fault)));
    }
}

/// The members that say what a message is (JSON-RPC 2.0 §4 and §5).
#[derive(Default)]
struct Envelope {
    /// Text or a number: nothing else can be answered to.
    id: Option<Value>,
    has_id: bool,
    has_method: bool,
    /// Results and errors.
    answers: usize,
}

impl Envelope {
    /// Of a message that is several at once, one reader takes one, and the next another.
    fn is_ambiguous(&self) -> bool {
        usize::from(self.has_method) + self.answers > 1
    }

    /// An answer carries an id of the server's, under which the client may wait for something else.
    fn awaits_an_answer(&self) -> bool {
        self.has_id && (self.has_method || self.answers == 0)
    }
}

/// What a value was.
enum Read {
    Object(Envelope),
    /// Those of a number, behind [`DIGITS_THAT_ARE_READ`]. The parser hands them over as text that it
    /// owns, and what is written in a message as text that it borrows. Should it come to do otherwise,
    /// every number is refused.
    Digits(String),
    /// Of a message, as it was written.
    Id(Value),
    Other,
}

/// Where a value stands, as far as that matters to what is kept of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Message,
    Id,
    Value,
}

impl Place {
    fn of_member(self, key: &str) -> Self {
        if self == Self::Message && key == "id" { Self::Id } else { Self::Value }
    }
}

/// A place in the message, so many objects and arrays deep.
#[derive(Clone, Copy)]
struct Inside<'w> {
    walk: &'w Walk,
    depth: usize,
    place: Place,
}

impl Inside<'_> {
    fn deeper(self) -> Option<Self> {
        if self.depth == self.walk.max_depth {
            self.walk.found(Fault::TooDeep);
            return None;
        }
        Some(Self { depth: self.depth + 1, place: Place::Value, ..self })
    }

    fn plain(self, value: impl Into<Value>) -> Read {
        if self.place == Place::Id { Read::Id(value.into()) } else { Read::Other }
    }

    fn number<E: de::Error>(self, digits: &str) -> Result<Read, E> {
        let number: Number = digits.parse().map_err(E::custom)?;
        Ok(self.plain(number))
    }

    fn note(self, envelope: &mut Envelope, key: &str, value: Read) {
        match key {
            "id" => {
                envelope.has_id = true;
                match value {
                    Read::Id(id) if id.is_string() || id.is_number() => {
                        envelope.id.get_or_insert(id);
                    }
                    Read::Id(Value::Null) => {}
                    _ => self.walk.found(Fault::MalformedId),
                }
            }
            "method" => envelope.has_method = true,
            "result" | "error" => envelope.answers += 1,
            _ => {}
        }
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
        let mut envelope = Envelope::default();
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let place = self.place.of_member(&key);
            let value = map.next_value_seed(Inside { place, ..inside })?;
            match value {
                Read::Digits(digits) if key == DIGITS_THAT_ARE_READ => return self.number(&digits),
                value if self.place == Place::Message => self.note(&mut envelope, &key, value),
                _ => {}
            }
            if [TEXT_THAT_IS_READ, DIGITS_THAT_ARE_READ].contains(&key.as_str()) {
                self.walk.found(Fault::ReservedKey);
            }
            if !keys.insert(key) {
                self.walk.found(Fault::RepeatedKey);
            }
        }
        Ok(Read::Object(envelope))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Read, A::Error> {
        match self.deeper() {
            Some(inside) => while items.next_element_seed(inside)?.is_some() {},
            None => while items.next_element::<IgnoredAny>()?.is_some() {},
        }
        Ok(Read::Other)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read, E> {
        Ok(self.plain(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read, E> {
        Ok(self.plain(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read, E> {
        Ok(self.plain(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read, E> {
        Ok(self.plain(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Read, E> {
        Ok(self.plain(value))
    }

    fn visit_string<E>(self, digits: String) -> Result<Read, E> {
        Ok(Read::Digits(digits))
    }

    fn visit_unit<E>(self) -> Result<Read, E> {
        Ok(self.plain(Value::Null))
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
            r#"{"id":{"$serde_json::private::Number":"3"}}"#,
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
        for id in [r#"{"a":1}"#, "[]", "true", "{}"] {
            assert_eq!(fault(&format!(r#"{{"id":{id}}}"#)), Some(Fault::MalformedId), "{id}");
        }
        for id in ["null", "1", "-1.5", r#""x""#] {
            assert_eq!(fault(&format!(r#"{{"id":{id}}}"#)), None, "{id}");
        }
        assert_eq!(fault(r#"{"id":{"a":1,"a":2}}"#), Some(Fault::RepeatedKey));
        // Of claims and the like, it is a value like any other.
        let other = scan(br#"{"id":{"a":1,"a":2}}"#, WireLimits::default(), false);
        assert_eq!(other.expect_err("refused").fault, Fault::RepeatedKey);
        assert!(scan(br#"{"id":[true]}"#, WireLimits::default(), false).is_ok());
    }

    #[test]
    fn a_message_is_one_of_its_kinds() {
        for two in [
            r#"{"id":1,"method":"ping","result":{}}"#,
            r#"{"id":1,"error":null,"method":"ping"}"#,
            r#"{"result":{},"error":{}}"#,
        ] {
            assert_eq!(fault(two), Some(Fault::Ambiguous), "{two}");
        }
        for one in [
            r#"{"id":1,"method":"ping","params":{"result":1,"error":2}}"#,
            r#"{"id":1,"result":{"error":1}}"#,
        ] {
            assert_eq!(fault(one), None, "{one}");
        }
        // Of claims and the like, these are values like any other.
        let other = br#"{"method":1,"result":2,"error":3}"#;
        assert!(scan(other, WireLimits::default(), false).is_ok());
    }

    #[test]
    fn nobody_waits_for_an_answer_to_an_answer() {
        let asked = [r#"{"id":1,"a":1,"a":1}"#, r#"{"id":1,"method":"ping","result":{}}"#];
        let told = [r#"{"id":1,"result":{"a":1,"a":1}}"#, r#"{"id":1,"result":{},"error":{}}"#];
        for (messages, answerable) in [(asked, true), (told, false)] {
            for message in messages {
                let refused = check(message.as_bytes(), WireLimits::default());
                assert_eq!(refused.expect_err("refused").answerable, answerable, "{message}");
            }
        }
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
