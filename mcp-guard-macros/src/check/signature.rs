//! Rules about the function as a whole.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{FnArg, GenericParam, Receiver, ReceiverKind, ReturnType, Safety};

use crate::{
    errors::Errors,
    function::{Function, types::Obstacle},
    model::Tool,
};

pub(super) fn check(tool: &Tool, errors: &Errors) {
    asynchronous(tool, errors);
    plain(tool, errors);
    not_generic(tool, errors);
    receiver(tool, errors);
    named_parameters(tool, errors);
    returns(tool, errors);
}

/// A call has a deadline and a heartbeat, which a body that blocks would starve.
fn asynchronous(tool: &Tool, errors: &Errors) {
    let sig = &tool.function.item.sig;
    if sig.asyncness.is_none() {
        errors.at(sig.fn_token, "a guarded tool is asynchronous: write `async fn`");
    }
}

/// The macro calls the function from safe Rust, with the arguments that a call has.
fn plain(tool: &Tool, errors: &Errors) {
    let sig = &tool.function.item.sig;
    if let Some(constness) = &sig.constness {
        errors.at(constness, "a guarded tool cannot be `const`: write `async fn`");
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.at(
            unsafety,
            "a guarded tool cannot be `unsafe`, because nobody checks its conditions before a \
             model calls it: write `async fn`",
        );
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi, "a guarded tool cannot be `extern`: write `async fn`");
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic, "a guarded tool has a fixed set of arguments: write each of them");
    }
}

/// One tool is one function with one schema.
fn not_generic(tool: &Tool, errors: &Errors) {
    let generics = &tool.function.item.sig.generics;
    for parameter in &generics.params {
        let message = match parameter {
            GenericParam::Lifetime(_) => {
                "a guarded tool has no lifetime parameters: write `&T` without a lifetime for \
                 what the server provides"
            }
            _ => {
                "a guarded tool cannot be generic, because the model calls one function with one \
                  schema: write the type itself"
            }
        };
        errors.at(parameter, message);
    }
    if let (true, Some(clause)) = (generics.params.is_empty(), &generics.where_clause) {
        errors.at(clause.where_token, "a guarded tool cannot have a `where` clause: remove it");
    }
}

/// `self` is provided by the server, which lends it.
fn receiver(tool: &Tool, errors: &Errors) {
    let Some(receiver) = &tool.function.receiver else {
        return;
    };
    if tool.function.owner.is_none() {
        errors.at(
            receiver,
            "a method is guarded through its `impl` block: write `#[guarded_tools]` above the \
             `impl`, and keep `#[guarded_tool(...)]` here",
        );
    } else if let Some(wrong) = not_borrowed(receiver) {
        errors.at(wrong, "a guarded method borrows what the server provides: write `&self`");
    }
}

fn not_borrowed(receiver: &Receiver) -> Option<TokenStream> {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => None,
        ReceiverKind::Reference(_, Some(lifetime), None) => Some(lifetime.to_token_stream()),
        _ => Some(quote!(#receiver)),
    }
}

/// A parameter's name is its argument's.
fn named_parameters(tool: &Tool, errors: &Errors) {
    let Function { item, parameters, .. } = &tool.function;
    let typed = item.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (typed, _) in typed.zip(parameters).filter(|(_, parameter)| parameter.is_pattern) {
        errors.at(
            &typed.pat,
            "a parameter of a guarded tool is a plain name, because it is the argument's name: \
             write `name: Type`, and take it apart in the body",
        );
    }
}

/// The answer leaves the function, so it owns what it says.
fn returns(tool: &Tool, errors: &Errors) {
    let example = "`-> Result<Refund, RefundError>`";
    let sig = &tool.function.item.sig;
    let ReturnType::Type(_, ty) = &sig.output else {
        errors.at(
            &sig.ident,
            format!("a guarded tool returns what it did or why it did not: write {example}"),
        );
        return;
    };
    match Obstacle::find(ty.to_token_stream()) {
        None => {}
        Some(Obstacle::ImplTrait(tokens) | Obstacle::Inferred(tokens)) => {
            errors
                .at(tokens, format!("a guarded tool returns a type with a name: write {example}"));
        }
        Some(Obstacle::Reference(tokens) | Obstacle::Lifetime(tokens)) => errors.at(
            tokens,
            format!(
                "a guarded tool's answer cannot borrow: return owned values, such as {example}"
            ),
        ),
    }
}
