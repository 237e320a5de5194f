//! What is emitted where there are mistakes: enough that no second error follows the macro's own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemImpl;

use crate::{expand, function::Function, tool_set};

/// The function as it is written, and a marker that `.tool::<...>()` takes.
pub(crate) fn function(function: &Function, guard: &TokenStream) -> TokenStream {
    let item = &function.item;
    if function.receiver.is_some() {
        // It stands in an `impl`, where there can be no type.
        return quote!(#item);
    }
    let name = function.name();
    let marker = expand::marker(function);
    let conditions = expand::conditions(function);
    let call = expand::own_name("call", false);
    quote! {
        #item
        #marker
        #conditions
        const _: () = {
            use #guard::__private as __mcp_guard;
            #[automatically_derived]
            impl __mcp_guard::Tool for #name {
                const SPEC: __mcp_guard::ToolSpec = __mcp_guard::ToolSpec {
                    name: "",
                    title: ::core::option::Option::None,
                    description: "",
                    access: __mcp_guard::Access::AnyCaller,
                    authorizes: false,
                    effect: __mcp_guard::EffectClass::ReadOnly,
                    limits: &[],
                    budgets: &[],
                    redactions: &[],
                    timeout: ::core::option::Option::None,
                    destructive: false,
                    open_world: false,
                };
                type Arguments = ();
                type Return = ::core::result::Result<(), ::core::convert::Infallible>;
                fn requires() -> ::std::vec::Vec<__mcp_guard::Requirement> {
                    ::std::vec::Vec::new()
                }
                fn measure((): &()) -> ::std::vec::Vec<__mcp_guard::Measurement> {
                    ::std::vec::Vec::new()
                }
                async fn run(#call: __mcp_guard::Provided<'_>, (): ()) -> Self::Return {
                    ::core::result::Result::Ok(())
                }
            }
        };
    }
}

/// The block as it is written, and, where its type can have one, an implementation of `ToolSet`
/// that adds nothing.
pub(crate) fn methods(block: &ItemImpl, guard: &TokenStream) -> TokenStream {
    let set = tool_set::owner(block).ok().map(|owner| expand::methods(owner, guard, &[]));
    quote!(#block #set)
}
