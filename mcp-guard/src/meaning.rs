//! What errors of other crates mean: for [`MapToolError::map_tool_error`](crate::MapToolError), or for a
//! [`ToolError`](crate::ToolError) of your own. Each says [`Class::Transient`](crate::Class::Transient)
//! only where nothing can have been done.
//!
//! The types themselves are `ToolError`s, so that `#[tool_error(transparent)]` passes their meaning on.

#[cfg(feature = "reqwest")]
pub use crate::failure::http;
#[cfg(feature = "sqlx")]
pub use crate::failure::sql;
pub use crate::failure::{elapsed, io};
