//! The calls that the runtime makes: of the function, and of the one that reconciles its outcomes.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Type};

use super::own_name;
use crate::{
    function::{Function, Parameter},
    model::{OnUnknown, Tool},
};

/// The one call of the function.
pub(super) fn run(function: &Function) -> TokenStream {
    let name = function.name();
    let owner = function.owner.iter();
    let path = quote!(#(<#owner>::)* #name);
    let Call { signature, values } = Call::of(function);
    // What the compiler has to say of the future, such as that it is not `Send`, it says of `run`.
    let span = Span::call_site().located_at(name.span());
    quote_spanned! {span=>
        async fn run(#signature) -> Self::Return {
            #path(#(#values),*).await
        }
    }
}

/// The call of the function that finds out what an earlier attempt did, where one is named.
pub(super) fn reconcile(tool: &Tool) -> Option<TokenStream> {
    let OnUnknown::Reconcile(_, path) = &tool.idempotent()?.on_unknown else {
        return None;
    };
    let Call { signature, values } = Call::of(&tool.function);
    let span = Span::call_site().located_at(path.segments.last()?.ident.span());
    let path = outside(path, tool.function.owner.as_ref());
    Some(quote_spanned! {span=>
        async fn reconcile(
            #signature
        ) -> __mcp_guard::Found<<Self::Return as __mcp_guard::Returned>::Value> {
            __mcp_guard::reconciled(#path(#(#values),*).await)
        }
    })
}

/// The path with `Self` spelled out, so that it means the same outside of the `impl`.
fn outside(path: &Path, owner: Option<&Type>) -> TokenStream {
    match owner {
        Some(owner) if path.segments.first().is_some_and(|first| first.ident == "Self") => {
            let rest = path.segments.iter().skip(1);
            quote!(<#owner> #(::#rest)*)
        }
        _ => path.to_token_stream(),
    }
}

/// How the runtime calls a function: what it hands over, and the function's parameters made of it.
struct Call {
    signature: TokenStream,
    values: Vec<TokenStream>,
}

impl Call {
    fn of(function: &Function) -> Self {
        let lender = function.lender();
        let is_lent = lender.is_some() || function.provided().next().is_some();
        let call = own_name("call", is_lent);
        let arguments = own_name("arguments", function.arguments().next().is_some());
        let get = |ty: &Type| quote!(__mcp_guard::Provided::get::<#ty>(&#call));
        let parameters = function.parameters.iter().map(|parameter| {
            let Parameter { name, ty, .. } = parameter;
            if parameter.is_argument() {
                quote!(#arguments.#name)
            } else if parameter.written().is_some() {
                quote!(__mcp_guard::Provided::transaction::<#ty>(&mut #call))
            } else {
                get(ty)
            }
        });
        let values = lender.map(get).into_iter().chain(parameters).collect();
        let mutability = function.provided().find_map(Parameter::written).map(|_| quote!(mut));
        let signature = quote! {
            #mutability #call: __mcp_guard::Provided<'_>,
            #arguments: __Arguments,
        };
        Self { signature, values }
    }
}
