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
    tool_set::{self, ToolSet},
    torn::{self, Readable},
};

/// `#[guarded_tool(...)]` on a free function.
pub(crate) fn function(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    if let Err(error) = Item::is_meant(item) {
        return beside(item, &error);
    }
    let errors = Errors::new();
    let attr = Attr::parse(attribute, Span::call_site(), &errors);
    let Ok(function) = syn::parse2(item.clone()) else {
        let torn = torn::function(item, &attr.guard());
        return errors.finish().map_or_else(|error| beside(&torn, &error), |()| torn.clone());
    };
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
    if let Err(error) = ToolSet::is_meant(item) {
        return beside(item, &error);
    }
    let errors = Errors::new();
    let guard = tool_set::guard(attribute, &errors);
    let Ok(readable) = Readable::of(item.clone()) else {
        return errors.finish().map_or_else(|error| error.to_compile_error(), |()| item.clone());
    };
    let ToolSet { block, guard, tools, is_torn } = ToolSet::new(guard, readable, &errors);
    for tool in &tools {
        check::check(tool, &errors);
    }
    match errors.finish() {
        Ok(()) => {
            let torn = is_torn.then(fallback::torn);
            let methods = expand::methods(&block.self_ty, &guard, &tools, torn.as_ref());
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
