//! The idempotency key that a call carries, the operation that it names, and the fingerprint of
//! what was asked.

mod fingerprint;

use std::{fmt, str::FromStr};

pub use fingerprint::Fingerprint;
pub(crate) use fingerprint::canonical;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    caller::Caller,
    error::ConfigError,
    tool::{BudgetOf, BudgetSpec},
};

/// The argument that carries the key.
pub(crate) const KEY_ARGUMENT: &str = "idempotency_key";
/// What a key must match. The same is published in the schema.
pub(crate) const KEY_PATTERN: &str = "^[A-Za-z0-9_.:-]{8,128}$";
/// What the model is told about the key.
pub(crate) const KEY_DESCRIPTION: &str = "Names this one operation, so that repeating the call \
    cannot do it twice. Make a new key (such as a UUID) for each operation that the user asks \
    for, and send exactly the same key and arguments whenever this call is repeated, for example \
    after a timeout or an error. Never make a new key for a retry.";

/// A client's idempotency key, well formed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// The key, if it matches [`KEY_PATTERN`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = (8..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b));
        fits.then(|| Self(text.to_owned()))
    }
}

/// Declares an identifier that stands for what it hashes, so that none of it is in a dump.
macro_rules! identifier {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The bytes, for a store.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// One that a store kept.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        /// In hexadecimal.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    };
}

identifier! {
    /// One operation: a key of one caller for one tool. Stores know an operation by this alone, so
    /// that no key and no principal stands in a dump. SHA-256 over (tenant, issuer, subject, tool,
    /// key). It depends on no secret: rotating one must not make the keys of yesterday unknown.
    OperationId
}
identifier! {
    /// A caller: SHA-256 over (tenant, issuer, subject).
    PrincipalId
}
identifier! {
    /// What an operation is about, whatever key the client made up: SHA-256 over (tenant, tool, the
    /// arguments that `idempotent(key = [...])` names).
    BusinessKey
}
identifier! {
    /// A budget, and whose: SHA-256 over (tool, what is counted, window, whose).
    MeterId
}

/// From the hexadecimal form.
impl FromStr for OperationId {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let mistake = || ConfigError::new("an operation is named by 64 hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(mistake());
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            let digits = &text[2 * place..2 * place + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| mistake())?;
        }
        Ok(Self(bytes))
    }
}

impl OperationId {
    pub(crate) fn of(caller: &Caller, tool: &str, key: &Key) -> Self {
        let parts = [caller.issuer(), caller.subject(), tool, &key.0];
        Self(in_tenant(b"mcp-guard operation v1\0", caller, &parts))
    }
}

impl PrincipalId {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self(in_tenant(b"mcp-guard principal v1\0", caller, &[caller.issuer(), caller.subject()]))
    }
}

impl BusinessKey {
    /// The key that these of the arguments make; `None` where one is missing.
    pub(crate) fn of(
        caller: &Caller,
        tool: &str,
        names: &[&str],
        arguments: &Value,
    ) -> Option<Self> {
        let about = names
            .iter()
            .map(|name| Some(((*name).to_owned(), arguments.get(name)?.clone())))
            .collect::<Option<serde_json::Map<_, _>>>()?;
        let about = canonical(&Value::Object(about));
        Some(Self(in_tenant(b"mcp-guard business key v1\0", caller, &[tool, &about])))
    }
}

impl MeterId {
    /// The meter of one of a tool's budgets. `None` where the argument whose calls are counted
    /// together is missing.
    pub(crate) fn of(
        caller: &Caller,
        tool: &str,
        budget: &BudgetSpec,
        arguments: &Value,
    ) -> Option<Self> {
        let counted = budget.parameter.map_or("calls".into(), |name| format!("total {name}"));
        let per = budget.per.as_millis().to_string();
        let meter = |of: &str, whose: &[&str]| {
            let parts = [&[tool, &counted, &per, of], whose].concat();
            in_tenant(b"mcp-guard meter v1\0", caller, &parts)
        };
        Some(Self(match budget.of {
            BudgetOf::Caller => meter("caller", &[caller.issuer(), caller.subject()]),
            BudgetOf::Tenant => meter("tenant", &[]),
            BudgetOf::Parameter(name) => {
                meter("parameter", &[name, &canonical(arguments.get(name)?)])
            }
            BudgetOf::Tool => {
                digest(b"mcp-guard meter of a tool v1\0", None, &[tool, &counted, &per])
            }
        }))
    }
}

/// All that is known of a caller but their token: SHA-256 over (tenant, issuer, subject, client, scopes,
/// claims).
pub(crate) fn standing(caller: &Caller) -> [u8; 32] {
    let more = json!({
        "client": caller.client(),
        "scopes": caller.scopes().collect::<Vec<_>>(),
        "claims": caller.claims(),
    });
    let parts = [caller.issuer(), caller.subject(), &canonical(&more)];
    in_tenant(b"mcp-guard standing v1\0", caller, &parts)
}

fn in_tenant(domain: &[u8], caller: &Caller, parts: &[&str]) -> [u8; 32] {
    digest(domain, caller.tenant(), parts)
}

/// SHA-256 over the tenant and these parts, each with its length in front of it, so that no two
/// tuples give the same bytes.
fn digest(domain: &[u8], tenant: Option<&str>, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(domain);
    match tenant {
        None => hash.update([0]),
        Some(tenant) => {
            hash.update([1]);
            absorb(&mut hash, tenant);
        }
    }
    for part in parts {
        absorb(&mut hash, part);
    }
    hash.finalize().into()
}

fn absorb(hash: &mut Sha256, part: &str) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).expect("well formed")
    }

    #[test]
    fn keys_are_bounded_and_plain() {
        assert!(Key::parse("refund-ord_8821:1.0").is_some());
        assert!(Key::parse(&"k".repeat(128)).is_some());
        for bad in
            ["", "short", &"k".repeat(129), "has space", "newline1\n", "nul\0nul\0", "ключключ"]
        {
            assert!(Key::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let one = OperationId::of(&Caller::new("a", "bc"), "tool", &key("12345678"));
        let two = OperationId::of(&Caller::new("ab", "c"), "tool", &key("12345678"));
        assert_ne!(one, two);
    }

    #[test]
    fn every_part_counts() {
        let caller = Caller::new("issuer", "subject").with_tenant("acme");
        let base = OperationId::of(&caller, "refund", &key("12345678"));
        let others = [
            OperationId::of(&Caller::new("issuer", "subject"), "refund", &key("12345678")),
            OperationId::of(&caller.clone().with_tenant(""), "refund", &key("12345678")),
            OperationId::of(
                &Caller::new("issuer", "other").with_tenant("acme"),
                "refund",
                &key("12345678"),
            ),
            OperationId::of(
                &Caller::new("other", "subject").with_tenant("acme"),
                "refund",
                &key("12345678"),
            ),
            OperationId::of(&caller, "refunds", &key("12345678")),
            OperationId::of(&caller, "refund", &key("12345679")),
        ];
        assert!(others.iter().all(|other| *other != base));
        let more_scopes = caller.with_scopes(["new"]).with_client("other");
        assert_eq!(OperationId::of(&more_scopes, "refund", &key("12345678")), base);
    }
}
