//! What was answered.

use serde_json::Value;

use super::play::cut;

/// The answer to one message, or that there was none.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// The text as it came; `None` when nothing did.
    pub(super) text: Option<String>,
    /// The HTTP status, where there is one.
    pub(super) status: Option<u16>,
    message: Value,
    /// What came with it: headers, notifications, other events of its stream.
    beside: Vec<String>,
    /// Why nothing came.
    why: Option<String>,
}

impl Answer {
    pub(super) fn of(text: String, status: Option<u16>) -> Self {
        let message = serde_json::from_str(&text).unwrap_or_default();
        Self { text: Some(text), status, message, ..Self::default() }
    }

    /// There is none, and this is why.
    pub(super) fn nothing(why: &str) -> Self {
        Self { why: Some(why.to_owned()), ..Self::default() }
    }

    /// The same, and what came with it.
    pub(super) fn beside(mut self, beside: Vec<String>) -> Self {
        self.beside = beside;
        self
    }

    /// It in a line, for a person.
    pub(super) fn told(&self) -> String {
        match (&self.text, self.status, &self.why) {
            (Some(text), Some(status), _) => format!("{status} {}", cut(text)),
            (Some(text), None, _) => cut(text),
            (None, _, Some(why)) => why.clone(),
            (None, _, None) => "nothing".into(),
        }
    }

    /// Nothing came in time, or only word from the way there that the server gives no answer.
    pub(super) fn is_missing(&self) -> bool {
        self.text.is_none() || (self.status >= Some(500) && !self.is_message())
    }

    /// Whether it is the server's answer to the request of this id.
    pub(super) fn answers(&self, id: u64) -> bool {
        self.is_message() && self.message["id"] == id
    }

    fn is_message(&self) -> bool {
        self.message["result"].is_object() || self.message["error"].is_object()
    }

    /// Whether the server says that it did what was asked.
    pub(super) fn is_accepted(&self) -> bool {
        let result = &self.message["result"];
        result.is_object()
            && result["isError"] != true
            && result["structuredContent"]["status"] != "error"
    }

    /// What a tool returned, as text and structured.
    pub(super) fn result(&self) -> &Value {
        &self.message["result"]
    }

    /// The failure that it tells of, where it is the guard's: in the envelope, or in a protocol error.
    fn failure(&self) -> &Value {
        let told = &self.message["result"]["structuredContent"]["error"];
        if told.is_null() { &self.message["error"]["data"] } else { told }
    }

    pub(super) fn category(&self) -> Option<&str> {
        self.failure()["category"].as_str()
    }

    pub(super) fn code(&self) -> Option<&str> {
        self.failure()["code"].as_str()
    }

    pub(super) fn is_retryable(&self) -> bool {
        self.failure()["retryable"] == true
    }

    /// Whether it says that it is an earlier call's answer.
    pub(super) fn is_replay(&self) -> bool {
        self.message["result"]["_meta"]["mcp-guard/replayed"] == true
    }

    /// The whole message; null, where it is none.
    pub(super) fn message(&self) -> &Value {
        &self.message
    }

    /// Every text in the answer: as it came, and as a reader of JSON sees it, also of JSON in text.
    pub(super) fn texts(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.text.iter().cloned().collect();
        collect(&self.message, &mut texts);
        texts
    }

    /// The same of what came with it.
    pub(super) fn texts_beside(&self) -> Vec<String> {
        let mut texts = self.beside.clone();
        for text in &self.beside {
            collect(&serde_json::from_str(text).unwrap_or_default(), &mut texts);
        }
        texts
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            texts.push(name.clone());
            collect(member, texts);
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::of(text.into(), None)
    }

    #[test]
    fn only_a_result_without_an_error_is_accepted() {
        assert!(answer(r#"{"id":1,"result":{"content":[]}}"#).is_accepted());
        for refused in [
            r#"{"id":1,"error":{"code":-32602,"message":"no"}}"#,
            r#"{"id":1,"result":{"isError":true}}"#,
            r#"{"id":1,"result":{"structuredContent":{"status":"error"}}}"#,
            "",
            "<html>",
        ] {
            assert!(!answer(refused).is_accepted(), "{refused}");
        }
        assert!(Answer::default().is_missing() && !Answer::default().is_accepted());
    }

    #[test]
    fn what_a_gateway_says_is_no_answer() {
        assert!(Answer::of("<html>Bad Gateway</html>".into(), Some(502)).is_missing());
        assert!(!Answer::of("too large".into(), Some(413)).is_missing());
        let failure = r#"{"id":7,"error":{"code":-32603,"message":"a defect"}}"#;
        let failed = Answer::of(failure.into(), Some(500));
        assert!(!failed.is_missing() && failed.answers(7) && !failed.answers(8));
    }
}
