//! The macros never panic, on any attribute and item. What they emit can be read again; it is a tool, or it
//! says what is wrong. Nobody is made a tool's caller, and nothing its effect, who was not written.

use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};

use crate::{guarded, tool_error};

/// An item for which most attributes are right.
const FUNCTION: &str = r"
    /// Refund an order.
    async fn create_refund(
        backend: &Backend,
        effect: &Effect,
        /// The order.
        order_id: String,
        /// How much.
        amount_cents: u64,
        /// How many.
        quantity: u8,
    ) -> Result<Refund, RefundError> {
        backend.refund(order_id, amount_cents, quantity, effect.key()).await
    }
";

/// How much is read: brackets inside one another are read by recursion.
const LONGEST: usize = 4096;
const DEEPEST: usize = 64;

/// An attribute's content and, behind a NUL, the item that it stands on.
///
/// # Panics
/// When a macro does, or emits what is wrong.
pub fn attribute(data: &[u8]) {
    let Some(text) = str::from_utf8(data).ok().filter(|text| is_small(text)) else { return };
    let (attribute, item) = text.split_once('\0').unwrap_or((text, FUNCTION));
    let (Ok(attribute), Ok(item)) = (TokenStream::from_str(attribute), TokenStream::from_str(item))
    else {
        return;
    };
    judge(&attribute, &item, &guarded::function(attribute.clone(), &item), "Tool");
    judge(&attribute, &item, &guarded::methods(attribute.clone(), &item), "ToolSet");
    let derived = tool_error::derive(item.clone());
    assert!(syn::parse2::<syn::File>(derived.clone()).is_ok(), "no Rust: {derived}");
}

fn judge(attribute: &TokenStream, item: &TokenStream, emitted: &TokenStream, made: &str) {
    let says = |word: &str| has(emitted, word);
    let is_rust = syn::parse2::<syn::Item>(item.clone()).is_ok();
    if is_rust {
        assert!(syn::parse2::<syn::File>(emitted.clone()).is_ok(), "no Rust: {emitted}");
    }
    if says("compile_error") || made == "ToolSet" {
        return;
    }
    if !is_rust {
        // The compiler says what is wrong with it. What stands in its place cannot be built.
        let is_left = emitted.to_string() == item.to_string();
        assert!(is_left || says("panic"), "a tool of what cannot be read: {emitted}");
        return;
    }
    assert!(says(made), "neither a tool nor a mistake: {emitted}");
    for [one, other] in [["scope", "any_caller"], ["idempotent", "read_only"]] {
        assert!(has(attribute, one) || has(attribute, other), "{one}: {attribute}");
    }
}

/// Whether the word is among the tokens, at any depth.
fn has(tokens: &TokenStream, word: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word || ident == format!("r#{word}"),
        TokenTree::Group(group) => has(&group.stream(), word),
        _ => false,
    })
}

fn is_small(text: &str) -> bool {
    let mut open = 0_usize;
    let deepest = text.bytes().map(|byte| {
        match byte {
            b'(' | b'[' | b'{' | b'<' => open += 1,
            b')' | b']' | b'}' | b'>' => open = open.saturating_sub(1),
            _ => {}
        }
        open
    });
    text.len() <= LONGEST && deepest.max().unwrap_or(0) <= DEEPEST
}
