//! The fuzz targets: each takes any bytes, does with them what the guard does, and panics when the answer
//! is wrong. What is right is told by something that the guard does not share: another reading of the
//! same bytes, another library, or a ledger.
//!
//! With the feature `engine` they are programs of libFuzzer. Without it, `tests/corpus.rs` plays what
//! they have found so far.

/// The macros' own sources, since a procedural macro cannot be called outside of a compiler.
#[path = "../../../mcp-guard-macros/src"]
mod macros {
    pub(crate) mod attr;
    pub(crate) mod check;
    pub(crate) mod docs;
    pub(crate) mod entry;
    pub(crate) mod errors;
    pub(crate) mod expand;
    pub(crate) mod fallback;
    pub(crate) mod function;
    pub(crate) mod guarded;
    pub(crate) mod model;
    pub(crate) mod suggest;
    pub(crate) mod tool_error;
    pub(crate) mod tool_set;
    pub(crate) mod torn;
}

mod fuzz_attribute;
mod fuzz_fingerprint;
mod fuzz_state;
mod fuzz_token;
mod fuzz_wire;
mod lexical;

// They name each other from the root.
pub use fuzz_attribute::attribute;
pub use fuzz_fingerprint::fingerprint;
pub use fuzz_state::state;
pub use fuzz_token::token;
pub use fuzz_wire::wire;
use macros::{
    attr, check, docs, entry, errors, expand, fallback, function, guarded, model, suggest,
    tool_error, tool_set, torn,
};

/// A target: its name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 5] = [
    ("attribute", attribute),
    ("fingerprint", fingerprint),
    ("state", state),
    ("token", token),
    ("wire", wire),
];
