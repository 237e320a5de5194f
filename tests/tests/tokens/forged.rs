//! Tokens whose header, signature or form is not what it should be.

pub(crate) mod algorithms;
pub(crate) mod forms;
pub(crate) mod headers;
pub(crate) mod key_ids;
pub(crate) mod weak;
