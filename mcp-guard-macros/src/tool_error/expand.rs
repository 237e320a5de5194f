//! The implementation of `ToolError`. Nothing here can fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, WhereClause, parse_quote};

use super::{
    Type,
    case::{Case, Report, Says},
};
use crate::expand::spec::duration;

/// `impl ToolError for ...`, with what each case says.
pub(super) fn implementation(ty: &Type) -> TokenStream {
    let arms = ty.cases.iter().map(|case| arm(case, &ty.guard));
    let body =
        if ty.cases.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms)* }) };
    frame(ty, &body)
}

/// The implementation where there are mistakes: one that says nothing.
pub(super) fn fallback(ty: &Type) -> TokenStream {
    if let Data::Union(_) = ty.input.data {
        return TokenStream::new();
    }
    let guard = &ty.guard;
    let class = quote!(#guard::__private::Class::Internal);
    frame(ty, &quote!(#guard::__private::Report::new(#class, "internal")))
}

fn frame(ty: &Type, body: &TokenStream) -> TokenStream {
    let Type { guard, input, .. } = ty;
    let name = &input.ident;
    let (impl_generics, ty_generics, _) = input.generics.split_for_impl();
    let where_clause = where_clause(ty);
    quote! {
        #[automatically_derived]
        impl #impl_generics #guard::__private::ToolError for #name #ty_generics #where_clause {
            fn report(&self) -> #guard::__private::Report {
                #body
            }
        }
    }
}

/// A generic error's parameters decide whether it is an error at all, and what its inner ones say.
fn where_clause(ty: &Type) -> Option<WhereClause> {
    let Type { guard, input, cases } = ty;
    let mut clause = input.generics.where_clause.clone();
    if input.generics.params.is_empty() {
        return clause;
    }
    let bounds = clause.get_or_insert_with(|| parse_quote!(where));
    bounds.predicates.push(parse_quote!(Self: ::core::error::Error + 'static));
    for case in cases {
        let Says::Inner(_, inner) = &case.says else { continue };
        bounds.predicates.push(parse_quote!(#inner: #guard::__private::ToolError));
    }
    clause
}

fn arm(case: &Case, guard: &TokenStream) -> TokenStream {
    let variant = case.variant.iter();
    let path = quote!(Self #(::#variant)*);
    match &case.says {
        Says::Own(report) => {
            let report = self::report(report, guard);
            quote!(#path { .. } => #report,)
        }
        Says::Inner(member, ty) => {
            let inner = Ident::new("inner", Span::mixed_site());
            let report = quote!(<#ty as #guard::__private::ToolError>::report(#inner));
            quote!(#path { #member: #inner } => #report,)
        }
    }
}

/// `Report::new(...)`, with everything that the case says.
fn report(report: &Report, guard: &TokenStream) -> TokenStream {
    let Report { class, code, public, retry_after, field } = report;
    let class = format_ident!("{class}");
    let report = quote!(#guard::__private::Report);
    let mut value = quote!(#report::new(#guard::__private::Class::#class, #code));
    if *public {
        value = quote! {
            #report::with_public_message(#value, ::std::string::ToString::to_string(self))
        };
    }
    if let Some(retry_after) = retry_after.map(duration) {
        value = quote!(#report::with_retry_after(#value, #retry_after));
    }
    if let Some(field) = field {
        value = quote!(#report::with_field(#value, #field));
    }
    value
}
