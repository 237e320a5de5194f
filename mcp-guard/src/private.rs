//! What generated code names, and nobody else. No promise of stability.

pub use schemars;
pub use serde;

pub use crate::{
    authorizer::Permission,
    caller::Caller,
    failure::{Class, Report, ToolError},
    tool::{
        Access, Anything, BudgetOf, BudgetSpec, Described, EffectClass, Found, IdempotentSpec,
        InFlight, LimitSpec, Measure, Measurement, OnUnknown, Provided, Readable, Reconciled,
        RedactSpec, Requirement, RestrictionSpec, Returned, SchemaOf, Shape, Textual, Tool,
        ToolSet, ToolSpec, Tools, permission, reconciled, structured,
    },
};
