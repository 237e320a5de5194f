//! Doc comments, as the model reads them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of an item's doc comments.
pub(crate) struct Docs(Vec<Part>);

/// One doc attribute.
enum Part {
    /// `/// text` or `#[doc = "text"]`.
    Text(String),
    /// `#[doc = include_str!("text.md")]`, or another expression that only the compiler can read.
    Expr(Box<Expr>),
}

impl Docs {
    /// The doc comments among an item's attributes.
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        Self(attributes.iter().filter_map(Part::of).collect())
    }

    /// Whether they say nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Text(text) if text.trim().is_empty()))
    }
}

impl Part {
    fn of(attribute: &Attribute) -> Option<Self> {
        let Meta::NameValue(doc) = &attribute.meta else {
            return None;
        };
        if !doc.path.is_ident("doc") {
            return None;
        }
        Some(match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                Self::Text(undecorated(&text.value()))
            }
            other => Self::Expr(Box::new(other.clone())),
        })
    }
}

/// A constant expression of the whole text.
impl ToTokens for Docs {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut pieces: Vec<TokenStream> = Vec::new();
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(lines) => {
                    text.push_str(lines);
                    text.push('\n');
                }
                Part::Expr(expr) => {
                    pieces.push(quote!(#text, #expr));
                    "\n".clone_into(&mut text);
                }
            }
        }
        if pieces.is_empty() {
            text.trim().to_tokens(tokens);
        } else {
            let rest = text.trim_end();
            tokens.extend(quote!(::core::concat!(#(#pieces,)* #rest)));
        }
    }
}

/// A doc comment's text without the space after `///` and the stars of `/** ... */`.
fn undecorated(text: &str) -> String {
    let starred = text.contains('\n')
        && text.lines().skip(1).all(|line| {
            let line = line.trim_start();
            line.is_empty() || line.starts_with('*')
        });
    let line = |line: &str| {
        let line = if starred { line.trim_start().trim_start_matches('*') } else { line };
        line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn text(attributes: &[Attribute]) -> String {
        Docs::of(attributes).to_token_stream().to_string()
    }

    #[test]
    fn lines_are_joined_and_paragraphs_kept() {
        let attributes: Vec<Attribute> = parse_quote! {
            /// Issue a refund.
            ///
            /// Indented:
            ///   so.
            #[doc(hidden)]
            #[doc = "More."]
        };
        assert_eq!(text(&attributes), r#""Issue a refund.\n\nIndented:\n  so.\nMore.""#);
    }

    #[test]
    fn stars_of_a_block_comment_are_not_text() {
        let attributes: Vec<Attribute> = vec![parse_quote!(
            #[doc = "\n * Issue a refund.\n * - for an order\n "]
        )];
        assert_eq!(text(&attributes), r#""Issue a refund.\n- for an order""#);
    }

    #[test]
    fn expressions_are_left_to_the_compiler() {
        let attributes: Vec<Attribute> = vec![
            parse_quote!(#[doc = " Refunds."]),
            parse_quote!(#[doc = include_str!("refund.md")]),
        ];
        assert!(!Docs::of(&attributes).is_empty());
        assert_eq!(
            text(&attributes),
            r#":: core :: concat ! ("Refunds.\n" , include_str ! ("refund.md") , "")"#
        );
    }

    #[test]
    fn blank_comments_say_nothing() {
        let attributes: Vec<Attribute> = vec![parse_quote!(#[doc = " "]), parse_quote!(#[test])];
        assert!(Docs::of(&attributes).is_empty());
    }
}
