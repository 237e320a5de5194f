//! What a server answered, and what every answer must be.

use serde_json::Value;

/// The answer to one request, as it arrived.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status, where there is one.
    pub status: Option<u16>,
    /// The JSON-RPC message. Empty when the server went away without one.
    pub text: String,
    /// The session that the answer opened.
    pub(crate) session: Option<String>,
}

impl Answer {
    /// What is left when the server went away.
    pub(crate) fn none() -> Self {
        Self { status: None, text: String::new(), session: None }
    }

    /// Whether there was no answer.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.text.is_empty()
    }

    /// The JSON-RPC message.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn message(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not a message: {self:?}"))
    }

    /// The envelope of a tool's answer, which is the same in both of its places and agrees with
    /// `isError`.
    ///
    /// # Panics
    /// When the answer is no tool result, or contradicts itself.
    #[must_use]
    pub fn envelope(&self) -> Value {
        let result = &self.message()["result"];
        envelope_of(result).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }

    /// The envelope's text, byte for byte as the model reads it.
    ///
    /// # Panics
    /// When the answer is no tool result.
    #[must_use]
    pub fn bytes(&self) -> String {
        let text = self.message()["result"]["content"][0]["text"].as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("no text: {self:?}"))
    }

    /// What a tool returned.
    ///
    /// # Panics
    /// When it did not succeed.
    #[must_use]
    pub fn result(&self) -> Value {
        let envelope = self.envelope();
        assert_eq!(envelope["status"], "ok", "{self:?}");
        envelope["result"].clone()
    }

    /// The error's category and code, whether it came as a tool's answer or as a protocol error.
    /// The error is one that a client can act on: it has every member, with the right type.
    ///
    /// # Panics
    /// When there is none, or a member is missing.
    #[must_use]
    pub fn error(&self) -> (String, String) {
        let message = self.message();
        let error = match message.get("error") {
            Some(error) => {
                assert_eq!(error["code"], -32600, "a message that is refused: {self:?}");
                error["data"].clone()
            }
            None => self.envelope()["error"].clone(),
        };
        for text in ["category", "code", "message", "next_action"] {
            assert!(error[text].is_string(), "`{text}` is missing: {self:?}");
        }
        for flag in ["retryable", "safe_new_key"] {
            assert!(error[flag].is_boolean(), "`{flag}` is missing: {self:?}");
        }
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (text("category"), text("code"))
    }

    /// The category of the error.
    #[must_use]
    pub fn category(&self) -> String {
        self.error().0
    }

    /// Whether the server says that this is the recorded answer of an earlier call.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.message()["result"]["_meta"]["mcp-guard/replayed"] == true
    }
}

/// The envelope of a tool result, or what is wrong with it.
///
/// # Errors
/// When the result has no envelope, or contradicts itself.
pub fn envelope_of(result: &Value) -> Result<Value, &'static str> {
    let envelope = result["structuredContent"].clone();
    let [content] = result["content"].as_array().map_or(&[][..], Vec::as_slice) else {
        return Err("a result has one content block");
    };
    let text = content["text"].as_str().ok_or("the content block is text")?;
    let same: Value = serde_json::from_str(text).map_err(|_| "the text is JSON")?;
    if same != envelope {
        return Err("the text says the same as structuredContent");
    }
    let failed = result["isError"].as_bool().unwrap_or(false);
    match envelope["status"].as_str() {
        Some("ok") if !failed && envelope.get("result").is_some() => Ok(envelope),
        Some("error") if failed && envelope.get("error").is_some() => Ok(envelope),
        _ => Err("the envelope agrees with isError"),
    }
}
