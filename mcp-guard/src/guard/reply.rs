//! The answer of a call: the envelope, and what is said beside it.

use serde::Serialize;
use serde_json::Value;

use crate::{clock::Timestamp, failure::Failure, key::OperationId, store::Recorded};

/// What a caller is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    body: String,
    is_error: bool,
    outcome: Outcome,
    replayed_from: Option<Timestamp>,
    duplicate_of: Option<OperationId>,
    durable: bool,
    required_scopes: Option<&'static [&'static str]>,
    withheld: Vec<String>,
    misfit: bool,
}

/// How it ended, for the audit line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) status: &'static str,
    pub(crate) category: Option<&'static str>,
    pub(crate) code: Option<String>,
    pub(crate) error_id: Option<String>,
    pub(crate) denied_by: Option<String>,
}

#[derive(Serialize)]
struct Success<'a> {
    status: &'static str,
    result: &'a Value,
}

#[derive(Serialize)]
struct Failed<'a> {
    status: &'static str,
    error: &'a Failure,
}

impl Reply {
    /// A success.
    pub(crate) fn success(result: &Value) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(&Success { status: "ok", result })?;
        let outcome = Outcome { status: "ok", ..Outcome::default() };
        Ok(Self::fresh(body, false, outcome))
    }

    /// A failure. What is not for the caller goes to the log.
    pub(crate) fn failure(tool: &str, failure: &Failure) -> Self {
        if let Some(detail) = &failure.detail {
            tracing::warn!(
                target: "mcp_guard",
                tool,
                category = failure.category.as_str(),
                code = %failure.code,
                error_id = failure.error_id,
                detail,
                "the call failed"
            );
        }
        let body = serde_json::to_string(&Failed { status: "error", error: failure })
            // Nothing in a `Failure` can fail to be written; should it, say the least.
            .unwrap_or_else(|_| r#"{"status":"error"}"#.into());
        let outcome = Outcome {
            status: "error",
            category: Some(failure.category.as_str()),
            code: Some(failure.code.to_string()),
            error_id: failure.error_id.clone(),
            denied_by: failure.denied_by.clone(),
        };
        let reply = Self::fresh(body, true, outcome);
        Self { required_scopes: failure.required_scopes, ..reply }
    }

    /// The recorded answer, byte for byte.
    pub(crate) fn recorded(body: String, recorded: &Recorded) -> Self {
        let is_error = recorded.reply.is_error;
        let outcome =
            Outcome { status: if is_error { "error" } else { "ok" }, ..Outcome::default() };
        Self::fresh(body, is_error, outcome).replayed(recorded)
    }

    /// Says whose answer this is.
    pub(crate) fn replayed(self, recorded: &Recorded) -> Self {
        Self { replayed_from: Some(recorded.at), duplicate_of: recorded.duplicate_of, ..self }
    }

    fn fresh(body: String, is_error: bool, outcome: Outcome) -> Self {
        Self {
            body,
            is_error,
            outcome,
            replayed_from: None,
            duplicate_of: None,
            durable: true,
            required_scopes: None,
            withheld: Vec::new(),
            misfit: false,
        }
    }

    /// Marks a true answer that could not be recorded yet.
    pub(crate) fn not_durable(self) -> Self {
        Self { durable: false, ..self }
    }

    /// Marks an answer whose result does not fit the schema that its tool publishes.
    pub(super) fn misfit(self) -> Self {
        Self { misfit: true, ..self }
    }

    /// The answer with another body, from which these members of the result were taken out.
    pub(super) fn without(self, body: String, withheld: Vec<String>) -> Self {
        Self { body, withheld, ..self }
    }

    pub(super) fn into_body(self) -> String {
        self.body
    }

    /// The envelope, as JSON text: the same bytes on every replay to a caller with the same scopes.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Whether the envelope says `error`.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.is_error
    }

    /// Whether this is an earlier call's answer.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.replayed_from.is_some()
    }

    /// When the answer was first recorded, if this is a replay.
    #[must_use]
    pub fn original_at(&self) -> Option<Timestamp> {
        self.replayed_from
    }

    /// The operation whose answer this is, if it is that of another one with the same business key.
    #[must_use]
    pub fn duplicate_of(&self) -> Option<OperationId> {
        self.duplicate_of
    }

    /// Whether a later call with the same key is sure to find this answer.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durable
    }

    /// All scopes that the tool asks for, if the caller lacks one of them: what a transport of your own
    /// names in its challenge (`insufficient_scope` of RFC 6750 §3.1).
    #[must_use]
    pub fn required_scopes(&self) -> Option<&'static [&'static str]> {
        self.required_scopes
    }

    /// The members of the result that were left out, because the caller lacks their scope: JSON
    /// pointers without the places in lists and the keys of maps, whether or not the result had them.
    #[must_use]
    pub fn withheld(&self) -> &[String] {
        &self.withheld
    }

    /// Whether the result fits the schema that its tool publishes, where that is
    /// [checked](crate::GuardBuilder::check_results).
    #[must_use]
    pub fn fits_its_schema(&self) -> bool {
        !self.misfit
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}
