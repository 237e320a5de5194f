//! Every failure that the guard itself can answer with, in one place.

use std::time::Duration;

use super::{Category, Class, Failure, Report, text::presentable};
use crate::{credential::CredentialError, tool::BudgetSpec};

/// What the agent should do about a category, unless a failure says otherwise.
pub(super) fn next_action(category: Category) -> &'static str {
    match category {
        Category::Validation => "Fix the arguments, or ask the user.",
        Category::Authz => "Stop and tell a person. Do not try to work around it.",
        Category::Transient => "Retry the same call with the same idempotency_key, with backoff.",
        Category::Idempotent => "Treat the operation as done. Do not call again with a new key.",
        Category::Rejected => "Tell the user that it was refused.",
        Category::Unknown => {
            "Do not retry and do not use a new idempotency_key. Check whether it was done, or tell \
             a person."
        }
        Category::Internal => "Tell a person, with the error_id.",
    }
}

// Who is calling, and may they.
impl Failure {
    pub(crate) fn unauthenticated() -> Self {
        Self::new(Category::Authz, "unauthenticated", "The caller is not identified.")
    }

    pub(crate) fn insufficient_scope(required: &'static [&'static str]) -> Self {
        let message = format!("This tool needs the scope: {}.", required.join(" "));
        let failure = Self::new(Category::Authz, "insufficient_scope", message);
        Self { required_scopes: Some(required), ..failure }
    }

    /// "Not yours" and "does not exist" are one answer, whoever denied it.
    pub(crate) fn not_permitted(denied_by: impl Into<String>) -> Self {
        let mut failure = Self::new(
            Category::Authz,
            "not_permitted",
            "This caller may not do this, or what it is about does not exist.",
        );
        failure.denied_by = Some(denied_by.into());
        failure
    }

    pub(crate) fn authorization_unavailable(detail: impl Into<String>) -> Self {
        Self::new(
            Category::Transient,
            "authorization_unavailable",
            "It cannot be told now whether this caller may do this. Nothing was done now.",
        )
        .retry_after(Duration::from_secs(2))
        .logged(detail)
    }

    /// `max` is the highest value that this caller may send, where it may be told.
    pub(crate) fn limit_exceeded(parameter: &str, max: Option<i128>) -> Self {
        let message = match max {
            Some(max) => format!("{parameter} is beyond what this caller may do: at most {max}."),
            None => format!("{parameter} is beyond what this caller may do."),
        };
        let mut failure = Self::new(Category::Authz, "limit_exceeded", message);
        failure.field = Some(format!("/{parameter}"));
        failure.next_action = "Stop and tell a person. Do not split the amount into smaller calls.";
        failure
    }
}

// Is there room for the call.
impl Failure {
    /// `after` is when the caller's quota has room again, to the millisecond.
    pub(crate) fn rate_limited(after: Duration) -> Self {
        let message = "Too many calls in a short time. Nothing was done.";
        let mut failure =
            Self::new(Category::Transient, "rate_limited", message).retry_after(after);
        failure.next_action = "Wait for retry_after_ms, then repeat the same call with the same \
                               idempotency_key. Make fewer calls.";
        failure
    }

    pub(crate) fn overloaded(after: Duration) -> Self {
        let message = "Too many calls are under way. Nothing was done.";
        Self::new(Category::Transient, "overloaded", message).retry_after(after)
    }
}

// What may be taken together.
impl Failure {
    /// The cap is told only where it may be.
    pub(crate) fn over_budget(budget: &BudgetSpec, published: bool) -> Self {
        let what = budget.parameter.map_or("calls".into(), |name| format!("total of {name}"));
        let message = if published {
            let per = humantime::format_duration(budget.per);
            format!(
                "This would take the {what} beyond {} within {per}. Nothing was done.",
                budget.max
            )
        } else {
            format!("This would take the {what} beyond what is allowed for now. Nothing was done.")
        };
        let mut failure = Self::new(Category::Authz, "budget_exceeded", message);
        failure.field = budget.parameter.map(|name| format!("/{name}"));
        failure.next_action = "Stop and tell a person. Do not split the amount into smaller calls, \
                               and do not try again before the budget has room.";
        failure.of_an_unused_key()
    }
}

// Do the arguments fit.
impl Failure {
    /// `message` and `field` must be made of the schema alone, never of what was sent.
    pub(crate) fn invalid(code: &'static str, message: String, field: Option<String>) -> Self {
        Self { field, ..Self::new(Category::Validation, code, message) }
    }

    /// The failure, with what else is wrong.
    pub(crate) fn and(mut self, more: Option<String>) -> Self {
        if let Some(more) = more {
            self.message.push(' ');
            self.message.push_str(&more);
        }
        self
    }

    pub(crate) fn nothing_was_asked() -> Self {
        let message =
            "This tool asks for nothing: call it without `inputResponses` and `requestState`.";
        Self::invalid("nothing_was_asked", message.into(), None)
    }

    pub(crate) fn key_missing() -> Self {
        Self::of_key(
            "key_missing",
            "idempotency_key is missing. This tool changes something and needs one.",
        )
    }

    pub(crate) fn key_malformed() -> Self {
        Self::of_key(
            "key_malformed",
            "idempotency_key must be a string of 8 to 128 characters out of A-Z a-z 0-9 _ . : -",
        )
    }

    fn of_key(code: &'static str, message: &str) -> Self {
        let mut failure =
            Self::invalid(code, message.into(), Some(format!("/{}", crate::key::KEY_ARGUMENT)));
        failure.next_action = "Send the idempotency_key that this operation was first tried with. \
                               Make a new one only if it was never tried.";
        failure
    }
}

// What became of the key.
impl Failure {
    /// For a call that was refused when the record was asked, and knows of nothing under its key.
    pub(crate) fn of_an_unused_key(mut self) -> Self {
        self.safe_new_key = true;
        self
    }

    pub(crate) fn in_flight(retry_after: Duration) -> Self {
        let mut failure = Self::new(
            Category::Idempotent,
            "in_flight",
            "A call with this idempotency_key is under way.",
        )
        .retry_after(retry_after);
        failure.retryable = true;
        failure.next_action = "Wait, then repeat the same call with the same idempotency_key.";
        failure
    }

    pub(crate) fn key_conflict() -> Self {
        let mut failure = Self::new(
            Category::Idempotent,
            "key_conflict",
            "This idempotency_key was used for a call with other arguments. Nothing was done.",
        );
        failure.next_action = "For a retry, send exactly the first call's arguments. A separate \
                               operation needs a key of its own.";
        failure
    }

    pub(crate) fn key_expired() -> Self {
        Self::new(
            Category::Idempotent,
            "key_expired",
            "A call with this idempotency_key ended long ago, and its answer is no longer kept. \
             Nothing was done now.",
        )
    }

    pub(crate) fn already_done() -> Self {
        Self::new(
            Category::Idempotent,
            "already_done",
            "The same operation was done, or may have been done, by another call. Nothing was done \
             now.",
        )
    }

    pub(crate) fn result_unavailable() -> Self {
        Self::new(
            Category::Idempotent,
            "result_unavailable",
            "The operation was done, but its result is not available.",
        )
    }

    pub(crate) fn outcome_unknown() -> Self {
        Self::new(
            Category::Unknown,
            "outcome_unknown",
            "An earlier call for this operation may or may not have been carried out. Nothing was \
             done now.",
        )
    }

    /// For an unknown outcome that the server itself finds out about.
    pub(crate) fn found_out_later(mut self) -> Self {
        self.next_action = "Do not use a new idempotency_key. Repeat the same call with the same \
                            idempotency_key later: it then tells whether the operation was done.";
        self
    }
}

// The store, before anything was done.
impl Failure {
    pub(crate) fn store_unavailable(detail: impl Into<String>) -> Self {
        Self::new(
            Category::Transient,
            "store_unavailable",
            "The record of idempotency keys cannot be reached. Nothing was done.",
        )
        .retry_after(Duration::from_secs(2))
        .logged(detail)
    }

    pub(crate) fn record_unreadable(detail: impl Into<String>) -> Self {
        Self::new(
            Category::Internal,
            "record_unreadable",
            "The record of this idempotency_key cannot be read. Nothing was done now.",
        )
        .logged(detail)
    }

    /// The store kept the claim and the effect in one transaction, and did not say whether it was
    /// committed.
    pub(crate) fn commit_unacknowledged(detail: impl Into<String>) -> Self {
        Self::retry_same_key("commit_unacknowledged", detail.into(), None)
    }

    /// The store did not commit what the tool had written, and has undone it.
    pub(crate) fn commit_refused(detail: impl Into<String>) -> Self {
        Self::new(
            Category::Internal,
            "commit_refused",
            "The store refused what the tool had written. Nothing was done.",
        )
        .logged(detail)
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(Category::Transient, "cancelled", "The call was cancelled. Nothing was done.")
    }
}

// The credential, before anything was done.
impl Failure {
    pub(crate) fn of_credential(error: &CredentialError) -> Self {
        let failure = match error {
            CredentialError::Unavailable(_) => Self::new(
                Category::Transient,
                "credential_unavailable",
                "The tool's credential cannot be had now. This call did nothing.",
            )
            .retry_after(Duration::from_secs(2)),
            CredentialError::Refused(_) => Self::new(
                Category::Authz,
                "credential_refused",
                "The tool is refused the credential that it needs. This call did nothing.",
            ),
            CredentialError::Defect(_) => Self::new(
                Category::Internal,
                "credential_defect",
                "The server cannot get the tool's credential. This call did nothing.",
            ),
        };
        failure.logged(error.to_string())
    }
}

// How a body ended.
impl Failure {
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(Category::Internal, "internal", "The server has a defect.").logged(detail)
    }

    /// A tool that has changed nothing took too long.
    pub(crate) fn timed_out(detail: impl Into<String>) -> Self {
        Self::new(Category::Transient, "timed_out", "The tool took too long. Nothing was changed.")
            .logged(detail)
    }

    /// It may have been done: what an ambiguous error, a panic or a deadline leaves behind.
    pub(crate) fn unknown(code: impl Into<std::borrow::Cow<'static, str>>, detail: String) -> Self {
        Self::new(Category::Unknown, code, "It is not known whether the operation was carried out.")
            .logged(detail)
    }

    /// The call took longer than its lease, did nothing itself, and its operation was settled by
    /// somebody else meanwhile.
    pub(crate) fn superseded() -> Self {
        Self::new(
            Category::Unknown,
            "superseded",
            "This call took so long that its operation was settled without it.",
        )
        .found_out_later()
    }

    /// It may have been done, by a backend that makes a retry with the same key harmless.
    pub(crate) fn retry_same_key(
        code: impl Into<std::borrow::Cow<'static, str>>,
        detail: String,
        after: Option<Duration>,
    ) -> Self {
        Self::new(
            Category::Transient,
            code,
            "The operation did not answer. Repeating the same call with the same idempotency_key \
             is safe.",
        )
        .retry_after(after.unwrap_or(Duration::from_secs(1)))
        .logged(detail)
    }

    /// For a call that its body refused: nothing was done, and the answer is recorded under the
    /// key, so a corrected call needs another.
    pub(crate) fn spends_the_key(mut self) -> Self {
        self.safe_new_key = true;
        if self.category == Category::Validation {
            self.next_action = "Fix the arguments, or ask the user. The corrected call needs a new idempotency_key.";
        }
        self
    }

    /// For a call that its body refused, after an attempt that may have been carried out.
    pub(crate) fn after_a_doubtful_attempt(mut self) -> Self {
        self.next_action = "An earlier attempt may have been carried out. Do not use a new \
                            idempotency_key. Check whether it was done, or tell a person.";
        self
    }

    /// What a tool's own error says, with its certainty as the category.
    pub(crate) fn of_report(report: Report, detail: String) -> Self {
        let (category, fallback) = match report.class {
            Class::Rejected => (Category::Rejected, "The operation was refused."),
            Class::Transient => {
                (Category::Transient, "Nothing was done. The same call may work later.")
            }
            Class::Validation => (Category::Validation, "An argument does not fit."),
            Class::Authz => (Category::Authz, "The caller may not do this."),
            Class::Ambiguous => {
                (Category::Unknown, "It is not known whether the operation was carried out.")
            }
            Class::Internal => (Category::Internal, "The server has a defect."),
        };
        let message = report.public_message.as_deref().map_or(fallback.into(), presentable);
        let mut failure = Self::new(category, report.code, message).logged(detail);
        failure.field = report.field.map(Into::into);
        failure.retry_after_if(report.retry_after)
    }
}
