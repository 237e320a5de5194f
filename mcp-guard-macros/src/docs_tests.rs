//! The pages in `docs` say what the macro does.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ItemFn;

use crate::{attr, guarded};

const KEYS: &str = include_str!("../docs/keys.md");
const GENERATED: &str = include_str!("../docs/generated.md");

/// The page that shows what is generated shows what is generated.
#[test]
fn what_is_shown_is_what_is_generated() {
    let [written, shown] = &blocks(GENERATED)[..] else { panic!("two blocks") };
    let expanded = prettyplease::unparse(&syn::parse2(expand(&written.text)).unwrap());
    assert_eq!(shown.text, expanded, "write this into docs/generated.md:\n{expanded}");
}

/// Each key that is taken has a section with an example, and with one that the macro refuses.
#[test]
fn every_key_has_an_example_and_a_counterexample() {
    let keys = attr::KEYS.iter().chain(&attr::effect::KEYS);
    for key in keys {
        let heading = format!("## `{key}`\n");
        let sections: Vec<_> = KEYS.split(&heading).skip(1).collect();
        let [section] = sections[..] else { panic!("one section of {key}") };
        let section = section.split("\n\n#").next().unwrap();
        let [right, wrong] = &blocks(section)[..] else { panic!("two blocks for {key}") };
        assert_eq!((&*right.language, &*wrong.language), ("", "compile_fail"), "{key}");
        assert!(right.text.contains(key) && wrong.text.contains("guarded_tool"), "{key}");
        assert!(!refused(&right.text) && refused(&wrong.text), "{key}");
        let case = section.split_once("(`").and_then(|(_, rest)| Some(rest.rsplit_once("`):")?.0));
        let case = case.and_then(|case| case.rsplit('`').next()).expect("the case is named");
        let path = format!("{}/../ui-tests/cases/{case}.rs", env!("CARGO_MANIFEST_DIR"));
        assert!(std::fs::exists(&path).unwrap(), "{key}: {path}");
    }
}

/// Whether the macro has something against the function of an example.
fn refused(example: &str) -> bool {
    expand(example).to_string().contains("compile_error")
}

/// What becomes of the first tool in the text.
fn expand(text: &str) -> TokenStream {
    let file: syn::File = syn::parse_str(&in_a_function(text)).unwrap();
    let syn::Item::Fn(example) = &file.items[0] else { panic!("the function around it") };
    let guarded = example.block.stmts.iter().find_map(|statement| match statement {
        syn::Stmt::Item(syn::Item::Fn(function)) => taken(function.clone()),
        _ => None,
    });
    let (attribute, function) = guarded.expect("a guarded function");
    guarded::function(attribute, &function.into_token_stream())
}

fn in_a_function(text: &str) -> String {
    let shown = text.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    format!("fn example() {{ {} }}", shown.collect::<Vec<_>>().join("\n"))
}

/// The function without the attribute, and what that says.
fn taken(mut function: ItemFn) -> Option<(TokenStream, ItemFn)> {
    let place = function
        .attrs
        .iter()
        .position(|attribute| attribute.path().segments.last().unwrap().ident == "guarded_tool")?;
    let attribute = function.attrs.remove(place);
    Some((attribute.meta.require_list().unwrap().tokens.clone(), function))
}

struct Block {
    language: String,
    text: String,
}

/// The blocks of code on a page.
fn blocks(page: &str) -> Vec<Block> {
    let parts = page.split("```").skip(1).step_by(2);
    let block = |part: &str| {
        let (language, text) = part.split_once('\n').unwrap();
        Block { language: language.to_owned(), text: text.to_owned() }
    };
    parts.map(block).collect()
}
