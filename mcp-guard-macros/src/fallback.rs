//! What is emitted where there are mistakes: enough that no second error follows the macro's own.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ItemImpl;

use crate::{expand, function::Function, tool_set};

/// The function as it is written, and a marker that `.tool::<...>()` takes.
pub(crate) fn function(function: &Function, guard: &TokenStream) -> TokenStream {
    let item = &function.item;
    if function.receiver.is_some() {
        // It stands in an `impl`, where there can be no type.
        return quote!(#item);
    }
    let marker = expand::marker(function);
    let conditions = expand::conditions(function);
    let tool = tool(function.name(), guard, &nothing());
    quote!(#item #marker #conditions #tool)
}

/// A marker for a function that could not be read. Should the compiler have nothing against its
/// signature, it has something against building the tool.
pub(crate) fn unread(name: &Ident, vis: &TokenStream, guard: &TokenStream) -> TokenStream {
    let message = format!("`{name}` cannot be read as a function, and so is no tool");
    let tool = tool(name, guard, &quote!(::core::panic!(#message)));
    quote! {
        #[allow(non_camel_case_types)]
        #vis enum #name {}
        #tool
    }
}

/// What keeps a set of tools from being built of which some could not be read.
pub(crate) fn torn() -> TokenStream {
    quote!(const { ::core::panic!("an item of this block cannot be read, and may be a tool") };)
}

/// The block as it is written, and, where its type can have one, an implementation of `ToolSet`
/// that adds nothing.
pub(crate) fn methods(block: &ItemImpl, guard: &TokenStream) -> TokenStream {
    let set = tool_set::owner(block).ok().map(|owner| expand::methods(owner, guard, &[], None));
    quote!(#block #set)
}

fn tool(name: &Ident, guard: &TokenStream, spec: &impl ToTokens) -> TokenStream {
    let call = expand::own_name("call", false);
    quote! {
        const _: () = {
            use #guard::__private as __mcp_guard;
            #[automatically_derived]
            impl __mcp_guard::Tool for #name {
                const SPEC: __mcp_guard::ToolSpec = #spec;
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

/// What says nothing of a tool.
fn nothing() -> TokenStream {
    quote! {
        __mcp_guard::ToolSpec {
            name: "",
            title: ::core::option::Option::None,
            description: "",
            access: __mcp_guard::Access::AnyCaller,
            authorizes: false,
            effect: __mcp_guard::EffectClass::ReadOnly,
            limits: &[],
            budgets: &[],
            redactions: &[],
            restrictions: &[],
            timeout: ::core::option::Option::None,
            destructive: false,
            open_world: false,
        }
    }
}
