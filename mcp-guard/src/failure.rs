//! Failures: what the model is told ([`Failure`]), and what a tool's own errors mean
//! ([`ToolError`]).

mod report;
mod template;

pub use report::{Class, Report, ToolError};
