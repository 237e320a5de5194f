//! What the agent is told.

use std::fmt;

use rmcp::model::{CallToolResult, ErrorData};
use serde_json::Value;

use super::sign_in::parameter;

/// One answer, as the agent sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// It was done. `text` is the envelope, byte for byte.
    Done { text: String, replayed: bool },
    /// It was not, or nobody knows.
    Failed { category: String, code: String, retryable: bool, retry_after_ms: u64, text: String },
    /// An error of the protocol, with the envelope's error in it if the guard made it.
    Protocol { number: i64, text: String, category: String, code: String, retryable: bool },
    /// A result that is not the envelope.
    Unreadable(String),
    /// The door was shut: no token, a wrong one, or one that is not enough.
    Challenged { error: Option<String>, scopes: Option<String> },
    /// No answer came.
    Nothing,
    /// The answers to many calls at once.
    Crowd { done: usize, in_flight: usize, other: usize },
    /// The answers to the parts of one amount.
    Parts { paid: usize, beyond: usize, other: usize },
    /// How an operation stands, to the agent that asked.
    Standing(String),
    /// What the terminal of a person said.
    Said(String),
}

impl Told {
    /// Reads a tool's result.
    pub(super) fn of(result: &CallToolResult) -> Self {
        Self::read(result).unwrap_or_else(|| Self::Unreadable(format!("{result:?}")))
    }

    fn read(result: &CallToolResult) -> Option<Self> {
        let [block] = result.content.as_slice() else {
            return None;
        };
        let text = block.as_text()?.text.clone();
        let envelope: Value = serde_json::from_str(&text).ok()?;
        // The same answer twice, for old clients and new: they may not disagree.
        if result.structured_content.as_ref() != Some(&envelope) {
            return None;
        }
        if envelope["status"] == "ok" {
            return (result.is_error != Some(true))
                .then_some(Self::Done { replayed: is_replay(result), text });
        }
        let error = &envelope["error"];
        (result.is_error == Some(true)).then_some(Self::Failed {
            category: error["category"].as_str()?.to_owned(),
            code: error["code"].as_str()?.to_owned(),
            retryable: error["retryable"].as_bool()?,
            retry_after_ms: error["retry_after_ms"].as_u64().unwrap_or(0),
            text,
        })
    }

    /// Reads an error of the protocol.
    pub(super) fn protocol(error: &ErrorData) -> Self {
        let data = error.data.as_ref().unwrap_or(&Value::Null);
        let word = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        Self::Protocol {
            number: error.code.0.into(),
            text: format!("{}: {data}", error.message),
            category: word("category"),
            code: word("code"),
            retryable: data["retryable"].as_bool().unwrap_or_default(),
        }
    }

    /// Reads a challenge (RFC 6750 §3).
    pub(super) fn challenge(challenge: &str) -> Self {
        let value = |name| parameter(challenge, name).map(str::to_owned);
        Self::Challenged { error: value("error"), scopes: value("scope") }
    }

    /// Counts the answers to calls that were made at once. Only one of them may be fresh, and all
    /// that were done must say the same.
    pub(super) fn crowd(answers: &[Self]) -> Self {
        let (mut fresh, mut first_done) = (0, None);
        let (mut done, mut in_flight, mut other) = (0, 0, 0);
        for answer in answers {
            match answer {
                Self::Done { text, replayed } if *first_done.get_or_insert(text) == text => {
                    fresh += usize::from(!replayed);
                    done += 1;
                }
                Self::Failed { code, .. } if code == "in_flight" => in_flight += 1,
                _ => other += 1,
            }
        }
        Self::Crowd { done, in_flight, other: other + fresh.abs_diff(1) }
    }

    /// Counts the answers to calls that were made at once, each of a part of one amount.
    pub(super) fn parts(answers: &[Self]) -> Self {
        let (mut paid, mut beyond, mut other) = (0, 0, 0);
        for answer in answers {
            match answer {
                Self::Done { replayed: false, .. } => paid += 1,
                Self::Failed { code, .. } if code == "budget_exceeded" => beyond += 1,
                _ => other += 1,
            }
        }
        Self::Parts { paid, beyond, other }
    }

    /// How an operation stands, if this is the answer to that question.
    pub(super) fn standing(self) -> Self {
        match self.result("operation").as_ref().and_then(Value::as_str) {
            Some(operation) => Self::Standing(operation.to_owned()),
            None => self,
        }
    }

    /// What was paid, in cents, if this is the answer to a refund.
    pub(super) fn amount_cents(&self) -> Option<u64> {
        self.result("amount_cents")?.as_u64()
    }

    /// A member of the result, if it was done.
    fn result(&self, member: &str) -> Option<Value> {
        let Self::Done { text, .. } = self else { return None };
        let mut envelope: Value = serde_json::from_str(text).ok()?;
        Some(envelope["result"][member].take())
    }

    /// The envelope, byte for byte, if there is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Done { text, .. } | Self::Failed { text, .. } | Self::Protocol { text, .. } => {
                Some(text)
            }
            _ => None,
        }
    }

    /// Whether the agent may try again with the same key, where it was told.
    pub(super) fn retryable(&self) -> Option<bool> {
        match self {
            Self::Failed { retryable, .. } | Self::Protocol { retryable, .. } => Some(*retryable),
            _ => None,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { replayed: false, .. } => f.write_str("ok"),
            Self::Done { replayed: true, .. } => f.write_str("ok, from the record"),
            Self::Failed { category, code, .. } => write!(f, "{category} / {code}"),
            Self::Protocol { number, category, code, .. } => {
                write!(f, "{category} / {code} ({number})")
            }
            Self::Unreadable(_) => f.write_str("something that is no envelope"),
            Self::Challenged { error, scopes } => {
                // RFC 6750 §3.1 has one status for each error.
                let status = if error.as_deref() == Some("insufficient_scope") { 403 } else { 401 };
                match (error.as_deref(), scopes) {
                    (None | Some("insufficient_scope"), Some(scopes)) => {
                        write!(f, "HTTP {status}, needs {scopes}")
                    }
                    (error, _) => write!(f, "HTTP {status}, {}", error.unwrap_or("no token")),
                }
            }
            Self::Nothing => f.write_str("nothing, the line broke"),
            Self::Crowd { done, in_flight, other: 0 } => {
                write!(f, "ok x {done}, in_flight x {in_flight}")
            }
            Self::Parts { paid, beyond, other: 0 } => {
                write!(f, "ok x {paid}, budget_exceeded x {beyond}")
            }
            Self::Standing(operation) => write!(f, "it is {}", operation.replace('_', " ")),
            Self::Said(text) => f.write_str(text),
            Self::Crowd { other, .. } | Self::Parts { other, .. } => {
                write!(f, "{other} answers that must not be")
            }
        }
    }
}

fn is_replay(result: &CallToolResult) -> bool {
    serde_json::to_value(&result.meta).is_ok_and(|meta| meta["mcp-guard/replayed"] == true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(text: &str, replayed: bool) -> Told {
        Told::Done { text: text.into(), replayed }
    }

    fn in_flight() -> Told {
        Told::Failed {
            category: "idempotent".into(),
            code: "in_flight".into(),
            retryable: true,
            retry_after_ms: 1,
            text: String::new(),
        }
    }

    #[test]
    fn one_of_a_crowd_acted_and_all_that_were_done_say_the_same() {
        let one = [in_flight(), done("a", true), done("a", false)];
        assert_eq!(Told::crowd(&one), Told::Crowd { done: 2, in_flight: 1, other: 0 });
        for wrong in [
            vec![done("a", false), done("a", false)],
            vec![done("a", true), done("a", true)],
            vec![done("a", false), done("b", true)],
            vec![done("a", false), Told::Nothing],
        ] {
            let Told::Crowd { other, .. } = Told::crowd(&wrong) else { unreachable!() };
            assert!(other > 0, "{wrong:?}");
        }
    }

    #[test]
    fn of_an_amount_in_parts_each_is_paid_or_beyond_the_budget() {
        let beyond = Told::Failed {
            category: "authz".into(),
            code: "budget_exceeded".into(),
            retryable: false,
            retry_after_ms: 0,
            text: String::new(),
        };
        let parts = [done("a", false), beyond.clone(), done("b", false)];
        assert_eq!(Told::parts(&parts), Told::Parts { paid: 2, beyond: 1, other: 0 });
        let wrong = [done("a", true), in_flight(), beyond];
        assert_eq!(Told::parts(&wrong), Told::Parts { paid: 0, beyond: 1, other: 2 });
    }

    #[test]
    fn what_is_not_the_envelope_is_not_taken_for_one() {
        let envelope = serde_json::json!({"status": "ok", "result": {}});
        let told = |text: &str, structured: Option<Value>, is_error: bool| {
            let mut result = CallToolResult::success(vec![rmcp::model::ContentBlock::text(text)]);
            result.structured_content = structured;
            result.is_error = Some(is_error);
            Told::of(&result)
        };
        let text = envelope.to_string();
        assert_eq!(told(&text, Some(envelope.clone()), false), done(&text, false));
        for wrong in [
            told(&text, None, false),
            told(&text, Some(envelope.clone()), true),
            told("{}", Some(envelope.clone()), false),
            told("refunded", Some(envelope.clone()), false),
        ] {
            assert!(matches!(wrong, Told::Unreadable(_)), "{wrong:?}");
        }
    }
}
