//! Why a person's request came to nothing, and what to do.

use std::io;

use mcp_guard::{ConfigError, Error, Operation, ResolveError, StoreError, store::OperationId};

/// Nothing was changed, unless the text says that it may have been.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperationsError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Server(#[from] Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("nothing can be printed: {0}")]
    Output(#[from] io::Error),
    #[error(
        "{place} has no operation {id}: it was never begun there, or is long over. What is unknown \
         there: refunds operations list"
    )]
    NotThere { id: OperationId, place: String },
    #[error(
        "the operation is under way: wait until it has ended, or until the lease of a server that \
         died has run out. Nothing was changed"
    )]
    UnderWay,
    #[error("the operation is no longer unknown: it is {0}. Nothing was changed")]
    Settled(String),
    #[error(
        "the operation has moved on while it was looked at. Nothing was changed. How it stands: \
         refunds operations show {0}"
    )]
    MovedOn(OperationId),
    #[error(
        "--result does not fit what `{tool}` answers: {misfit}. Nothing was changed. Write what the \
         payments service has of it, such as '{{\"refund_id\":\"re_000001\",\"amount_cents\":2500}}', \
         or leave --result out: the agent is then told that it was done, without a result"
    )]
    Misfit { tool: String, misfit: String },
    #[error(
        "`{0}` is not a tool of this server: resolve it with the program that served it. Nothing \
         was changed"
    )]
    AnotherServers(String),
    #[error("{error}. Whether it was resolved: refunds operations show {id}")]
    Unanswered { error: ResolveError, id: OperationId },
}

impl OperationsError {
    /// What a refused resolution means.
    pub(super) fn of(error: ResolveError, operation: &Operation) -> Self {
        match error {
            ResolveError::NotUnknown => Self::MovedOn(operation.id),
            ResolveError::Misfit(misfit) => Self::Misfit { tool: operation.tool.clone(), misfit },
            ResolveError::NoSuchTool(tool) => Self::AnotherServers(tool),
            error => Self::Unanswered { error, id: operation.id },
        }
    }
}
