//! Putting a guard together, and telling every mistake at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::sync::{OnceCell, Semaphore};
use tokio_util::task::TaskTracker;

use super::{
    Authorizers, Core, Guard, ServerInfo, Settings, Toolbox,
    background::MOST_WITHDRAWALS,
    check,
    status::{Book, Keyed, OperationStatusTool},
};
#[cfg(feature = "encryption")]
use crate::encryption::PayloadKeys;
#[cfg(feature = "http")]
use crate::{
    auth::Authenticate,
    serve::{Http, admission::Door},
};
use crate::{
    authorizer::Authorizer,
    caller::Caller,
    credential::{CredentialSource, Sources},
    encryption::Vault,
    error::BuildError,
    rate::{Meters, Rates, Slots},
    schema::{Level, Lint},
    scopes::{GrantedScopes, ScopeHierarchy},
    store::{Store, timed::Timed},
    tool::{Lent, Providers, Tool, ToolSet, Tools},
    wire::WireLimits,
};

/// Collects a guard's parts. [`build`](GuardBuilder::build) checks that they fit together.
#[derive(Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct GuardBuilder {
    tools: Tools,
    providers: Providers,
    authorizers: Vec<Arc<dyn Authorizer>>,
    provided_twice: Vec<&'static str>,
    store: Option<Arc<dyn Store>>,
    identity: Option<Caller>,
    credentials: Sources,
    vault: Vault,
    settings: Settings,
    server: ServerInfo,
    #[cfg(feature = "http")]
    http: Option<Http>,
    #[cfg(feature = "http")]
    authenticate: Option<Arc<dyn Authenticate>>,
}

/// What serving over HTTP takes.
#[cfg(feature = "http")]
pub(crate) struct HttpParts {
    pub(crate) http: Http,
    pub(crate) authenticate: Arc<dyn Authenticate>,
    /// What has come in of late.
    pub(crate) door: Arc<Door>,
}

impl GuardBuilder {
    /// Names the server to its clients.
    pub fn name(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.server.name = name.into();
        self.server.version = version.into();
        self
    }

    /// Tells clients how the server is meant to be used.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.server.instructions = Some(instructions.into());
        self
    }

    /// Adds a tool, by its function's name: `.tool::<create_refund>()`.
    pub fn tool<T: Tool>(mut self) -> Self {
        self.tools.add::<T>();
        self
    }

    /// Adds every guarded method of a value's type, and provides the value to them.
    pub fn tools<S: ToolSet>(mut self, tools: S) -> Self {
        S::register(&mut self.tools);
        self.provide(tools)
    }

    /// Provides a value to the tools that borrow one of its type.
    pub fn provide<T: Lent>(mut self, value: T) -> Self {
        if !self.providers.insert(value) {
            self.provided_twice.push(std::any::type_name::<T>());
        }
        self
    }

    /// Asks this as well, on every call, whether its caller may do this. Repeatable: all must
    /// permit.
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.authorizers.push(Arc::new(authorizer));
        self
    }

    /// Keeps claims and outcomes here.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Encrypts what the store keeps of answers and arguments.
    #[cfg(feature = "encryption")]
    pub fn encrypt(mut self, keys: PayloadKeys) -> Self {
        self.vault = Vault::with_keys(keys);
        self
    }

    /// Says who is calling on a transport that does not authenticate: stdio, where the operator
    /// knows. Without it, such calls are denied.
    pub fn identity(mut self, caller: Caller) -> Self {
        self.identity = Some(caller);
        self
    }

    /// Mints the credentials of the tools that borrow `&Credential`: for each tool's own scopes, when
    /// a call has passed every gate.
    pub fn credentials(mut self, source: impl CredentialSource) -> Self {
        self.credentials.set(source);
        self
    }

    /// Mints the credentials of one tool, in place of [`credentials`](Self::credentials): for a
    /// backend of its own, or for a static token of its own.
    pub fn credentials_for<T: Tool>(mut self, source: impl CredentialSource) -> Self {
        self.credentials.set_for(T::SPEC.name, source);
        self
    }

    /// Serves over Streamable HTTP. Takes an [`authenticate`](Self::authenticate).
    #[cfg(feature = "http")]
    pub fn http(mut self, http: Http) -> Self {
        self.http = Some(http);
        self
    }

    /// Says who is calling over HTTP.
    #[cfg(feature = "http")]
    pub fn authenticate(mut self, authenticate: impl Authenticate) -> Self {
        self.authenticate = Some(Arc::new(authenticate));
        self
    }

    /// How long a tool's body may take, unless its attribute says. Default 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long it may take to find out whether a caller may do this: a tool's `authorize = ...` and
    /// the authorizers together. Default 5 s.
    pub fn authorize_timeout(mut self, timeout: Duration) -> Self {
        self.settings.authorize_timeout = timeout;
        self
    }

    /// How long a claim stands without a heartbeat, unless the attribute says. Default 60 s. When
    /// it runs out, the operation's outcome is unknown.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long an answer can be replayed, unless the attribute says. Default 24 h.
    pub fn retain(mut self, retain: Duration) -> Self {
        self.settings.retain = retain;
        self
    }

    /// How long a key is known to be spent after its answer is gone, unless the attribute says.
    /// Default 30 days.
    pub fn tombstone(mut self, tombstone: Duration) -> Self {
        self.settings.tombstone = tombstone;
        self
    }

    /// How long a call waits for its store. Default 5 s.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.settings.store_timeout = timeout;
        self
    }

    /// How long a call waits for its tool's credential, before its body and beside the body's time.
    /// Default 10 s. Then it is `transient`: nothing was done.
    pub fn credential_timeout(mut self, timeout: Duration) -> Self {
        self.settings.credential_timeout = timeout;
        self
    }

    /// How often unknown outcomes of tools with `on_unknown = reconcile(...)` are looked into while
    /// the guard serves. Default 30 s.
    pub fn reconcile_every(mut self, pause: Duration) -> Self {
        self.settings.reconcile_every = pause;
        self
    }

    /// The largest answer that is kept for replay, in bytes. Default 256 KiB. A larger one reaches
    /// its caller; a replay says `result_unavailable`.
    pub fn max_reply_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_reply_bytes = bytes;
        self
    }

    /// Keeps limits out of schemas and answers.
    pub fn hide_limits(mut self) -> Self {
        self.settings.publish_limits = false;
        self
    }

    /// Lists to a caller only the tools that it may call, and answers for the others as for an
    /// unknown tool. By default an identified caller sees all, so that a client can ask for more
    /// scopes.
    pub fn hide_unauthorized(mut self) -> Self {
        self.settings.hide_unauthorized = true;
        self
    }

    /// Whether each result is held to the schema that its tool publishes. By default it is where
    /// `debug_assertions` are on. A result that does not fit is a defect of the tool, logged as an error
    /// that names places and rules. A tool that changed nothing is answered as
    /// [`Internal`](crate::Category::Internal); of one that acted, the true answer is given and recorded,
    /// marked by [`Reply::fits_its_schema`](crate::Reply::fits_its_schema) and by
    /// `mcp-guard/misfit` in `_meta`, and so is every replay, also of what a reconciling function found.
    pub fn check_results(mut self, check: bool) -> Self {
        self.settings.check_results = check;
        self
    }

    /// Sets what a rule about schemas does: see [`Lint`] for the rules and their levels by default.
    pub fn lint(mut self, lint: Lint, level: Level) -> Self {
        self.settings.lints.set(lint, level);
        self
    }

    /// Leaves out `operation_status`, the tool with which an agent asks what became of its key.
    pub fn without_operation_status(mut self) -> Self {
        self.settings.operation_status = false;
        self
    }

    /// Bounds the size and depth of a message.
    pub fn wire_limits(mut self, limits: WireLimits) -> Self {
        self.settings.wire = limits;
        self
    }

    /// Says which scopes include which. What callers hold is worked out where they are identified.
    pub fn scopes(mut self, scopes: ScopeHierarchy) -> Self {
        self.settings.scopes = scopes;
        self
    }

    /// Says how often callers may call. By default as often as they like.
    pub fn rates(mut self, rates: Rates) -> Self {
        self.settings.rates = rates;
        self
    }

    /// How many calls may be under way in this process. Default 512. One more is answered
    /// `overloaded` (`transient`) at once, before its arguments are read or the store is asked:
    /// nothing was done, no key is claimed. A replay needs a place too, and finds one as soon as a
    /// body ends or has had its time.
    pub fn max_concurrent_calls(mut self, calls: usize) -> Self {
        self.settings.max_concurrent_calls = calls;
        self
    }

    /// How many of them may be one caller's, so that nobody takes all places. Default 128.
    pub fn max_concurrent_calls_per_caller(mut self, calls: usize) -> Self {
        self.settings.max_concurrent_calls_per_caller = calls;
        self
    }

    /// The guard.
    ///
    /// # Errors
    /// Every mistake that can be known now, at once.
    pub fn build(mut self) -> Result<Guard, BuildError> {
        let mut mistakes = Vec::new();
        let store = self.store.take().map(|store| {
            Arc::new(Timed::new(store, self.settings.store_timeout)) as Arc<dyn Store>
        });
        let own_tool = store.as_ref().and_then(|store| self.add_operation_status(store));
        let has_tokens = self.has_tokens();
        let registered = self.tools.into_vec();
        if registered.is_empty() {
            mistakes.push("it has no tool: add `.tool::<…>()`".into());
        }
        for written in self.provided_twice {
            mistakes.push(format!(
                "two values of type `{written}` are provided: tools find values by type, so wrap \
                 one in a type of its own"
            ));
        }
        for tool in &registered {
            check::requirements(tool, &self.providers, &mut mistakes);
            check::effect(tool, &mut mistakes);
            check::store(tool, store.as_deref(), &mut mistakes);
        }
        check::settings(&self.settings, &mut mistakes);
        check::callers(&self.settings, &registered, &mut mistakes);
        let setting = (&self.settings, has_tokens);
        check::credentials(&registered, &self.credentials, setting, &mut mistakes);
        #[cfg(feature = "http")]
        let http = check::http(self.http, self.authenticate, &mut mistakes);
        let earlier = mistakes.len();
        let toolbox = Toolbox::new(registered, &self.settings, &mut mistakes);
        let authorizers = Authorizers::new(self.authorizers, own_tool);
        // Of tools that are wrong themselves, an authorizer would report what follows from that.
        if mistakes.len() == earlier {
            mistakes.extend(authorizers.mistakes(&toolbox));
        }
        let findings = check::schemas(&toolbox, &self.settings, &mut mistakes);
        BuildError::check(mistakes)?;
        let running = TaskTracker::new();
        // Closed, it can be waited for; new calls are still counted.
        running.close();
        Ok(Guard {
            core: Arc::new(Core {
                toolbox,
                findings,
                providers: self.providers,
                authorizers,
                store,
                vault: self.vault,
                secret: OnceCell::new(),
                identity: self.identity.map(Arc::new),
                scopes: GrantedScopes::new(&self.settings.scopes),
                meters: Meters::new(&self.settings.rates),
                slots: Slots::new(
                    self.settings.max_concurrent_calls,
                    self.settings.max_concurrent_calls_per_caller,
                ),
                credentials: self.credentials,
                settings: self.settings,
                server: self.server,
                watched: AtomicBool::new(false),
                running,
                withdrawals: Arc::new(Semaphore::new(MOST_WITHDRAWALS)),
                #[cfg(feature = "http")]
                http,
            }),
        })
    }

    /// Whether callers may have sent tokens: not where the operator names the one there is.
    fn has_tokens(&self) -> bool {
        #[cfg(feature = "http")]
        if self.authenticate.is_some() {
            return true;
        }
        self.identity.is_none()
    }

    /// Adds the guard's own tool, where there are keys to ask about, and says its name.
    fn add_operation_status(&mut self, store: &Arc<dyn Store>) -> Option<&'static str> {
        let tools = self.tools.specs().filter_map(|spec| Some((spec.name, Keyed::of(spec)?)));
        let tools: BTreeMap<_, _> = tools.collect();
        if !self.settings.operation_status || tools.is_empty() {
            return None;
        }
        self.tools.add::<OperationStatusTool>();
        // Nobody else can name the type, so there is no other of it.
        let _first = self.providers.insert(Book { store: Arc::clone(store), tools });
        Some(OperationStatusTool::SPEC.name)
    }
}
