//! The calls that the runtime makes: of the function, and of those that authorize its calls and
//! reconcile its outcomes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Type};

use super::own_name;
use crate::{
    function::{Function, Parameter},
    model::{Authorize, OnUnknown, Tool},
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

/// The call of the function that decides whether the caller may do this, where one is named.
pub(super) fn permit(tool: &Tool) -> Option<TokenStream> {
    let Authorize { path, given } = tool.authorize.as_ref()?;
    let function = &tool.function;
    let call = own_name("call", true);
    let given = || given.iter().map(|place| &function.parameters[*place]);
    let arguments = own_name("arguments", given().any(Parameter::is_argument));
    let span = Span::call_site().located_at(path.segments.last()?.ident.span());
    let lender = function.lender().map(|owner| get(owner, &call));
    let values = given().map(|Parameter { name, ty, borrowed, .. }| {
        if borrowed.is_some() {
            return get(ty, &call);
        }
        // That a value is of another type than the function takes is said where that is named.
        let mut name = name.clone();
        name.set_span(name.span().located_at(span));
        quote_spanned!(span=> &#arguments.#name)
    });
    let caller = get(&quote!(__mcp_guard::Caller), &call);
    let values = lender.into_iter().chain([caller]).chain(values);
    let path = outside(path, function.owner.as_ref());
    Some(quote_spanned! {span=>
        async fn permit(
            #call: __mcp_guard::Provided<'_>,
            #arguments: &Self::Arguments,
        ) -> __mcp_guard::Permission {
            __mcp_guard::permission(#path(#(#values),*).await)
        }
    })
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

/// What the server provides of this type.
fn get(ty: &impl ToTokens, call: &Ident) -> TokenStream {
    quote!(__mcp_guard::Provided::get::<#ty>(&#call))
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
        let parameters = function.parameters.iter().map(|parameter| {
            let Parameter { name, ty, .. } = parameter;
            if parameter.is_argument() {
                quote!(#arguments.#name)
            } else if parameter.written().is_some() {
                quote!(__mcp_guard::Provided::transaction::<#ty>(&mut #call))
            } else {
                get(ty, &call)
            }
        });
        let values = lender.map(|owner| get(owner, &call)).into_iter().chain(parameters).collect();
        let mutability = function.provided().find_map(Parameter::written).map(|_| quote!(mut));
        let signature = quote! {
            #mutability #call: __mcp_guard::Provided<'_>,
            #arguments: Self::Arguments,
        };
        Self { signature, values }
    }
}
