//! Tools of different types, behind one face.

use std::{future::Future, marker::PhantomData, pin::Pin, sync::Arc};

use schemars::Schema;
use serde::Serialize;
use serde_json::Value;

use super::{Found, Measurement, Provided, Reconciled, Requirement, Returned, Tool, ToolSpec};
use crate::{
    authorizer::Permission,
    failure::{Report, ToolError, with_sources},
    schema,
};

/// A registered tool.
pub(crate) type Registered = Arc<dyn ErasedTool>;

/// The tools of a [`ToolSet`](super::ToolSet), as they are collected.
#[derive(Default)]
pub struct Tools(Vec<Registered>);

impl Tools {
    /// Adds a tool.
    pub fn add<T: Tool>(&mut self) {
        self.0.push(Arc::new(Erased::<T>(PhantomData)));
    }

    pub(crate) fn specs(&self) -> impl Iterator<Item = &'static ToolSpec> {
        self.0.iter().map(|tool| tool.spec())
    }

    pub(crate) fn into_vec(self) -> Vec<Registered> {
        self.0
    }
}

/// A [`Tool`] whose types are hidden.
pub(crate) trait ErasedTool: Send + Sync {
    fn spec(&self) -> &'static ToolSpec;
    fn requires(&self) -> Vec<Requirement>;
    /// Whether the tool reaches its backend with a credential of the guard's.
    fn borrows_a_credential(&self) -> bool {
        self.requires().iter().any(Requirement::is_credential)
    }
    /// The schema that schemars derives for the arguments.
    fn arguments_schema(&self) -> Schema;
    /// The schema that schemars derives for a successful result.
    fn value_schema(&self) -> Schema;
    /// Makes typed arguments of JSON ones.
    fn decode(&self, arguments: Value) -> Result<Box<dyn Decoded>, DecodeError>;
}

/// Code of the user's, on its way: a body, or a function that authorizes or reconciles.
pub(crate) type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Arguments that did not fit their types: where.
pub(crate) struct DecodeError {
    /// The place.
    pub(crate) place: schema::Place,
    /// What serde says. It may quote the value: for the log only.
    pub(crate) detail: String,
}

/// Typed arguments, ready to run.
pub(crate) trait Decoded: Send {
    fn measure(&self) -> Vec<Measurement>;
    /// Asks whether the caller may do this.
    fn permit<'a>(&'a self, provided: Provided<'a>) -> Running<'a, Permission>;
    fn run(self: Box<Self>, provided: Provided<'_>) -> Running<'_, BodyEnd>;
    /// Asks what became of an earlier attempt.
    fn reconcile(self: Box<Self>, provided: Provided<'_>) -> Running<'_, Found<BodyEnd>>;
}

/// How a body ended, when it ended by itself.
pub(crate) enum BodyEnd {
    /// It acted, and this is its result.
    Value(Value),
    /// It acted, but its result cannot be written as JSON.
    Unserializable {
        /// Why, for the log.
        detail: String,
    },
    /// It returned an error.
    Failed {
        /// What it means.
        report: Report,
        /// The error and its sources, for the log.
        detail: String,
    },
}

struct Erased<T>(PhantomData<fn() -> T>);

impl<T: Tool> ErasedTool for Erased<T> {
    fn spec(&self) -> &'static ToolSpec {
        const { &T::SPEC }
    }

    fn requires(&self) -> Vec<Requirement> {
        T::requires()
    }

    fn arguments_schema(&self) -> Schema {
        schema::of_arguments::<T::Arguments>()
    }

    fn value_schema(&self) -> Schema {
        schema::of_value::<<T::Return as Returned>::Value>()
    }

    fn decode(&self, arguments: Value) -> Result<Box<dyn Decoded>, DecodeError> {
        match serde_path_to_error::deserialize(arguments) {
            Ok(arguments) => Ok(Box::new(Typed::<T>(arguments))),
            Err(error) => Err(DecodeError {
                place: schema::Place::of_path(error.path()),
                detail: error.to_string(),
            }),
        }
    }
}

struct Typed<T: Tool>(T::Arguments);

impl<T: Tool> Decoded for Typed<T> {
    fn measure(&self) -> Vec<Measurement> {
        T::measure(&self.0)
    }

    fn permit<'a>(&'a self, provided: Provided<'a>) -> Running<'a, Permission> {
        Box::pin(T::permit(provided, &self.0))
    }

    fn run(self: Box<Self>, provided: Provided<'_>) -> Running<'_, BodyEnd> {
        Box::pin(async move { end_of(T::run(provided, self.0).await) })
    }

    fn reconcile(self: Box<Self>, provided: Provided<'_>) -> Running<'_, Found<BodyEnd>> {
        Box::pin(async move {
            Ok(match T::reconcile(provided, self.0).await? {
                Reconciled::Landed(value) => Reconciled::Landed(written(&value)),
                Reconciled::NotLanded => Reconciled::NotLanded,
                Reconciled::StillUnknown => Reconciled::StillUnknown,
            })
        })
    }
}

fn end_of<R: Returned>(returned: R) -> BodyEnd {
    match returned.into_result() {
        Ok(value) => written(&value),
        Err(error) => {
            BodyEnd::Failed { report: error.report().presentable(), detail: with_sources(&error) }
        }
    }
}

fn written<V: Serialize>(value: &V) -> BodyEnd {
    match serde_json::to_value(value) {
        Ok(value) => BodyEnd::Value(value),
        Err(error) => BodyEnd::Unserializable { detail: error.to_string() },
    }
}
