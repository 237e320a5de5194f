#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod audit;
#[cfg(feature = "http")]
mod auth;
mod caller;
mod clock;
mod effect;
mod error;
mod failure;
mod guard;
mod key;
mod limit;
mod mcp;
pub mod prelude;
mod schema;
mod secret;
mod serve;
pub mod store;
mod tool;
mod wire;

#[cfg(feature = "http")]
pub use auth::{Authenticate, AuthenticateError, AuthenticateFuture, StaticTokens};
pub use caller::{Caller, LOCAL_ISSUER};
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use effect::Effect;
pub use error::{BuildError, ConfigError, Error};
pub use failure::{Category, Class, Failure, Report, ToolError};
pub use guard::{Guard, GuardBuilder, Reply};
pub use mcp_guard_macros::{ToolError, guarded_tool, guarded_tools};
pub use rmcp;
pub use secret::DeploymentSecret;
#[cfg(feature = "http")]
pub use serve::Http;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{MemoryStore, Store, StoreError};
pub use tool::{
    Access, EffectClass, IdempotentSpec, InFlight, LimitSpec, Measure, Measurement, OnUnknown,
    Provided, Requirement, Returned, Tool, ToolSet, ToolSpec, Tools,
};
pub use wire::WireLimits;
