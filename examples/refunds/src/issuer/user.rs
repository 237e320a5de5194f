//! The one person whom the issuer knows.

use std::collections::BTreeSet;

use mcp_guard::{ConfigError, prelude::*};

use crate::settings;

/// Asks for a refresh token (OpenID Connect Core §11). Anybody may have one.
pub(super) const OFFLINE: &str = "offline_access";

/// Who they are, and the most that they may do.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(super) subject: String,
    pub(super) tenant: Option<String>,
    pub(super) scopes: BTreeSet<String>,
}

impl User {
    /// Whom the operator names, as for a server on stdio; else somebody who may do everything.
    ///
    /// # Errors
    /// When what is named does not fit.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        if settings::text("MCP_GUARD_SUBJECT")?.is_none() {
            let scopes = ["orders", "refunds"].map(str::to_owned).into();
            return Ok(Self { subject: "demo-user".into(), tenant: None, scopes });
        }
        let caller = Caller::from_env()?;
        Ok(Self {
            subject: caller.subject().into(),
            tenant: caller.tenant().map(Into::into),
            scopes: caller.scopes().map(Into::into).collect(),
        })
    }

    /// What of the scopes that are asked for is granted.
    pub(super) fn grants(&self, asked: &str) -> BTreeSet<String> {
        let may = |scope: &&str| *scope == OFFLINE || self.scopes.contains(*scope);
        asked.split_ascii_whitespace().filter(may).map(str::to_owned).collect()
    }
}
