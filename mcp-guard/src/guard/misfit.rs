//! A result that does not fit the schema which its tool publishes: a defect of the tool. What was done
//! stays done, so the true answer is given and recorded; but nobody overlooks it.

use crate::{
    failure::Failure,
    guard::{Core, GuardedTool, Reply, run::End},
    tool::BodyEnd,
};

/// Places at which a result does not fit, and the rules it breaks. Never values.
pub(super) struct Misfits(String);

/// Looks whether the body's result fits, where that is checked, and says loudly if it does not.
pub(super) fn look(end: &End<BodyEnd>, tool: &GuardedTool, core: &Core) -> Option<Misfits> {
    let End::Returned(BodyEnd::Value(result)) = end else { return None };
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
