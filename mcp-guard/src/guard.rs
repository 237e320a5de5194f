//! The guard: every call walks one line, in one order.

mod admit;
mod authorize;
mod background;
mod build;
mod check;
mod identify;
mod mint;
mod misfit;
mod operations;
mod panic;
mod permit;
mod reconcile;
mod redact;
mod reply;
mod reserve;
mod run;
mod settings;
mod settle;
mod status;
mod toolbox;
mod validate;
mod watch;

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

pub use build::GuardBuilder;
#[cfg(feature = "http")]
pub(crate) use build::HttpParts;
use futures_util::FutureExt as _;
pub use operations::{
    KeptArguments, Operation, OperationStatus, Operations, Resolution, ResolveError, Unresolved,
};
use permit::Authorizers;
pub use reply::Reply;
use serde_json::Value;
pub(crate) use settings::{ServerInfo, Settings};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
pub(crate) use toolbox::{GuardedTool, Toolbox};

use crate::{
    audit,
    caller::Caller,
    credential::Sources,
    encryption::Vault,
    failure::Failure,
    key::PrincipalId,
    rate::{Meters, Slots},
    schema::Finding,
    scopes::GrantedScopes,
    secret::DeploymentSecret,
    store::{Store, StoreError},
    tool::Providers,
};

/// Tools behind one gate. Cheap to clone; every clone is the same guard.
///
/// It is a whole MCP server by itself ([`serve_stdio`](Guard::serve_stdio)), or the guarded part of
/// another one ([`routes`](Guard::routes)).
#[derive(Clone)]
pub struct Guard {
    core: Arc<Core>,
}

/// What every call needs.
pub(crate) struct Core {
    toolbox: Toolbox,
    /// What the rules about schemas warn of.
    findings: Vec<Finding>,
    providers: Providers,
    /// Who decides beside the tools.
    authorizers: Authorizers,
    store: Option<Arc<dyn Store>>,
    /// What turns answers into what the store keeps.
    vault: Vault,
    /// Asked of the store once.
    secret: OnceCell<DeploymentSecret>,
    identity: Option<Arc<Caller>>,
    scopes: GrantedScopes,
    meters: Meters,
    slots: Arc<Slots<PrincipalId>>,
    /// What tools reach their backends with.
    credentials: Sources,
    settings: Settings,
    server: ServerInfo,
    /// Whether unknown outcomes are being looked into.
    watched: AtomicBool,
    /// The calls and settlements under way, for draining.
    running: TaskTracker,
    /// Room for claims that are being withdrawn.
    withdrawals: Arc<Semaphore>,
    #[cfg(feature = "http")]
    http: Option<HttpParts>,
}

/// One call, as it comes from a transport, or from code of your own.
#[derive(Debug)]
pub struct Call {
    tool: String,
    arguments: Value,
    caller: Option<Arc<Caller>>,
    /// Whether it claims to go on with an earlier one, which had asked for something.
    further_round: bool,
    /// Honoured up to the claim.
    cancelled: CancellationToken,
}

impl Call {
    /// A call of a tool with arguments, by a caller. `None` is refused like anybody who is not
    /// identified.
    #[must_use]
    pub fn new(
        tool: impl Into<String>,
        arguments: Value,
        caller: Option<impl Into<Arc<Caller>>>,
    ) -> Self {
        Self {
            tool: tool.into(),
            arguments,
            caller: caller.map(Into::into),
            further_round: false,
            cancelled: CancellationToken::new(),
        }
    }

    /// Says whether the call claims to be a further round of an earlier one.
    pub(crate) fn of_a_further_round(self, further_round: bool) -> Self {
        Self { further_round, ..self }
    }

    /// Lets the call be cancelled, until its operation is claimed.
    pub(crate) fn cancelled_by(self, cancelled: CancellationToken) -> Self {
        Self { cancelled, ..self }
    }
}

/// There is no such tool, or not for this caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such tool")]
pub struct NoSuchTool;

/// Why a call does not go on to the next stage.
enum Stop {
    /// There is no such tool for this caller.
    NoSuchTool,
    /// The operation has been carried out: this was the answer.
    Replay(Box<Reply>),
    /// It is refused, and nothing was done.
    Failed(Box<Failure>),
}

impl From<Box<Failure>> for Stop {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl Guard {
    /// Starts to put a guard together.
    pub fn builder() -> GuardBuilder {
        GuardBuilder::default()
    }

    /// Answers a call, as if it came over a transport: it walks the whole line, from the caller's
    /// identity on. Whatever happens in it, there is an answer. For tests, and for servers whose
    /// transport is not one of the guard's.
    ///
    /// Do not drop the future before it is done: that is a crash of the call, and its operation's
    /// outcome will be unknown.
    ///
    /// # Errors
    /// When there is no such tool, or not for this caller.
    pub async fn call(&self, call: Call) -> Result<Reply, NoSuchTool> {
        let _running = self.core.running.token();
        self.watch();
        let started = Instant::now();
        let (tool, caller) = (call.tool.clone(), call.caller.clone());
        // The line catches the body's panics. One of its own is a defect, and is answered too.
        let walked =
            AssertUnwindSafe(self.walk(call)).catch_unwind().await.unwrap_or_else(|panic| {
                let message = panic::message_of(panic);
                Err(Failure::internal(format!("the guard panicked: {message}")).into())
            });
        let reply = match walked {
            Ok(reply) => reply,
            Err(Stop::Replay(reply)) => *reply,
            Err(Stop::Failed(failure)) => Reply::failure(&tool, &failure),
            Err(Stop::NoSuchTool) => {
                audit::not_found(caller.as_deref());
                return Err(NoSuchTool);
            }
        };
        let reply = redact::redact(reply, &tool, caller.as_ref(), &self.core);
        audit::answered(&tool, caller.as_deref(), &reply, started.elapsed());
        Ok(reply)
    }

    /// The line. Each stage takes the proof that the one before made, so that none can be left out
    /// or moved.
    async fn walk(&self, call: Call) -> Result<Reply, Stop> {
        let core = &self.core;
        let identified = identify::identify(call.caller, &core.scopes)?;
        let paced = admit::pace(identified, core)?;
        let grant = authorize::authorize(paced, &core.toolbox, &call.tool)?;
        let admitted = admit::admit(grant, core)?;
        let valid = validate::validate(admitted, call.arguments, call.further_round)?;
        let permitted = permit::permit(valid, core, &call.cancelled).await?;
        let reserved = reserve::reserve(permitted, core, &call.cancelled).await?;
        let ended = run::run(reserved, core).await;
        Ok(settle::settle(ended, core).await)
    }

    /// The tools that a caller is shown, in a fixed order. Nobody who is not identified is shown
    /// any.
    pub(crate) fn visible_to(
        &self,
        caller: Option<Arc<Caller>>,
    ) -> impl Iterator<Item = &GuardedTool> {
        let caller = caller.map(|caller| self.core.effective(caller));
        caller.into_iter().flat_map(|caller| self.core.toolbox.visible_to(caller))
    }

    /// Whether a caller is not to tell a tool from one that is not there.
    pub(crate) fn hides(&self, name: &str, caller: Option<Arc<Caller>>) -> bool {
        self.core.toolbox.hides_unauthorized()
            && !self.visible_to(caller).any(|tool| tool.spec().name == name)
    }

    /// What the rules about schemas warn of, as it was logged when the guard was built. A test that
    /// finds none keeps it so.
    #[must_use]
    pub fn lint_findings(&self) -> &[Finding] {
        &self.core.findings
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

impl Core {
    /// The caller that the operator named, for transports without one of their own.
    pub(crate) fn identity(&self) -> Option<Arc<Caller>> {
        self.identity.clone()
    }

    /// The caller with every scope that theirs include: who they are to every stage of the line.
    pub(crate) fn effective(&self, caller: Arc<Caller>) -> Arc<Caller> {
        self.scopes.effective(caller)
    }

    /// The scopes that grant something here, by themselves or by what they include.
    #[cfg(feature = "http")]
    pub(crate) fn meaningful_scopes(&self) -> std::collections::BTreeSet<String> {
        let asked = self.toolbox.scopes().into_iter();
        asked.chain(self.scopes.including()).map(str::to_owned).collect()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn server(&self) -> &ServerInfo {
        &self.server
    }

    #[cfg(feature = "http")]
    pub(crate) fn credentials(&self) -> &Sources {
        &self.credentials
    }

    /// Who decides beside the tools, by name.
    pub(crate) fn authorizers(&self) -> impl Iterator<Item = &str> {
        self.authorizers.names()
    }

    pub(crate) fn toolbox(&self) -> &Toolbox {
        &self.toolbox
    }

    #[cfg(feature = "http")]
    pub(crate) fn http(&self) -> Option<&HttpParts> {
        self.http.as_ref()
    }

    /// Waits until no call and no settlement is under way.
    pub(crate) async fn drained(&self) {
        self.running.wait().await;
    }

    /// Whether no call and no settlement is under way now.
    pub(crate) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// The store, which `build()` made sure of for every tool that needs it.
    fn records(&self) -> Result<&Arc<dyn Store>, StoreError> {
        self.store.as_ref().ok_or_else(|| StoreError::Unusable("the guard has no store".into()))
    }

    async fn secret(&self) -> Result<&DeploymentSecret, StoreError> {
        self.secret.get_or_try_init(|| async { self.records()?.secret().await }).await
    }
}
