//! What operators do with operations whose outcome is unknown: list, look at, resolve.

use serde_json::Value;

use super::{
    Core, Guard, Reply,
    settle::{Certainty, settlement},
};
use crate::{
    audit,
    clock::Timestamp,
    encryption::Content,
    failure::Failure,
    key::OperationId,
    store::{
        Attempt, Fenced, Inspected, Settlement, Store, StoreError, UnreadableRecord,
        record::{Record, State},
    },
    tool::EffectClass,
};

/// The operations of a guard, for operators. Nothing of it is reachable over MCP.
#[derive(Clone, Copy)]
pub struct Operations<'g> {
    core: &'g Core,
}

/// One operation, as an operator sees it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Operation {
    /// Its name, which is also the `mcp-guard/duplicate_of` of answers.
    pub id: OperationId,
    /// The tool that was called.
    pub tool: String,
    /// How it stands.
    pub status: OperationStatus,
    /// When its last attempt began.
    pub claimed_at: Timestamp,
    /// How many attempts there were.
    pub attempts: u32,
    /// The key that the backend was told: [`Effect::key`](crate::Effect::key). Look for it there.
    pub downstream_key: String,
    /// What was asked.
    pub arguments: KeptArguments,
    attempt: Attempt,
}

/// Some of the operations whose outcome is unknown.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unresolved {
    /// Those that can be read, in the order of their ids.
    pub operations: Vec<Operation>,
    /// Those whose records cannot be read: nobody can tell how they stand, and calls with their keys are
    /// refused.
    pub unreadable: Vec<UnreadableRecord>,
    /// Behind which one to go on; `None`: there are no more.
    pub next: Option<OperationId>,
}

/// What was asked of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum KeptArguments {
    /// It is not kept: the tool has no `on_unknown = reconcile(...)`, or the operation has ended.
    NotKept,
    /// It is kept, and cannot be read: it is encrypted with a key that this guard does not have.
    Unreadable,
    /// The arguments, without the idempotency key.
    Kept(Value),
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperationStatus {
    /// Its body is running.
    UnderWay,
    /// It was done.
    Done {
        /// Since when that is recorded.
        at: Timestamp,
    },
    /// It was refused for good.
    Refused {
        /// Since when that is recorded.
        at: Timestamp,
    },
    /// Nothing was done; the same call may be made again.
    NotDone {
        /// Since when that is recorded.
        at: Timestamp,
    },
    /// It may or may not have been done.
    Unknown {
        /// Since when.
        since: Timestamp,
    },
}

impl OperationStatus {
    pub(super) fn of(record: &Record, now: Timestamp) -> Self {
        match &record.state {
            State::Unknown { since } => Self::Unknown { since: *since },
            State::Claimed { until, .. } if record.is_unknown(now) => {
                Self::Unknown { since: *until }
            }
            State::Claimed { .. } => Self::UnderWay,
            State::Recorded { acted: true, ended, .. } => Self::Done { at: ended.at },
            State::Recorded { acted: false, ended, .. } => Self::Refused { at: ended.at },
            State::Released { ended } => Self::NotDone { at: ended.at },
        }
    }

    /// Its name: `under_way`, `done`, `refused`, `not_done` or `unknown`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::Done { .. } => "done",
            Self::Refused { .. } => "refused",
            Self::NotDone { .. } => "not_done",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Since when it stands so, where that is recorded.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::UnderWay => None,
            Self::Done { at } | Self::Refused { at } | Self::NotDone { at } => Some(*at),
            Self::Unknown { since } => Some(*since),
        }
    }
}

/// What a person has found out about an unknown operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// It was done. With a result, that is what every later call is answered; without one, they are
    /// told that it was done and the result is not available.
    Done(Option<Value>),
    /// It was not done, **and can no longer come to be done**: the key is free again, and what it
    /// took of budgets is given back.
    NotDone,
}

/// Why an operation was not resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// Its outcome is not unknown, or no longer: look at it again.
    #[error("the operation is not unknown, or has moved on since it was looked at")]
    NotUnknown,
    /// The result does not fit the tool's output schema, at these places.
    #[error("the result does not fit the output schema of the tool: {0}")]
    Misfit(String),
    /// The tool is not one of this guard's.
    #[error("tool `{0}` is not one of this guard's")]
    NoSuchTool(String),
    /// The store did not answer. It may have been resolved: look at it again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Guard {
    /// The operations on this guard's store, for operators.
    #[must_use]
    pub fn operations(&self) -> Operations<'_> {
        Operations { core: &self.core }
    }
}

impl Operations<'_> {
    /// The operations whose outcome is unknown, in the order of their ids: at most `limit` of those
    /// behind `after`. One whose record cannot be read is among them, and hides no other.
    ///
    /// # Errors
    /// Where the store does not answer, or the guard has none.
    pub async fn unresolved(
        &self,
        after: Option<OperationId>,
        limit: u32,
    ) -> Result<Unresolved, StoreError> {
        let page = self.core.records()?.unresolved(after, limit).await?;
        let next = page.last().map(UnreadableRecord::operation_of);
        let (mut operations, mut unreadable) = (Vec::with_capacity(page.len()), Vec::new());
        for listed in page {
            match listed {
                Ok(inspected) => operations.push(self.describe(inspected).await?),
                Err(record) => unreadable.push(record),
            }
        }
        Ok(Unresolved { operations, unreadable, next })
    }

    /// One operation, unless it is unknown to the store or forgotten.
    ///
    /// # Errors
    /// Where the store does not answer, or the guard has none.
    pub async fn find(&self, id: OperationId) -> Result<Option<Operation>, StoreError> {
        match self.core.records()?.inspect(&id).await? {
            Some(inspected) => self.describe(inspected).await.map(Some),
            None => Ok(None),
        }
    }

    /// Records what a person has found out, under the person's name for the audit trail. Nothing is
    /// changed unless the operation still is at the attempt that was looked at, and unknown.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn resolve(
        &self,
        operation: &Operation,
        resolution: Resolution,
        by: &str,
    ) -> Result<(), ResolveError> {
        let settlement = self.settlement(operation, &resolution)?;
        match self.core.records()?.resolve(&operation.attempt, &settlement).await? {
            Fenced::Applied => {
                let done = resolution != Resolution::NotDone;
                audit::resolved(&operation.tool, &operation.id, done, by);
                Ok(())
            }
            Fenced::Superseded => Err(ResolveError::NotUnknown),
        }
    }

    fn settlement(
        self,
        operation: &Operation,
        resolution: &Resolution,
    ) -> Result<Settlement, ResolveError> {
        let no_such_tool = || ResolveError::NoSuchTool(operation.tool.clone());
        let tool = self.core.toolbox.get(&operation.tool).ok_or_else(no_such_tool)?;
        let EffectClass::Idempotent(spec) = tool.spec().effect else { return Err(no_such_tool()) };
        let unavailable = || Reply::failure(&operation.tool, &Failure::result_unavailable());
        let (certainty, reply) = match resolution {
            Resolution::Done(Some(result)) => {
                let misfits = tool.results().misfits(result);
                if !misfits.is_empty() {
                    return Err(ResolveError::Misfit(misfits.join("; ")));
                }
                let reply = Reply::success(result);
                (Certainty::Done, reply.map_err(|error| ResolveError::Misfit(error.to_string()))?)
            }
            Resolution::Done(None) => (Certainty::Done, unavailable()),
            Resolution::NotDone => (Certainty::NothingDone, unavailable()),
        };
        Ok(settlement(certainty, &reply, &operation.id, &spec, self.core))
    }

    async fn describe(&self, inspected: Inspected) -> Result<Operation, StoreError> {
        let Inspected { operation, record, now } = inspected;
        let arguments = match &record.arguments {
            None => KeptArguments::NotKept,
            Some(kept) => {
                let text = self.core.vault.open(&operation, Content::Arguments, kept).ok();
                text.and_then(|text| serde_json::from_str(&text).ok())
                    .map_or(KeptArguments::Unreadable, KeptArguments::Kept)
            }
        };
        Ok(Operation {
            id: operation,
            status: OperationStatus::of(&record, now),
            claimed_at: record.claimed_at,
            attempts: record.epoch,
            downstream_key: self.core.secret().await?.downstream_key(&operation)?,
            arguments,
            attempt: record.attempt(operation),
            tool: record.tool,
        })
    }
}
