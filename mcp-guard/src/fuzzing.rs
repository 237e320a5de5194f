//! What the fuzz targets reach into, since it has no door of its own.

use serde_json::Value;

use crate::{
    key::{self, Fingerprint},
    wire::{self, WireLimits},
};

/// Whether a message passes the raw checks, with the limits that hold where nothing is set.
#[must_use]
pub fn passes(message: &[u8]) -> bool {
    wire::check(message, WireLimits::default()).is_ok()
}

/// The canonical form that arguments are hashed in.
#[must_use]
pub fn canonical(arguments: &Value) -> String {
    key::canonical(arguments)
}

/// The fingerprint of arguments.
#[must_use]
pub fn fingerprint(arguments: &Value) -> [u8; 32] {
    *Fingerprint::of(arguments).as_bytes()
}
