//! Everything that a server's crate usually names: `use mcp_guard::prelude::*;`

pub use mcp_guard_macros::{ToolError, guarded_tool, guarded_tools};

#[cfg(feature = "credentials")]
pub use crate::credential::{ClientCredentials, TokenExchange};
#[cfg(feature = "redis")]
pub use crate::store::RedisStore;
#[cfg(feature = "sqlite")]
pub use crate::store::SqliteStore;
#[cfg(feature = "postgres")]
pub use crate::store::{PgTransaction, PostgresStore};
#[cfg(feature = "http")]
pub use crate::{
    auth::{Authenticate, StaticTokens},
    serve::Http,
};
pub use crate::{
    caller::Caller,
    credential::{Credential, EnvironmentCredential, FileCredential},
    effect::Effect,
    failure::{MapToolError, ToolError},
    guard::{Guard, GuardBuilder},
    schema::{Level, Lint},
    secret::Secret,
    store::MemoryStore,
    tool::Reconciled,
};
