//! The way of `#[guarded_tool]` and `#[guarded_tools]`: tokens, attribute and function, model,
//! check, expansion.

#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::{
    attr::Attr,
    check,
    errors::Errors,
    expand, fallback,
    function::{Function, Item},
    model::Tool,
    tool_set::ToolSet,
};

/// `#[guarded_tool(...)]` on a free function.
pub(crate) fn function(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let function = match Item::read(item) {
        Ok(function) => function,
        Err(error) => return beside(item, &error),
    };
    let errors = Errors::new();
    let attr = Attr::parse(attribute, Span::call_site(), &errors);
    let function = Function::new(function, None, &errors);
    let tool = Tool::new(attr, function, &errors);
    check::check(&tool, &errors);
    match errors.finish() {
        Ok(()) => expand::function(&tool),
        Err(error) => beside(&fallback::function(&tool.function, &tool.guard), &error),
    }
}

/// `#[guarded_tools]` on an `impl` block.
pub(crate) fn methods(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let block = match ToolSet::read(item) {
        Ok(block) => block,
        Err(error) => return beside(item, &error),
    };
    let errors = Errors::new();
    let ToolSet { block, guard, tools } = ToolSet::new(attribute, block, &errors);
    for tool in &tools {
        check::check(tool, &errors);
    }
    match errors.finish() {
        Ok(()) => {
            let methods = expand::methods(&block.self_ty, &guard, &tools);
            quote!(#block #methods)
        }
        Err(error) => beside(&fallback::methods(&block, &guard), &error),
    }
}

/// The mistakes, beside what is emitted all the same.
fn beside(emitted: &TokenStream, error: &syn::Error) -> TokenStream {
    let mistakes = error.to_compile_error();
    quote!(#emitted #mistakes)
}
