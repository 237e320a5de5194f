//! What the end of a body means: what is certain about the effect, and what the caller is told.

use std::time::Duration;

use crate::{
    failure::{Class, Failure, Report},
    guard::{Reply, run::End},
    tool::{BodyEnd, OnUnknown},
};

/// What is certain about the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guard) enum Certainty {
    /// It happened.
    Done,
    /// It was refused for good.
    Refused,
    /// It did not happen.
    NothingDone,
    /// It may have happened.
    Unknown,
}

impl Certainty {
    /// Its name, as [`OperationStatus::as_str`](crate::OperationStatus::as_str) has it.
    pub(in crate::guard) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::NothingDone => "not_done",
            Self::Unknown => "unknown",
        }
    }
}

/// What came before this attempt at the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// No attempt that can have acted.
    Nothing,
    /// Perhaps one that acted, and whose end nobody knows.
    Doubt,
}

impl Before {
    pub(super) fn attempt(attempt: u32, on_unknown: OnUnknown) -> Self {
        match on_unknown {
            OnUnknown::Retry if attempt > 1 => Self::Doubt,
            _ => Self::Nothing,
        }
    }

    /// A refusal for good.
    fn refused(self, report: Report, detail: String) -> Failure {
        let failure = Failure::of_report(report, detail);
        match self {
            Self::Nothing => failure.spends_the_key(),
            Self::Doubt => failure.after_a_doubtful_attempt(),
        }
    }
}

/// What the end of a body that changes something means.
pub(super) fn of_effect(
    tool: &str,
    end: End<BodyEnd>,
    on_unknown: OnUnknown,
    before: Before,
) -> (Certainty, Reply) {
    let may_repeat = on_unknown == OnUnknown::Retry;
    let (certainty, failure) = match end {
        End::Returned(BodyEnd::Value(value)) => match Reply::success(&value) {
            Ok(reply) => return (Certainty::Done, reply),
            Err(error) => (Certainty::Done, unavailable_result(&error.to_string())),
        },
        End::Returned(BodyEnd::Unserializable { detail }) => {
            (Certainty::Done, unavailable_result(&detail))
        }
        End::Returned(BodyEnd::Failed { report, detail }) => match report.class {
            Class::Rejected | Class::Validation | Class::Authz => {
                (Certainty::Refused, before.refused(report, detail))
            }
            Class::Transient if before == Before::Doubt => {
                let failure = Failure::retry_same_key(report.code, detail, report.retry_after);
                (Certainty::NothingDone, failure)
            }
            Class::Transient => (Certainty::NothingDone, Failure::of_report(report, detail)),
            Class::Ambiguous if may_repeat => {
                let failure = Failure::retry_same_key(report.code, detail, report.retry_after);
                (Certainty::Unknown, failure)
            }
            Class::Ambiguous => {
                (Certainty::Unknown, unknown(Failure::of_report(report, detail), on_unknown))
            }
            // A defect says nothing about what was done before it.
            Class::Internal => {
                (Certainty::Unknown, unknown(Failure::unknown(report.code, detail), on_unknown))
            }
        },
        End::NotBegun(failure) => (Certainty::NothingDone, *failure),
        // Unlike a slow backend, a defect is not mended by repeating the call at once.
        End::Panicked(detail) => {
            (Certainty::Unknown, unknown(Failure::unknown("panicked", detail), on_unknown))
        }
        End::OutOfTime(allowed) => {
            let detail = over(allowed);
            let told = if may_repeat {
                Failure::retry_same_key("timed_out", detail, None)
            } else {
                unknown(Failure::unknown("timed_out", detail), on_unknown)
            };
            (Certainty::Unknown, told)
        }
    };
    (certainty, Reply::failure(tool, &failure))
}

/// What the end of a body means that had not begun its effect, or whose effect is undone with it.
pub(super) fn before_effect(tool: &str, end: End<BodyEnd>, before: Before) -> (Certainty, Reply) {
    let failure = match end {
        End::Returned(BodyEnd::Failed { report, detail }) if is_refusal(&report) => {
            return (Certainty::Refused, Reply::failure(tool, &before.refused(report, detail)));
        }
        End::Returned(BodyEnd::Failed { report, detail })
            if before == Before::Doubt && report.class != Class::Internal =>
        {
            Failure::retry_same_key(report.code, detail, report.retry_after)
        }
        End::OutOfTime(allowed) if before == Before::Doubt => {
            Failure::retry_same_key("timed_out", over(allowed), None)
        }
        end => return without_effect(tool, end),
    };
    (Certainty::NothingDone, Reply::failure(tool, &failure))
}

/// What the end of a body that changes nothing means.
pub(super) fn without_effect(tool: &str, end: End<BodyEnd>) -> (Certainty, Reply) {
    let failure = match end {
        End::Returned(BodyEnd::Value(value)) => match Reply::success(&value) {
            Ok(reply) => return (Certainty::Done, reply),
            Err(error) => Failure::internal(error.to_string()),
        },
        End::Returned(BodyEnd::Unserializable { detail }) | End::Panicked(detail) => {
            Failure::internal(detail)
        }
        End::Returned(BodyEnd::Failed { mut report, detail }) => {
            if report.class == Class::Ambiguous {
                report.class = Class::Transient;
            }
            Failure::of_report(report, detail)
        }
        End::NotBegun(failure) => *failure,
        End::OutOfTime(allowed) => Failure::timed_out(over(allowed)),
    };
    (Certainty::NothingDone, Reply::failure(tool, &failure))
}

/// Whether a body refused for good.
fn is_refusal(report: &Report) -> bool {
    matches!(report.class, Class::Rejected | Class::Validation | Class::Authz)
}

fn over(allowed: Duration) -> String {
    format!("the body took over {allowed:?}")
}

fn unknown(failure: Failure, on_unknown: OnUnknown) -> Failure {
    match on_unknown {
        OnUnknown::Reconcile => failure.found_out_later(),
        OnUnknown::Refuse | OnUnknown::Retry => failure,
    }
}

/// It was done, and cannot be shown.
fn unavailable_result(detail: &str) -> Failure {
    tracing::error!(detail, "a result cannot be written as JSON");
    Failure::result_unavailable()
}

impl End<BodyEnd> {
    /// Whether the body says that it acted.
    pub(super) fn is_success(&self) -> bool {
        matches!(self, Self::Returned(BodyEnd::Value(_) | BodyEnd::Unserializable { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(class: Class) -> End<BodyEnd> {
        let report = Report::new(class, "told");
        End::Returned(BodyEnd::Failed { report, detail: String::new() })
    }

    #[test]
    fn a_second_attempt_says_nothing_of_the_first() {
        let before = Before::attempt(2, OnUnknown::Retry);
        for end in [failed(Class::Transient), End::OutOfTime(Duration::from_secs(1))] {
            let (certainty, reply) = before_effect("pay", end, before);
            assert_eq!(certainty, Certainty::NothingDone);
            assert!(!reply.body().contains("Nothing was"), "{}", reply.body());
            assert!(reply.body().contains("transient"), "{}", reply.body());
        }
        for class in [Class::Rejected, Class::Validation, Class::Authz] {
            let (certainty, reply) = before_effect("pay", failed(class), before);
            assert_eq!(certainty, Certainty::Refused);
            assert!(reply.body().contains(r#""safe_new_key":false"#), "{}", reply.body());
        }
    }

    #[test]
    fn a_first_attempt_that_is_refused_spends_its_key_alone() {
        for (attempt, on_unknown) in [(1, OnUnknown::Retry), (2, OnUnknown::Refuse)] {
            let before = Before::attempt(attempt, on_unknown);
            let (_, reply) = of_effect("pay", failed(Class::Rejected), on_unknown, before);
            assert!(reply.body().contains(r#""safe_new_key":true"#), "{}", reply.body());
        }
    }
}
