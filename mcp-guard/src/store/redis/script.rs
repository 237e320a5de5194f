//! The scripts.

use std::sync::OnceLock;

/// A script, known to the server by its hash once it has been sent in full.
pub(super) struct Script {
    source: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    const fn new(source: &'static str) -> Self {
        Self { source, hash: OnceLock::new() }
    }

    pub(super) fn source(&self) -> &'static str {
        self.source
    }

    pub(super) fn hash(&self) -> &str {
        self.hash.get_or_init(|| redis::Script::new(self.source).get_hash().to_owned())
    }
}

/// Joins files into one script: what an operation does stands behind the rules that it needs.
macro_rules! scripts {
    ($($name:ident = $($file:literal),+;)+) => {
        $(pub(super) static $name: Script =
            Script::new(concat!($(include_str!(concat!("lua/", $file)), "\n"),+));)+
    };
}

scripts! {
    OPEN = "open.lua";
    CLAIM = "record.lua", "kept.lua", "standing.lua", "claim.lua";
    RECALL = "record.lua", "standing.lua", "recall.lua";
    RENEW = "record.lua", "kept.lua", "renew.lua";
    DISPATCH = "record.lua", "kept.lua", "dispatch.lua";
    SETTLE = "record.lua", "kept.lua", "ending.lua", "settle.lua";
    RESOLVE = "record.lua", "kept.lua", "ending.lua", "resolve.lua";
    INSPECT = "record.lua", "inspect.lua";
    UNRESOLVED = "record.lua", "kept.lua", "unresolved.lua";
    SWEEP = "record.lua", "kept.lua", "sweep.lua";
    SECRET = "record.lua", "secret.lua";
}
