//! Rules about what models are shown. None of them is about safety, which is enforced whatever a schema
//! looks like: they are about schemas that a model misreads or its vendor refuses.

mod description;
mod recursion;
mod result;
mod size;
mod strict;
mod walk;

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::{Map, Value};
use walk::{Place, places};

use crate::tool::{EffectClass, ToolSpec};

/// A rule about tools' schemas, checked when a guard is built. Set what it does with
/// [`GuardBuilder::lint`](crate::GuardBuilder::lint).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Lint {
    /// A tool's name is 1 to 128 ASCII letters, digits, `_`, `-` and `.`, which is what clients accept
    /// (MCP's [SEP-986](https://modelcontextprotocol.io/community/seps/986-specify-format-for-tool-names),
    /// as it stands in the specification's *Tool Names*). By default: deny.
    ToolName,
    /// A result is not text alone, in a newtype or an `Option` either. (A `String` alone does not even
    /// compile.) By default: deny.
    BareText,
    /// A result has parts with names: it is not a number or boolean alone. By default: warn.
    BareResult,
    /// Every argument has a description, and so have the members and variants of its type. By default:
    /// warn.
    MissingDescription,
    /// Text that a tool with an effect takes has a length that is bounded, by `maxLength`, by a pattern,
    /// by a format of bounded length, or by being one of an enumeration. By default: warn.
    UnboundedString,
    /// A list has a highest length, and a map a highest number of members. By default: warn.
    UnboundedArray,
    /// No type contains itself. How deep a message may be is bounded all the same
    /// ([`WireLimits`](crate::WireLimits)). By default: warn.
    RecursiveSchema,
    /// No keyword is used that *every* vendor's strict tool calling leaves out: a host that calls strictly
    /// cannot offer such a tool to any model. By default: warn.
    StrictKeyword,
    /// The arguments keep within the subset of `OpenAI`'s strict function calling: every member is
    /// required, every object is closed, and of the keywords only those under
    /// [*Supported schemas*](https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
    /// By default: allow, because a host chooses whether to call strictly, and few do. Deny it where
    /// yours does.
    OpenAiStrict,
    /// The arguments keep within the subset of Anthropic's strict tool use
    /// ([*JSON Schema limitations*](https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations)):
    /// no bounds of numbers and lengths, no recursion, every object closed. By default: allow. Bounds that
    /// the model is not told are enforced all the same, and it learns of them by being refused: prefer
    /// this rule to be off.
    AnthropicStrict,
    /// The arguments keep within the keywords that Gemini reads in a function's `parametersJsonSchema`
    /// ([`GenerationConfig.responseJsonSchema`](https://ai.google.dev/api/generate-content#generationconfig)
    /// lists them). By default: allow.
    GeminiDeclaration,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Allow,
    /// What breaks it is logged once, as a warning, and stands in
    /// [`Guard::lint_findings`](crate::Guard::lint_findings).
    Warn,
    /// What breaks it is a mistake: the guard is not built.
    Deny,
}

impl Lint {
    /// Every rule.
    pub const ALL: [Self; 11] = [
        Self::ToolName,
        Self::BareText,
        Self::BareResult,
        Self::MissingDescription,
        Self::UnboundedString,
        Self::UnboundedArray,
        Self::RecursiveSchema,
        Self::StrictKeyword,
        Self::OpenAiStrict,
        Self::AnthropicStrict,
        Self::GeminiDeclaration,
    ];

    /// Its name in logs: `tool_name`, `bare_text`, and so on.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToolName => "tool_name",
            Self::BareText => "bare_text",
            Self::BareResult => "bare_result",
            Self::MissingDescription => "missing_description",
            Self::UnboundedString => "unbounded_string",
            Self::UnboundedArray => "unbounded_array",
            Self::RecursiveSchema => "recursive_schema",
            Self::StrictKeyword => "strict_keyword",
            Self::OpenAiStrict => "open_ai_strict",
            Self::AnthropicStrict => "anthropic_strict",
            Self::GeminiDeclaration => "gemini_declaration",
        }
    }

    /// What it does unless it is set.
    #[must_use]
    pub fn default_level(self) -> Level {
        match self {
            Self::ToolName | Self::BareText => Level::Deny,
            Self::BareResult
            | Self::MissingDescription
            | Self::UnboundedString
            | Self::UnboundedArray
            | Self::RecursiveSchema
            | Self::StrictKeyword => Level::Warn,
            Self::OpenAiStrict | Self::AnthropicStrict | Self::GeminiDeclaration => Level::Allow,
        }
    }
}

/// What breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    lint: Lint,
    tool: &'static str,
    pointer: String,
    advice: String,
}

impl Finding {
    /// The rule.
    #[must_use]
    pub fn lint(&self) -> Lint {
        self.lint
    }

    /// The tool's name.
    #[must_use]
    pub fn tool(&self) -> &'static str {
        self.tool
    }

    /// The place, as a JSON pointer (RFC 6901) into the tool as `tools/list` shows it, such as
    /// `/inputSchema/properties/order_id`.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong, and what to write.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lint, tool, pointer, advice } = self;
        write!(f, "tool `{tool}`, {pointer}: {advice} ({})", lint.as_str())
    }
}

/// What each rule does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lints(BTreeMap<Lint, Level>);

impl Lints {
    pub(crate) fn set(&mut self, lint: Lint, level: Level) {
        self.0.insert(lint, level);
    }

    pub(crate) fn level(&self, lint: Lint) -> Level {
        self.0.get(&lint).copied().unwrap_or_else(|| lint.default_level())
    }
}

/// A tool as it is shown.
pub(crate) struct Shown<'a> {
    pub(crate) spec: &'static ToolSpec,
    pub(crate) input: &'a Arc<Map<String, Value>>,
    pub(crate) output: &'a Arc<Map<String, Value>>,
}

/// What breaks a rule that is not allowed to be broken.
pub(crate) fn findings(shown: &Shown<'_>, lints: &Lints) -> Vec<Finding> {
    let has_effect = matches!(shown.spec.effect, EffectClass::Idempotent(_));
    let places = places(shown.input, "/inputSchema", has_effect);
    let mut found = Found { tool: shown.spec.name, lints, findings: Vec::new() };
    tool_name(&mut found);
    result::bare(shown.output, &mut found);
    description::missing(shown.input, &places, &mut found);
    if has_effect {
        size::strings(&places, &mut found);
    }
    size::arrays(&places, &mut found);
    recursion::find(shown.input, &mut found);
    strict::keywords(&places, &mut found);
    found.findings
}

/// What has been found.
struct Found<'a> {
    tool: &'static str,
    lints: &'a Lints,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, lint: Lint, pointer: impl Into<String>, advice: impl Into<String>) {
        if self.lints.level(lint) != Level::Allow {
            let (pointer, advice) = (pointer.into(), advice.into());
            self.findings.push(Finding { lint, tool: self.tool, pointer, advice });
        }
    }
}

/// Whether values of this type fit, as the schema says it by itself.
fn says_type(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => false,
    }
}

fn tool_name(found: &mut Found<'_>) {
    let name = found.tool;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if !(1..=128).contains(&name.len()) || !name.bytes().all(allowed) {
        found.add(
            Lint::ToolName,
            "/name",
            "clients accept 1 to 128 ASCII letters, digits, `_`, `-` and `.`: write \
             `name = \"create_refund\"`",
        );
    }
}

#[cfg(test)]
mod tests;
