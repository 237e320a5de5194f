//! Putting a guard together, and telling every mistake at once.

use std::{any::Any, sync::Arc, time::Duration};

use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

use super::{Core, Guard, Toolbox};
#[cfg(feature = "http")]
use crate::{auth::Authenticate, serve::Http};
use crate::{
    caller::Caller,
    error::BuildError,
    store::Store,
    tool::{EffectClass, Providers, Registered, Tool, ToolSet, Tools},
    wire::WireLimits,
};

/// Collects a guard's parts. [`build`](GuardBuilder::build) checks that they fit together.
#[derive(Default)]
#[must_use = "a builder does nothing until `build()`"]
pub struct GuardBuilder {
    tools: Tools,
    providers: Providers,
    provided_twice: Vec<&'static str>,
    store: Option<Arc<dyn Store>>,
    identity: Option<Caller>,
    settings: Settings,
    server: ServerInfo,
    #[cfg(feature = "http")]
    http: Option<Http>,
    #[cfg(feature = "http")]
    authenticate: Option<Arc<dyn Authenticate>>,
}

/// What the operator may set.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) lease: Duration,
    pub(crate) retain: Duration,
    pub(crate) tombstone: Duration,
    pub(crate) max_reply_bytes: usize,
    pub(crate) publish_limits: bool,
    pub(crate) hide_unauthorized: bool,
    pub(crate) wire: WireLimits,
}

impl Default for Settings {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            timeout: Duration::from_secs(30),
            lease: Duration::from_secs(60),
            retain: DAY,
            tombstone: DAY * 30,
            max_reply_bytes: 256 * 1024,
            publish_limits: true,
            hide_unauthorized: false,
            wire: WireLimits::default(),
        }
    }
}

/// How the server introduces itself.
#[derive(Debug, Clone)]
pub(crate) struct ServerInfo {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
}

impl Default for ServerInfo {
    fn default() -> Self {
        Self {
            name: "mcp-guard".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            instructions: None,
        }
    }
}

/// What serving over HTTP takes.
#[cfg(feature = "http")]
pub(crate) struct HttpParts {
    pub(crate) http: Http,
    pub(crate) authenticate: Arc<dyn Authenticate>,
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
    pub fn provide<T: Any + Send + Sync>(mut self, value: T) -> Self {
        if !self.providers.insert(value) {
            self.provided_twice.push(std::any::type_name::<T>());
        }
        self
    }

    /// Keeps claims and outcomes here.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Says who is calling on a transport that does not authenticate: stdio, where the operator
    /// knows. Without it, such calls are denied.
    pub fn identity(mut self, caller: Caller) -> Self {
        self.identity = Some(caller);
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

    /// Bounds the size and depth of a message.
    pub fn wire_limits(mut self, limits: WireLimits) -> Self {
        self.settings.wire = limits;
        self
    }

    /// The guard.
    ///
    /// # Errors
    /// Every mistake that can be known now, at once.
    pub fn build(self) -> Result<Guard, BuildError> {
        let mut mistakes = Vec::new();
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
            check_requirements(tool, &self.providers, &mut mistakes);
            check_store(tool, self.store.is_some(), &mut mistakes);
        }
        check_settings(&self.settings, &mut mistakes);
        #[cfg(feature = "http")]
        let http = check_http(self.http, self.authenticate, &mut mistakes);
        let toolbox = Toolbox::new(registered, &self.settings, &mut mistakes);
        BuildError::check(mistakes)?;
        let running = TaskTracker::new();
        // Closed, it can be waited for; new calls are still counted.
        running.close();
        Ok(Guard {
            core: Arc::new(Core {
                toolbox,
                providers: self.providers,
                store: self.store,
                secret: OnceCell::new(),
                identity: self.identity.map(Arc::new),
                settings: self.settings,
                server: self.server,
                running,
                #[cfg(feature = "http")]
                http,
            }),
        })
    }
}

fn check_requirements(tool: &Registered, providers: &Providers, mistakes: &mut Vec<String>) {
    let spec = tool.spec();
    for requirement in tool.requires() {
        let written = requirement.written();
        if !providers.has(&requirement) {
            mistakes.push(format!(
                "tool `{}` borrows `&{written}`, which nobody provides: add `.provide(…)` with a \
                 value of type `{written}`",
                spec.name
            ));
        }
        if requirement.is_effect() && matches!(spec.effect, EffectClass::ReadOnly) {
            mistakes.push(format!(
                "tool `{}` is `read_only` and borrows `&{written}`: a tool without an effect has \
                 none; remove the parameter, or write `idempotent`",
                spec.name
            ));
        }
    }
}

fn check_store(tool: &Registered, has_store: bool, mistakes: &mut Vec<String>) {
    let spec = tool.spec();
    if matches!(spec.effect, EffectClass::Idempotent(_)) && !has_store {
        mistakes.push(format!(
            "tool `{}` is `idempotent` and needs a store: add \
             `.store(SqliteStore::open(\"guard.db\").await?)`",
            spec.name
        ));
    }
}

/// The longest duration that an attribute takes. Beyond it, adding one to the current time could
/// overflow.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

fn check_settings(settings: &Settings, mistakes: &mut Vec<String>) {
    let durations = [
        ("timeout", settings.timeout),
        ("lease", settings.lease),
        ("retain", settings.retain),
        ("tombstone", settings.tombstone),
    ];
    for (name, duration) in durations {
        if duration.is_zero() && name != "tombstone" {
            mistakes.push(format!("`.{name}(…)` is zero"));
        }
        if duration > LONGEST {
            mistakes.push(format!("`.{name}(…)` is longer than 100 years"));
        }
    }
    if !(1..=100).contains(&settings.wire.max_depth) {
        mistakes.push("`max_depth` of `.wire_limits(…)` must be 1 to 100".into());
    }
}

#[cfg(feature = "http")]
fn check_http(
    http: Option<Http>,
    authenticate: Option<Arc<dyn Authenticate>>,
    mistakes: &mut Vec<String>,
) -> Option<HttpParts> {
    if let Some(http) = &http
        && !http.has_plain_path()
    {
        mistakes.push(
            "the path of `.http(…)` must begin with `/` and have no `{` or `}`, such as `/mcp`"
                .into(),
        );
    }
    match (http, authenticate) {
        (Some(http), Some(authenticate)) => Some(HttpParts { http, authenticate }),
        (Some(_), None) => {
            mistakes.push(
                "it is served over HTTP and does not know who calls: add `.authenticate(…)`, for \
                 example with `StaticTokens`"
                    .into(),
            );
            None
        }
        (None, Some(_)) => {
            mistakes.push(
                "`.authenticate(…)` is for HTTP: add `.http(Http::bind(\"127.0.0.1:8787\"))`, or \
                 `.identity(…)` for stdio"
                    .into(),
            );
            None
        }
        (None, None) => None,
    }
}
