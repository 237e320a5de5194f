//! What a guarded function becomes: itself, and beside it data and one call.
//!
//! Nothing here can fail. Everything is spelled in full, because the function's module may have
//! shadowed any name; local names are the macro's own, because a parameter may have any name.

mod arguments;
mod call;
pub(crate) mod spec;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Type, ext::IdentExt, spanned::Spanned};

use self::arguments::Arguments;
use crate::{
    function::{Function, Parameter, types},
    model::Tool,
};

/// A free function, its marker type, and what the guard calls.
pub(crate) fn function(tool: &Tool) -> TokenStream {
    let Tool { guard, function, .. } = tool;
    let item = &function.item;
    let marker = marker(function);
    let conditions = conditions(function);
    let allowed = &function.allowed;
    let tool = tool_impl(tool, function.name());
    quote! {
        #item
        #marker
        #conditions
        #(#allowed)*
        const _: () = {
            use #guard::__private as __mcp_guard;
            #tool
        };
    }
}

/// The methods' implementations of `Tool`, and that of `ToolSet` which registers them, unless some are
/// missing.
pub(crate) fn methods(
    owner: &Type,
    guard: &TokenStream,
    tools: &[Tool],
    missing: Option<&TokenStream>,
) -> TokenStream {
    let methods = tools.iter().map(|tool| {
        let marker = method_marker(&tool.function);
        let conditions = conditions(&tool.function);
        let allowed = &tool.function.allowed;
        let tool = tool_impl(tool, &marker);
        quote! {
            #conditions
            #[allow(non_camel_case_types)]
            enum #marker {}
            #conditions
            #(#allowed)*
            const _: () = { #tool };
        }
    });
    let registered = tools.iter().map(|tool| {
        let marker = method_marker(&tool.function);
        let conditions = conditions(&tool.function);
        quote!(#conditions __mcp_guard::Tools::add::<#marker>(tools);)
    });
    quote! {
        const _: () = {
            use #guard::__private as __mcp_guard;
            #(#methods)*
            #[automatically_derived]
            impl __mcp_guard::ToolSet for #owner {
                // Unused where `cfg` leaves no method.
                #[allow(unused_variables)]
                fn register(tools: &mut __mcp_guard::Tools) { #missing #(#registered)* }
            }
        };
    }
}

/// The type that stands for a free function: `.tool::<create_refund>()`.
pub(crate) fn marker(function: &Function) -> TokenStream {
    let vis = &function.item.vis;
    let name = function.name();
    let docs = format!(" The tool [`{name}()`], as a guard takes it: `.tool::<{name}>()`.");
    let conditions = conditions(function);
    quote! {
        #conditions
        #[doc = #docs]
        #[allow(non_camel_case_types)]
        #vis enum #name {}
    }
}

/// The type that stands for a method. Nobody names it, and it must not shadow a type that the
/// method's arguments name.
fn method_marker(function: &Function) -> Ident {
    format_ident!("__tool_{}", function.name().unraw())
}

/// What must stand on everything that is emitted beside the function.
pub(crate) fn conditions(function: &Function) -> TokenStream {
    function.conditions().map(Attribute::to_token_stream).collect()
}

/// The arguments' type and the implementation of `Tool`.
fn tool_impl(tool: &Tool, marker: &Ident) -> TokenStream {
    let Arguments { items: arguments, ty: arguments_type } = Arguments::of(tool);
    let spec = spec::spec(tool);
    let returns = &tool.function.returns;
    let structured = structured(returns);
    let requires = requires(&tool.function);
    let measure = measure(tool);
    let run = call::run(&tool.function);
    let permit = call::permit(tool);
    let reconcile = call::reconcile(tool);
    quote! {
        #arguments
        #structured

        #[automatically_derived]
        impl __mcp_guard::Tool for #marker {
            const SPEC: __mcp_guard::ToolSpec = #spec;
            type Arguments = #arguments_type;
            type Return = #returns;
            #requires
            #measure
            #permit
            #run
            #reconcile
        }
    }
}

/// Asks of the return type whether it is more than bare text, and has the compiler say so there.
fn structured(returns: &Type) -> TokenStream {
    let span = Span::call_site().located_at(returns.span());
    let asked = quote_spanned! {span=>
        __mcp_guard::structured(&(&__mcp_guard::Shape::<#returns>::new()).shape());
    };
    quote! {
        const _: fn() = || {
            #[allow(unused_imports)]
            use __mcp_guard::{Anything as _, Textual as _};
            #asked
        };
    }
}

/// What the server must provide: the type whose method it is, and each borrowed parameter.
fn requires(function: &Function) -> TokenStream {
    let owner = function.lender().map(|owner| {
        let name = types::spelled(owner);
        quote!(of::<#owner>(#name))
    });
    let provided = function.provided().map(|parameter| {
        let ty = &parameter.ty;
        let name = types::spelled(ty);
        if parameter.written().is_some() {
            quote!(of_transaction::<#ty>(#name))
        } else {
            quote!(of::<#ty>(#name))
        }
    });
    let requirements = owner.into_iter().chain(provided);
    quote! {
        fn requires() -> ::std::vec::Vec<__mcp_guard::Requirement> {
            ::core::convert::From::from([#(__mcp_guard::Requirement::#requirements),*])
        }
    }
}

/// The values that limits and budgets apply to, each once.
fn measure(tool: &Tool) -> TokenStream {
    let uses = tool.uses().into_iter();
    let measured: Vec<_> = uses
        .filter(|(_, uses)| uses.iter().any(|needed| needed.is_measured()))
        .map(|(index, _)| &tool.function.parameters[index])
        .collect();
    let arguments = own_name("arguments", !measured.is_empty());
    let measurements = measured.iter().map(|parameter| {
        let Parameter { name, ty, .. } = parameter;
        let wire_name = parameter.wire_name();
        quote!((#wire_name, <#ty as __mcp_guard::Measure>::measure(&#arguments.#name)))
    });
    quote! {
        fn measure(#arguments: &Self::Arguments) -> ::std::vec::Vec<__mcp_guard::Measurement> {
            ::core::convert::From::from([#(#measurements),*])
        }
    }
}

/// A local name that no parameter's name can meet.
pub(crate) fn own_name(name: &str, used: bool) -> Ident {
    let name = if used { name.to_owned() } else { format!("_{name}") };
    Ident::new(&name, Span::mixed_site())
}
