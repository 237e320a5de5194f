//! What a schema was when a person reviewed it.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::key::canonical;

/// SHA-256 over the canonical form of a schema, which does not depend on the order of its members or
/// on the features that `serde_json` is built with.
pub(crate) fn hash_of(schema: &Value) -> String {
    hash_of_text(&canonical(schema))
}

/// SHA-256 over a text.
pub(crate) fn hash_of_text(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().fold("sha256:".to_owned(), |mut out, byte| {
        // Writing to a `String` has no error to report.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
