#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "__fuzzing")]
#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzzing;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "adversary")]
pub mod adversary;
mod audit;
#[cfg(feature = "http")]
mod auth;
mod authorizer;
mod budget;
mod caller;
mod clock;
mod credential;
#[cfg(test)]
mod docs_tests;
mod effect;
mod encryption;
mod error;
mod failure;
#[cfg(any(feature = "jwt", feature = "credentials"))]
mod fetch;
mod guard;
mod key;
mod limit;
mod manifest;
mod mcp;
pub mod meaning;
pub mod prelude;
mod rate;
mod schema;
mod scopes;
mod secret;
mod serve;
#[cfg(any(test, feature = "conformance", feature = "adversary"))]
mod split_mix;
pub mod store;
mod tool;
mod wire;

#[cfg(feature = "http")]
pub use auth::{
    Authenticate, AuthenticateError, AuthenticateFuture, ProtectedResource, StaticTokens,
};
#[cfg(feature = "jwt")]
pub use auth::{Issuer, ResourceServer, SigningAlgorithm};
#[cfg(feature = "cedar")]
pub use authorizer::cedar::{CedarAuthorizer, CedarEntities, CedarEntitiesFuture, PolicyError};
pub use authorizer::{
    AccessRequest, AuthorizeError, AuthorizeFuture, Authorizer, Decision, Permission,
    ToolDescription,
};
pub use caller::{Caller, LOCAL_ISSUER};
#[cfg(feature = "cedar")]
pub use cedar_policy;
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use credential::{
    ActsFor, Credential, CredentialError, CredentialRequest, CredentialSource,
    EnvironmentCredential, FileCredential, MintFuture,
};
#[cfg(feature = "credentials")]
pub use credential::{ClientCredentials, TokenExchange};
pub use effect::{Effect, NotDispatched};
#[cfg(feature = "encryption")]
pub use encryption::PayloadKeys;
pub use error::{BuildError, ConfigError, Error};
pub use failure::{Category, Class, Failure, MapToolError, Report, Reported, ToolError};
#[cfg(feature = "reqwest")]
pub use failure::{CheckStatus, HttpError};
pub use guard::{
    Call, Guard, GuardBuilder, KeptArguments, NoSuchTool, Operation, OperationStatus, Operations,
    Reply, Resolution, ResolveError, Unresolved,
};
pub use key::OperationId;
pub use manifest::{Loosening, Manifest};
pub use mcp_guard_macros::{ToolError, guarded_tool, guarded_tools};
pub use rate::{Quota, Rates};
#[cfg(feature = "credentials")]
pub use reqwest;
pub use rmcp;
#[cfg(feature = "sqlite")]
pub use rusqlite;
pub use schema::{Finding, Level, Lint};
pub use scopes::ScopeHierarchy;
pub use secret::{DeploymentSecret, Secret};
#[cfg(feature = "http")]
pub use serve::{Http, Proxies};
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{MemoryStore, Store, StoreError};
#[cfg(feature = "postgres")]
pub use store::{PgTransaction, PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use store::{SqliteStore, SqliteTransaction};
#[cfg(feature = "postgres")]
pub use tokio_postgres;
pub use tool::{
    Access, Answer, BudgetOf, BudgetSpec, EffectClass, Found, IdempotentSpec, InFlight,
    IntoPermission, IntoReconciled, Lent, LimitSpec, Measure, Measurement, OnUnknown, Provided,
    Reconciled, RedactSpec, Requirement, RestrictionSpec, Returned, Tool, ToolSet, ToolSpec, Tools,
};
pub use wire::WireLimits;
