//! The owned parameters as a type.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{function::Parameter, model::Tool};

/// The type of the arguments.
pub(super) struct Arguments {
    /// What declares it.
    pub(super) items: TokenStream,
    /// How it is named.
    pub(super) ty: TokenStream,
}

impl Arguments {
    pub(super) fn of(tool: &Tool) -> Self {
        let own: Vec<_> = tool.function.arguments().filter(|it| it.is_of_own_type()).collect();
        let types = types(tool, &own);
        let structure = structure(tool, &own);
        let items = quote! {
            // schemars calls `.into()`, which a module without the prelude does not have.
            #[allow(unused_imports)]
            use ::core::convert::Into as _;
            #types
            #structure
        };
        let ty = if own.is_empty() { quote!(__Arguments) } else { quote!(__Arguments<__Written>) };
        Self { items, ty }
    }
}

/// The types that may be wrong, each named once, where the compiler then says so. To the code that is
/// derived they are what the trait says of them, so that it repeats nothing.
fn types(tool: &Tool, own: &[&Parameter]) -> Option<TokenStream> {
    if own.is_empty() {
        return None;
    }
    let vis = visibility(tool);
    let names = || own.iter().map(|argument| &argument.name);
    let (declared, written) = (names(), names());
    let types = own.iter().map(|argument| &argument.ty);
    Some(quote! {
        #[allow(non_camel_case_types)]
        trait __Types { #(type #declared: __mcp_guard::Readable + __mcp_guard::Described;)* }
        #vis enum __Written {}
        impl __Types for __Written { #(type #written = #types;)* }
    })
}

fn structure(tool: &Tool, own: &[&Parameter]) -> TokenStream {
    let Tool { name: (name, _), function, .. } = tool;
    let vis = visibility(tool);
    let expecting = format!("the arguments of {name}");
    let fields = function.arguments().map(field);
    let (bound, generics) = if own.is_empty() {
        (None, None)
    } else {
        // What is needed of the types follows from the trait.
        (Some(quote!(, bound = "")), Some(quote!(<__T: __Types>)))
    };
    let private = generics.as_ref().map(|_| quote!(#[allow(private_bounds)]));
    quote! {
        #[derive(__mcp_guard::serde::Deserialize, __mcp_guard::schemars::JsonSchema)]
        #[serde(crate = "__mcp_guard::serde", deny_unknown_fields, expecting = #expecting #bound)]
        #[schemars(crate = "__mcp_guard::schemars", deny_unknown_fields, rename = #name #bound)]
        #private
        #vis struct __Arguments #generics { #(#fields),* }
    }
}

fn field(argument: &Parameter) -> TokenStream {
    let Parameter { described, name, ty, .. } = argument;
    if !argument.is_of_own_type() {
        return quote!(#(#described)* #name: #ty);
    }
    let described_as = format!("__mcp_guard::SchemaOf<__T::{name}>");
    quote!(#(#described)* #[schemars(with = #described_as)] #name: __T::#name)
}

/// A type that a public marker names may not be less public.
fn visibility(tool: &Tool) -> Option<&syn::Visibility> {
    let function = &tool.function;
    function.owner.is_none().then_some(&function.item.vis)
}
