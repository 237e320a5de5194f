//! What the end of a body means: what is certain about the effect, and what the caller is told.

use crate::{
    failure::{Class, Failure},
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

/// What the end of a body that changes something means. An `attempt` that is not the first may
/// follow one that acted.
pub(super) fn of_effect(
    tool: &str,
    end: End<BodyEnd>,
    on_unknown: OnUnknown,
    attempt: u32,
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
                (Certainty::Refused, Failure::of_report(report, detail).spends_the_key())
            }
            Class::Transient if may_repeat && attempt > 1 => {
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
            let detail = format!("the body took over {allowed:?}");
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
pub(super) fn before_effect(tool: &str, end: End<BodyEnd>) -> (Certainty, Reply) {
    match certain_refusal(end) {
        Ok(refused) => (Certainty::Refused, Reply::failure(tool, &refused.spends_the_key())),
        Err(end) => without_effect(tool, end),
    }
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
        End::OutOfTime(allowed) => Failure::timed_out(format!("the body took over {allowed:?}")),
    };
    (Certainty::NothingDone, Reply::failure(tool, &failure))
}

/// The failure of a body that refused for good, or the end that is something else.
fn certain_refusal(end: End<BodyEnd>) -> Result<Failure, End<BodyEnd>> {
    match end {
        End::Returned(BodyEnd::Failed { report, detail })
            if matches!(report.class, Class::Rejected | Class::Validation | Class::Authz) =>
        {
            Ok(Failure::of_report(report, detail))
        }
        end => Err(end),
    }
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
