//! The last step before an answer leaves: what of a result is not for this caller is taken out. The
//! record keeps the whole answer, so that a replay is what *its* caller may see.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{Core, Reply};
use crate::{caller::Caller, failure::Failure, schema::ResultSchema, tool::RedactSpec};

/// The answer as this caller may see it. Nobody holds no scope.
pub(super) fn redact(reply: Reply, tool: &str, caller: Option<&Arc<Caller>>, core: &Core) -> Reply {
    let Some(tool) = core.toolbox().get(tool).filter(|_| !reply.is_error()) else { return reply };
    // Whose answers are whole need not be asked what they hold.
    if tool.spec().redactions.is_empty() {
        return reply;
    }
    let caller = caller.map(|caller| core.effective(Arc::clone(caller)));
    let sees = |scope| caller.as_ref().is_some_and(|caller| caller.has_scope(scope));
    let redactions = tool.spec().redactions.iter().enumerate();
    let withheld: Vec<(usize, &RedactSpec)> =
        redactions.filter(|(_, redaction)| !sees(redaction.scope)).collect();
    if withheld.is_empty() {
        return reply;
    }
    match without(&reply, tool.results(), &withheld) {
        Ok(body) => {
            reply.without(body, withheld.iter().map(|(_, redaction)| redaction.pointer()).collect())
        }
        // What cannot be read cannot be redacted.
        Err(error) => {
            let unreadable = Failure::record_unreadable(error.to_string());
            Reply::failure(tool.spec().name, &unreadable)
        }
    }
}

#[derive(Deserialize)]
struct Success {
    result: Value,
}

fn without(
    reply: &Reply,
    results: &ResultSchema,
    withheld: &[(usize, &RedactSpec)],
) -> Result<String, serde_json::Error> {
    let Success { mut result } = serde_json::from_str(reply.body())?;
    for (place, _) in withheld {
        results.take_out(&mut result, *place);
    }
    Reply::success(&result).map(Reply::into_body)
}
