//! What is being typed: items of which a part is missing.
//!
//! A body is never read, so that whatever is in it, the function stays what it is. Where a signature
//! cannot be read, the compiler has said so before it asked the macro. That function is left out, since
//! the compiler would say the same of it once more; the rest stays, so that nothing follows from it.

use std::mem;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Block, Expr, ImplItem, ItemImpl, Result, Stmt};

use crate::fallback;

/// In place of a function whose signature cannot be read: a marker of its name.
pub(crate) fn function(item: &TokenStream, guard: &TokenStream) -> TokenStream {
    let tokens: Vec<_> = item.clone().into_iter().collect();
    let place = tokens.iter().position(|token| is(token, "fn"));
    match place.and_then(|place| Some((place, tokens.get(place + 1)?))) {
        Some((place, TokenTree::Ident(name))) => {
            fallback::unread(name, &visibility(&tokens[..place]), guard)
        }
        _ => item.clone(),
    }
}

fn visibility(before: &[TokenTree]) -> TokenStream {
    let mut tokens = before.iter().skip_while(|token| !is(token, "pub"));
    let public = tokens.next();
    let within = tokens.next().filter(|token| {
        matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
    });
    public.into_iter().chain(within).cloned().collect()
}

/// An `impl` block without the items that cannot be read.
pub(crate) struct Readable {
    pub(crate) block: ItemImpl,
    /// Some were left out.
    pub(crate) is_torn: bool,
}

impl Readable {
    /// Reads a block, but not its methods' bodies, which stay as they are written.
    pub(crate) fn of(block: TokenStream) -> Result<Self> {
        let mut tokens: Vec<_> = block.into_iter().collect();
        let items = tokens.last_mut().map(emptied);
        let mut block: ItemImpl = syn::parse2(tokens.into_iter().collect())?;
        let mut is_torn = false;
        for tokens in chunks(items.unwrap_or_default()) {
            match item(tokens) {
                Ok(item) => block.items.push(item),
                Err(_) => is_torn = true,
            }
        }
        Ok(Self { block, is_torn })
    }
}

/// The tokens of each item of a block: up to its semicolon, or to the braces of a method or a macro.
fn chunks(items: TokenStream) -> Vec<TokenStream> {
    let mut items = items.into_iter().peekable();
    let mut chunks = Vec::new();
    let mut chunk: Vec<TokenTree> = Vec::new();
    while let Some(token) = items.next() {
        let is_end = match &token {
            // Braces may also be the value of a const parameter.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let goes_on = items.peek().is_some_and(|next| is_punct(next, &['>', ',']));
                !goes_on
                    && (is_method(&chunk)
                        || chunk.last().is_some_and(|last| is_punct(last, &['!'])))
            }
            other => is_punct(other, &[';']),
        };
        chunk.push(token);
        if is_end {
            chunks.push(mem::take(&mut chunk).into_iter().collect());
        }
    }
    if !chunk.is_empty() {
        chunks.push(chunk.into_iter().collect());
    }
    chunks
}

/// Whether it is a method: `fn` with a name.
fn is_method(item: &[TokenTree]) -> bool {
    item.windows(2).any(|two| is(&two[0], "fn") && matches!(two[1], TokenTree::Ident(_)))
}

/// Reads an item of a block, but not the body of a method.
fn item(tokens: TokenStream) -> Result<ImplItem> {
    let mut tokens: Vec<_> = tokens.into_iter().collect();
    let body = if is_method(&tokens) { tokens.last_mut().map(emptied) } else { None };
    let mut item = syn::parse2(tokens.into_iter().collect())?;
    if let (ImplItem::Fn(method), Some(body)) = (&mut item, body) {
        let Block { stmts, .. } = &mut method.block;
        *stmts = vec![Stmt::Expr(Expr::Verbatim(body), None)];
    }
    Ok(item)
}

/// Takes what is in a group.
fn emptied(token: &mut TokenTree) -> TokenStream {
    let TokenTree::Group(group) = &*token else {
        return TokenStream::new();
    };
    let content = group.stream();
    *token = replaced(group, TokenStream::new());
    content
}

/// A group of the same place, with something else in it.
fn replaced(group: &Group, content: TokenStream) -> TokenTree {
    let mut other = Group::new(group.delimiter(), content);
    other.set_span(group.span());
    other.into()
}

fn is(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, any: &[char]) -> bool {
    matches!(token, TokenTree::Punct(punct) if any.contains(&punct.as_char()))
}
