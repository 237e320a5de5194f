//! The rules that a guarded function keeps. Each is a function with its reason above it.

mod arguments;
mod effect;
mod named;
mod provided;
mod signature;
mod transaction;

use syn::Error;

use crate::{errors::Errors, model::Tool};

/// Notes every rule that the tool breaks.
pub(crate) fn check(tool: &Tool, errors: &Errors) {
    signature::check(tool, errors);
    arguments::check(tool, errors);
    provided::check(tool, errors);
    effect::check(tool, errors);
    named::check(tool, errors);
    transaction::check(tool, errors);
    tool_name(tool, errors);
    description(tool, errors);
    destructive(tool, errors);
    redacted_once(tool, errors);
    unconditional(tool, errors);
}

/// MCP clients accept these names only (SEP-986).
fn tool_name(tool: &Tool, errors: &Errors) {
    let (name, span) = &tool.name;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !(1..=128).contains(&name.len()) || !name.chars().all(allowed) {
        errors.push(Error::new(
            *span,
            "a tool's name is 1 to 128 ASCII letters, digits, `_`, `-` and `.`: write \
             `name = \"create_refund\"`",
        ));
    }
}

/// The description is what a model chooses the tool by.
fn description(tool: &Tool, errors: &Errors) {
    if tool.function.docs.is_empty() {
        errors.at(
            tool.function.name(),
            "a guarded tool needs a description, by which the model chooses it: write a doc \
             comment above the function, such as `/// Issue a refund for a paid order.`",
        );
    }
}

/// What changes nothing destroys nothing.
fn destructive(tool: &Tool, errors: &Errors) {
    if let (true, Some((key, _))) = (tool.is_read_only(), &tool.destructive) {
        errors.at(
            key,
            "a `read_only` tool is never destructive: remove `destructive`, or write `idempotent` \
             if the tool changes something",
        );
    }
}

/// Two scopes for one member would leave open which of them shows it.
fn redacted_once(tool: &Tool, errors: &Errors) {
    let members: Vec<_> = tool.redactions.iter().flat_map(|redact| &redact.members).collect();
    for (index, member) in members.iter().enumerate() {
        if members[..index].iter().any(|earlier| earlier.path == member.path) {
            errors.at(member, "this member is redacted twice: keep the scope that shows it");
        }
    }
}

/// One function is one tool with one schema.
fn unconditional(tool: &Tool, errors: &Errors) {
    for attribute in tool.function.parameters.iter().filter_map(|it| it.conditional.as_ref()) {
        errors.at(
            attribute,
            "a parameter of a guarded tool cannot depend on `cfg`: write two functions, each with \
             its `#[cfg(...)]`",
        );
    }
}
