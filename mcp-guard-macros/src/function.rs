//! The function under `#[guarded_tool(...)]`, taken apart.

mod parameter;
pub(crate) mod types;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Error, FnArg, Ident, Receiver, Result, ReturnType, Signature, Type, Visibility,
    parse::{Parse, ParseStream},
    parse_quote,
};

pub(crate) use self::parameter::Parameter;
use crate::{docs::Docs, errors::Errors};

/// A function as it is written, of which the body is not read: what is wrong in it is the
/// compiler's to report.
pub(crate) struct Item {
    /// Its attributes, without `#[guarded_tool]`.
    pub(crate) attrs: Vec<Attribute>,
    /// Its visibility.
    pub(crate) vis: Visibility,
    /// Its signature.
    pub(crate) sig: Signature,
    /// Its body, in braces.
    pub(crate) body: TokenStream,
}

/// A function, and what its signature says.
pub(crate) struct Function {
    /// What is emitted: the function without the macro's attributes.
    pub(crate) item: Item,
    /// The type whose method it is.
    pub(crate) owner: Option<Type>,
    /// `self`.
    pub(crate) receiver: Option<Receiver>,
    /// The other parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// What it returns; `()` where that is missing.
    pub(crate) returns: Type,
    /// Its doc comments.
    pub(crate) docs: Docs,
    /// The lints that are allowed in it, and so in what is made of its parts.
    pub(crate) allowed: Vec<Attribute>,
}

impl Item {
    /// Whether something of the kind stands under `#[guarded_tool(...)]`.
    pub(crate) fn is_meant(item: &TokenStream) -> Result<()> {
        let is_fn = |token| matches!(token, TokenTree::Ident(ident) if ident == "fn");
        if item.clone().into_iter().any(is_fn) {
            return Ok(());
        }
        Err(Error::new_spanned(
            item,
            "`#[guarded_tool(...)]` goes on a function: write `async fn`, or `#[guarded_tools]` \
             for an `impl` block",
        ))
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, vis, sig, body } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

impl Function {
    /// Takes the item apart. `owner` is the type of the `impl` that it stands in.
    pub(crate) fn new(mut item: Item, owner: Option<Type>, errors: &Errors) -> Self {
        let mut receiver = None;
        let mut parameters = Vec::new();
        for (index, input) in item.sig.inputs.iter_mut().enumerate() {
            match input {
                FnArg::Receiver(this) => receiver = Some(this.clone()),
                FnArg::Typed(typed) => parameters.push(Parameter::take(typed, index, errors)),
            }
        }
        let mut returns = match &item.sig.output {
            ReturnType::Type(_, ty) => (**ty).clone(),
            ReturnType::Default => parse_quote!(()),
        };
        if let Some(owner) = &owner {
            returns = types::without_self(&returns, owner);
            for parameter in &mut parameters {
                parameter.ty = types::without_self(&parameter.ty, owner);
            }
        }
        let docs = Docs::of(&item.attrs);
        let allowed = item.attrs.iter().filter_map(allowed).collect();
        // A tool is asynchronous even where its body does not wait.
        item.attrs.insert(0, parse_quote!(#[allow(clippy::unused_async)]));
        Self { item, owner, receiver, parameters, returns, docs, allowed }
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &Ident {
        &self.item.sig.ident
    }

    /// The parameters that the model sends.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.is_argument())
    }

    /// The parameters that the server provides.
    pub(crate) fn provided(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| !parameter.is_argument())
    }

    /// The type that the server lends for `&self`.
    pub(crate) fn lender(&self) -> Option<&Type> {
        self.receiver.as_ref().and(self.owner.as_ref())
    }

    /// Whether it is told the key that its backend deduplicates on.
    pub(crate) fn takes_effect(&self) -> bool {
        self.provided().any(|parameter| types::is_effect(&parameter.ty))
    }

    /// The attributes that must stand on everything that is emitted beside the function.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        self.item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"))
    }
}

/// The lint attribute that must follow from one on the function.
fn allowed(attribute: &Attribute) -> Option<Attribute> {
    if attribute.path().is_ident("deprecated") {
        return Some(parse_quote!(#[allow(deprecated)]));
    }
    let list = attribute.meta.require_list().ok()?;
    let lints = &list.tokens;
    let is_allowed = list.path.is_ident("allow") || list.path.is_ident("expect");
    is_allowed.then(|| parse_quote!(#[allow(#lints)]))
}
