//! A result that does not fit the schema which its tool publishes: a defect of the tool. What was done
//! stays done, so the true answer is given and recorded; but nobody overlooks it.

use serde::Deserialize;
use serde_json::Value;

use super::{Core, GuardedTool, Reply, run::End};
use crate::{failure::Failure, tool::BodyEnd};

/// Places at which a result does not fit, and the rules it breaks. Never values.
pub(super) struct Misfits(String);

/// Looks whether the body's result fits, where that is checked, and says loudly if it does not.
pub(super) fn look(end: &End<BodyEnd>, tool: &GuardedTool, core: &Core) -> Option<Misfits> {
    match end {
        End::Returned(BodyEnd::Value(result)) => look_at(result, tool, core),
        _ => None,
    }
}

/// The same of a result, whoever has told it: the body, or who found out what became of it.
pub(super) fn look_at(result: &Value, tool: &GuardedTool, core: &Core) -> Option<Misfits> {
    if !core.settings().check_results {
        return None;
    }
    let misfits = tool.results().misfits(result);
    if misfits.is_empty() {
        return None;
    }
    let misfits = misfits.join("; ");
    let tool = tool.spec().name;
    tracing::error!(target: "mcp_guard", tool, misfits, "a result does not fit its own schema");
    Some(Misfits(misfits))
}

/// An answer that was recorded, by whichever version of the tool: marked as the first one was.
pub(super) fn mark_recorded(reply: Reply, tool: &GuardedTool, core: &Core) -> Reply {
    #[derive(Deserialize)]
    struct Success {
        result: Value,
    }
    if reply.is_error() || !core.settings().check_results {
        return reply;
    }
    let Ok(Success { result }) = serde_json::from_str(reply.body()) else { return reply };
    let misfits = look_at(&result, tool, core);
    mark(reply, misfits.as_ref())
}

/// The answer of a tool that changed nothing: nothing is lost by refusing it.
pub(super) fn refuse(reply: Reply, tool: &str, misfits: Option<Misfits>) -> Reply {
    match misfits {
        None => reply,
        Some(Misfits(misfits)) => {
            let detail = format!("the result does not fit its own schema: {misfits}");
            Reply::failure(tool, &Failure::internal(detail))
        }
    }
}

/// The answer of a tool that may have acted, marked.
pub(super) fn mark(reply: Reply, misfits: Option<&Misfits>) -> Reply {
    match misfits {
        Some(_) if !reply.is_error() => reply.misfit(),
        _ => reply,
    }
}
