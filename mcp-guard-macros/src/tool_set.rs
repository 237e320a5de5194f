//! The `impl` block under `#[guarded_tools]`, taken apart.

use std::mem;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Error, ImplItem, ImplItemFn, ItemImpl, Meta, Result, Type, spanned::Spanned};

use crate::{
    attr::{self, Attr, Written},
    entry::Entry,
    errors::Errors,
    function::{Function, Item, types::Obstacle},
    model::{self, Named, Tool},
    torn::Readable,
};

/// An `impl` block and its guarded methods.
pub(crate) struct ToolSet {
    /// What is emitted: the block without the macro's attributes.
    pub(crate) block: ItemImpl,
    /// The path of `mcp_guard`.
    pub(crate) guard: TokenStream,
    /// Its guarded methods.
    pub(crate) tools: Vec<Tool>,
    /// Some items could not be read, and were left out.
    pub(crate) is_torn: bool,
}

impl ToolSet {
    /// Whether something of the kind stands under `#[guarded_tools]`.
    pub(crate) fn is_meant(item: &TokenStream) -> Result<()> {
        let is_impl = |token| matches!(token, TokenTree::Ident(ident) if ident == "impl");
        if item.clone().into_iter().any(is_impl) {
            return Ok(());
        }
        Err(Error::new_spanned(
            item,
            "`#[guarded_tools]` goes on an `impl` block: write `impl Payments { ... }`, or \
             `#[guarded_tool(...)]` for a function",
        ))
    }

    /// Takes the block apart. What is wrong is noted as a mistake.
    pub(crate) fn new(guard: TokenStream, readable: Readable, errors: &Errors) -> Self {
        let Readable { mut block, is_torn } = readable;
        let owner = (*block.self_ty).clone();
        let mut tools = Vec::new();
        for item in &mut block.items {
            let ImplItem::Fn(method) = item else { continue };
            let Some(attribute) = take_attribute(&mut method.attrs, errors) else {
                continue;
            };
            let attr = read_attribute(&attribute, errors);
            let function = take_function(method, &owner, errors);
            tools.push(Tool { guard: guard.clone(), ..Tool::new(attr, function, errors) });
        }
        let set = Self { block, guard, tools, is_torn };
        set.check(errors);
        set
    }

    fn check(&self, errors: &Errors) {
        let Self { block, tools, is_torn, .. } = self;
        errors.keep(owner(block));
        if tools.is_empty() && !is_torn {
            errors.at(
                &block.self_ty,
                "there is no guarded method here: write `#[guarded_tool(...)]` above one, or \
                 remove `#[guarded_tools]`",
            );
        }
        for tool in tools {
            for named in tool.named() {
                errors.keep(self.through_its_type(&named));
            }
        }
    }

    /// A path of one word names a function beside the block; a method is named through its type.
    fn through_its_type(&self, named: &Named<'_>) -> Result<()> {
        let path = named.path;
        let is_method =
            self.block.items.iter().any(
                |item| matches!(item, ImplItem::Fn(method) if path.is_ident(&method.sig.ident)),
            );
        if is_method {
            let name = path.to_token_stream();
            let [method, function] =
                ["Self", "self"].map(|place| named.written(&format!("{place}::{name}")));
            return Err(Error::new_spanned(
                path,
                format!(
                    "`{name}` is a method here: write `{method}`, or `{function}` for a function \
                     of this name"
                ),
            ));
        }
        Ok(())
    }
}

/// The type whose methods they are, which the server must be able to provide.
pub(crate) fn owner(block: &ItemImpl) -> Result<&Type> {
    if let Some((path, _)) = &block.trait_ {
        return Err(Error::new_spanned(
            path,
            "guarded methods stand in an `impl` of their type: write `impl Payments` without a \
             trait",
        ));
    }
    if !block.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &block.generics.params,
            "what the server provides is found by its type: write an `impl` without generic \
             parameters",
        ));
    }
    match Obstacle::find(block.self_ty.to_token_stream()) {
        None => Ok(&block.self_ty),
        Some(obstacle) => Err(Error::new_spanned(
            obstacle.tokens(),
            "what the server provides is found by its type, which cannot borrow: write an `impl` \
             of a type that owns its data",
        )),
    }
}

/// `#[guarded_tools]` or `#[guarded_tools(crate = path)]`: the path of `mcp_guard`.
pub(crate) fn guard(arguments: TokenStream, errors: &Errors) -> TokenStream {
    let mut written = Written::new("#[guarded_tools]", &["crate"], &[]);
    let mut krate = None;
    for entry in Entry::split(arguments).into_iter().filter_map(|entry| errors.keep(entry)) {
        let read = written.note(&entry).and_then(|()| attr::crate_path(&entry));
        krate = errors.keep(read).or(krate);
    }
    model::guard_path(krate.as_ref())
}

/// Takes `#[guarded_tool(...)]` off a method.
fn take_attribute(attributes: &mut Vec<Attribute>, errors: &Errors) -> Option<Attribute> {
    let (guarded, rest): (Vec<_>, Vec<_>) =
        mem::take(attributes).into_iter().partition(|attribute| {
            attribute.path().segments.last().is_some_and(|last| last.ident == "guarded_tool")
        });
    *attributes = rest;
    let mut guarded = guarded.into_iter();
    let first = guarded.next();
    for repeated in guarded {
        errors.at(repeated, "`#[guarded_tool(...)]` is written twice: keep one");
    }
    first
}

fn read_attribute(attribute: &Attribute, errors: &Errors) -> Attr {
    let span = attribute.path().span();
    let tokens = match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(_) => {
            errors.at(attribute, "write the keys in parentheses: `#[guarded_tool(...)]`");
            return Attr::unread(span, errors);
        }
    };
    let attr = Attr::parse(tokens, span, errors);
    if let Some((key, _)) = &attr.krate {
        errors.at(
            key,
            "the methods of one `impl` have one `crate`: write `#[guarded_tools(crate = ...)]`",
        );
    }
    attr
}

/// Reads a method, and takes the macro's attributes off its parameters.
fn take_function(method: &mut ImplItemFn, owner: &Type, errors: &Errors) -> Function {
    let body = &method.block;
    let item = Item {
        attrs: method.attrs.clone(),
        vis: method.vis.clone(),
        sig: method.sig.clone(),
        body: quote!(#body),
    };
    let function = Function::new(item, Some(owner.clone()), errors);
    method.attrs.clone_from(&function.item.attrs);
    method.sig = function.item.sig.clone();
    function
}
