//! `operation_status`: a tool with which an agent asks what became of its own key, without repeating
//! the call.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{authorize::may_use, operations::OperationStatus};
use crate::{
    caller::Caller,
    clock::Timestamp,
    failure::{Class, Report, ToolError},
    key::{Fingerprint, Key, OperationId, PrincipalId},
    store::{Claim, Inspected, Store, StoreError},
    tool::{Access, EffectClass, Measurement, Provided, Requirement, Tool, ToolSpec},
};

/// The lease of a claim that is never made: any will do.
const NO_LEASE: Duration = Duration::from_secs(1);

/// The marker of the tool.
pub(super) enum OperationStatusTool {}

/// Which operations there can be, and where.
pub(super) struct Book {
    pub(super) store: Arc<dyn Store>,
    /// The tools that have keys, by name.
    pub(super) tools: BTreeMap<&'static str, Keyed>,
}

/// A tool that has keys.
pub(super) struct Keyed {
    name: &'static str,
    /// Who may call it.
    access: Access,
    /// Whether its claims are in the transactions of its bodies.
    transaction: bool,
}

impl Keyed {
    pub(super) fn of(spec: &ToolSpec) -> Option<Self> {
        let EffectClass::Idempotent(once) = spec.effect else { return None };
        Some(Self { name: spec.name, access: spec.access, transaction: once.transaction })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The tool that was called.
    #[schemars(length(min = 1, max = 128))]
    tool: String,
    /// The idempotency key of that call.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.:-]{8,128}$"))]
    idempotency_key: String,
}

/// What became of an operation.
#[derive(Serialize, JsonSchema)]
pub(super) struct Standing {
    /// How it stands.
    operation: State,
    /// Since when, as RFC 3339 writes it.
    since: Option<String>,
    /// What to do now.
    next_action: &'static str,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is being carried out.
    UnderWay,
    /// It was done.
    Done,
    /// It was refused for good, and nothing was done.
    Refused,
    /// Nothing was done.
    NotDone,
    /// It may or may not have been done.
    Unknown,
    /// Nothing is recorded of this caller under this key.
    None,
}

/// The store did not answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Unanswered(#[from] StoreError);

impl ToolError for Unanswered {
    fn report(&self) -> Report {
        let (class, retry_after) = match self.0 {
            StoreError::Unreadable(_) => (Class::Internal, None),
            _ => (Class::Transient, Some(Duration::from_secs(2))),
        };
        Report {
            class,
            code: "store_unavailable".into(),
            public_message: None,
            retry_after,
            field: None,
        }
    }
}

impl Tool for OperationStatusTool {
    const SPEC: ToolSpec = ToolSpec {
        name: "operation_status",
        title: Some("What became of an operation"),
        description: "Tell what became of an operation, by the tool that was called and its \
                      idempotency_key. It changes nothing, and does not repeat the call.",
        access: Access::AnyCaller,
        authorizes: false,
        effect: EffectClass::ReadOnly,
        limits: &[],
        budgets: &[],
        redactions: &[],
        restrictions: &[],
        timeout: None,
        destructive: false,
        open_world: false,
    };
    type Arguments = Arguments;
    type Return = Result<Standing, Unanswered>;

    fn requires() -> Vec<Requirement> {
        vec![Requirement::of::<Book>("Book"), Requirement::of::<Caller>("Caller")]
    }

    fn measure(_: &Arguments) -> Vec<Measurement> {
        Vec::new()
    }

    async fn run(call: Provided<'_>, asked: Arguments) -> Self::Return {
        standing(call.get(), call.get(), &asked).await
    }
}

async fn standing(book: &Book, caller: &Caller, asked: &Arguments) -> Result<Standing, Unanswered> {
    // A tool that is not the caller's, now, is one of which nothing is told.
    let tool = book.tools.get(asked.tool.as_str()).filter(|tool| may_use(caller, tool.access));
    let (Some(tool), Some(key)) = (tool, Key::parse(&asked.idempotency_key)) else {
        return Ok(State::None.told(None));
    };
    let operation = OperationId::of(caller, tool.name, &key);
    if let Some(found) = book.store.inspect(&operation).await? {
        return Ok(recorded(&found));
    }
    if !tool.transaction || !is_claimed(&*book.store, tool.name, caller, operation).await? {
        return Ok(State::None.told(None));
    }
    // Unless its transaction has just ended.
    let found = book.store.inspect(&operation).await?;
    Ok(found.as_ref().map_or_else(|| State::UnderWay.told(None), recorded))
}

/// Whether an operation is claimed in a transaction that is open. That is in no record yet, but whoever
/// would claim it is told.
async fn is_claimed(
    store: &dyn Store,
    tool: &'static str,
    caller: &Caller,
    operation: OperationId,
) -> Result<bool, StoreError> {
    let fingerprint = Fingerprint::from_bytes([0; 32]);
    let wish = Claim::new(operation, PrincipalId::of(caller), fingerprint, tool, NO_LEASE);
    Ok(store.recall(&wish).await?.is_some())
}

fn recorded(found: &Inspected) -> Standing {
    let status = OperationStatus::of(&found.record, found.now);
    let state = match status {
        OperationStatus::UnderWay => State::UnderWay,
        OperationStatus::Done { .. } => State::Done,
        OperationStatus::Refused { .. } => State::Refused,
        OperationStatus::NotDone { .. } => State::NotDone,
        OperationStatus::Unknown { .. } => State::Unknown,
    };
    state.told(status.since().map(Timestamp::to_rfc3339))
}

impl State {
    fn told(self, since: Option<String>) -> Standing {
        let next_action = match self {
            Self::UnderWay => "Wait, then ask again.",
            Self::Done => {
                "Treat it as done. Repeating the same call with the same idempotency_key gives the \
                 recorded answer, if it is still kept."
            }
            Self::Refused => "Tell the user that it was refused.",
            Self::NotDone => "The same call with the same idempotency_key may be made again.",
            Self::Unknown => {
                "Do not retry and do not use a new idempotency_key. Check whether it was done, or \
                 tell a person."
            }
            Self::None => {
                "Nothing is recorded under this key: nothing was begun with it yet, or it was long \
                 ago. A call that is on its way may still be carried out: to try again, repeat the \
                 same call with the same idempotency_key, and do not use a new one."
            }
        };
        Standing { operation: self, since, next_action }
    }
}
