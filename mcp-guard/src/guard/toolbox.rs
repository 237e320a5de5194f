//! The registered tools, each with its schemas.

#[cfg(feature = "http")]
use std::collections::BTreeSet;
use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{Settings, authorize::may_use};
use crate::{
    caller::Caller,
    schema::{
        ArgumentsSchema, Finding, Lints, Misfit, ResultSchema, Shown, findings, hash_of,
        hash_of_text, hold_to_one, refuse_idle,
    },
    tool::{BudgetOf, Decoded, EffectClass, Registered, Requirement, ToolSpec},
};

/// The tools, by name.
pub(crate) struct Toolbox {
    tools: BTreeMap<&'static str, Arc<GuardedTool>>,
    hide_unauthorized: bool,
}

/// A tool with its schemas, compiled once.
pub(crate) struct GuardedTool {
    tool: Registered,
    schema: ArgumentsSchema,
    results: ResultSchema,
}

impl Toolbox {
    /// Compiles the tools' schemas. What cannot be enforced is a mistake.
    pub(super) fn new(
        registered: Vec<Registered>,
        settings: &Settings,
        mistakes: &mut Vec<String>,
    ) -> Self {
        let mut tools = BTreeMap::new();
        for tool in registered {
            let name = tool.spec().name;
            match GuardedTool::new(tool, settings.publish_limits) {
                Ok(tool) => {
                    if tools.insert(name, Arc::new(tool)).is_some() {
                        mistakes.push(format!(
                            "two tools are called `{name}`: give one of them `name = \"…\"`"
                        ));
                    }
                }
                Err(found) => mistakes
                    .extend(found.into_iter().map(|mistake| format!("tool `{name}`: {mistake}"))),
            }
        }
        Self { tools, hide_unauthorized: settings.hide_unauthorized }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<GuardedTool>> {
        self.tools.get(name)
    }

    pub(super) fn hides_unauthorized(&self) -> bool {
        self.hide_unauthorized
    }

    /// Every tool, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = &GuardedTool> {
        self.tools.values().map(|tool| &**tool)
    }

    /// Every scope that a tool asks for. Where tools are hidden, so are these.
    #[cfg(feature = "http")]
    pub(crate) fn scopes(&self) -> BTreeSet<&'static str> {
        self.disclosed().flat_map(|tool| tool.spec().scopes()).collect()
    }

    /// What a client that knows nothing yet is to ask for: the scopes of the tools that change
    /// nothing, or where there are none, of all tools. It asks for more when it needs more.
    #[cfg(feature = "http")]
    pub(crate) fn first_scopes(&self) -> BTreeSet<&'static str> {
        let specs = || self.disclosed().map(GuardedTool::spec);
        let reading = specs().filter(|spec| matches!(spec.effect, EffectClass::ReadOnly));
        let reading: BTreeSet<_> = reading.flat_map(|spec| spec.access.scopes()).copied().collect();
        if reading.is_empty() {
            specs().flat_map(|spec| spec.access.scopes()).copied().collect()
        } else {
            reading
        }
    }

    /// The tools of which strangers may be told something.
    #[cfg(feature = "http")]
    fn disclosed(&self) -> impl Iterator<Item = &GuardedTool> {
        self.all().filter(|_| !self.hide_unauthorized)
    }

    pub(super) fn visible_to(&self, caller: Arc<Caller>) -> impl Iterator<Item = &GuardedTool> {
        let hides = self.hide_unauthorized;
        self.all().filter(move |tool| !hides || may_use(&caller, tool.spec().access))
    }
}

impl GuardedTool {
    fn new(tool: Registered, publish_limits: bool) -> Result<Self, Vec<String>> {
        let spec = tool.spec();
        let arguments = arguments(&tool, publish_limits);
        let results = ResultSchema::new(tool.value_schema(), spec.redactions);
        match (arguments, results) {
            (Ok(schema), Ok(results)) => Ok(Self { tool, schema, results }),
            (arguments, results) => {
                let mistakes = results.err().unwrap_or_default();
                Err(arguments.err().into_iter().chain(mistakes).collect())
            }
        }
    }

    pub(crate) fn spec(&self) -> &'static ToolSpec {
        self.tool.spec()
    }

    /// Whether the tool's function is told who calls.
    pub(super) fn borrows_the_caller(&self) -> bool {
        self.tool.requires().iter().any(Requirement::is_caller)
    }

    pub(super) fn borrows_a_credential(&self) -> bool {
        self.tool.borrows_a_credential()
    }

    pub(crate) fn schema(&self) -> &ArgumentsSchema {
        &self.schema
    }

    /// What its results are held to, and what is published of them.
    pub(crate) fn results(&self) -> &ResultSchema {
        &self.results
    }

    /// What of it breaks a rule about schemas.
    pub(super) fn findings(&self, lints: &Lints) -> Vec<Finding> {
        let (input, output) = (self.schema.published(), self.results.published());
        findings(&Shown { spec: self.spec(), input, output }, lints)
    }

    /// The hash of what the model is told of the tool, beside its schemas.
    pub(crate) fn description_hash(&self) -> String {
        let spec = self.spec();
        hash_of_text(&format!("{}\n{}", spec.title.unwrap_or_default(), spec.description))
    }

    /// The hash of the schema of the tool's own result.
    pub(crate) fn result_hash(&self) -> String {
        hash_of(&self.tool.value_schema().to_value())
    }

    pub(super) fn decode(&self, arguments: Value) -> Result<Box<dyn Decoded>, Misfit> {
        self.tool.decode(arguments).map_err(|error| {
            tracing::debug!(detail = error.detail, "arguments fit the schema but not their types");
            self.schema.mistyped(&error.place)
        })
    }
}

/// The schema of the arguments, if what the tool says of them can be enforced.
fn arguments(tool: &Registered, publish_limits: bool) -> Result<ArgumentsSchema, String> {
    let spec = tool.spec();
    let needs_key = matches!(spec.effect, EffectClass::Idempotent(_));
    let derived = tool.arguments_schema();
    refuse_idle(derived.as_value(), spec.restrictions)?;
    let derived = hold_to_one(derived, &telling_apart(spec))?;
    let schema = ArgumentsSchema::new(derived, needs_key, spec.limits, publish_limits)?;
    for name in named_arguments(spec) {
        if !schema.requires(name) {
            return Err(format!(
                "`{name}` is a part of the tool's business key or of a budget, and can be left \
                 out: give it a type that is always there"
            ));
        }
    }
    amounts_are_sent(spec, &schema)?;
    schema.refuse_dropping(&|document| tool.decode(document).is_ok())?;
    Ok(schema)
}

/// What has a least value is an amount, which nothing limits where it is `null` or left out. The macro
/// refuses what is spelled `Option`.
fn amounts_are_sent(spec: &ToolSpec, schema: &ArgumentsSchema) -> Result<(), String> {
    let amounts = spec.limits.iter().filter(|limit| limit.min.is_some());
    match amounts.map(|limit| limit.parameter).find(|name| schema.takes_null(name)) {
        None => Ok(()),
        Some(name) => Err(format!(
            "`{name}` is the amount of `max_amount`, and may be `null`, which nothing limits: give it a \
             type that is always there, with `#[serde(default = \"...\")]` if it can be left out"
        )),
    }
}

/// The arguments that a business key or a budget is made of.
fn named_arguments(spec: &ToolSpec) -> Vec<&'static str> {
    let mut names = telling_apart(spec);
    names.extend(spec.budgets.iter().filter_map(|budget| budget.parameter));
    names
}

/// The arguments by whose values operations, or budgets, are told apart.
fn telling_apart(spec: &ToolSpec) -> Vec<&'static str> {
    let mut names = Vec::new();
    if let EffectClass::Idempotent(idempotent) = spec.effect {
        names.extend(idempotent.business_key);
    }
    for budget in spec.budgets {
        if let BudgetOf::Parameter(name) = budget.of {
            names.push(name);
        }
    }
    names
}
