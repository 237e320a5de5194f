//! What is said of a tool and of its arguments, in every form of a doc comment.
#![deny(warnings)]

use mcp_guard::{Tool, prelude::*};
use std::convert::Infallible;

macro_rules! said {
    ($text:literal) => {
        concat!("Said by ", $text, ".")
    };
}

/// One line.
///
/// Another paragraph,
/// of two lines.
#[doc = ""]
#[doc = "- written out"]
#[doc(alias = "nothing of this")]
#[guarded_tool(read_only, any_caller)]
/// After the attribute.
async fn lines(
    /// Line one.
    /// Line two.
    lines: u8,
    /** A block. */
    block: u8,
    /**
     * A block
     * with stars.
     */
    stars: u8,
    #[doc = "Written out."]
    written: u8,
    #[doc = said!("a macro")]
    macros: u8,
    #[doc = include_str!("../Cargo.toml")]
    elsewhere: u8,
    /// With \"quotes\", `code`, {braces}, \\ and ümläute.
    marks: u8,
) -> Result<u8, Infallible> {
    Ok(lines + block + stars + written + macros + elsewhere + marks)
}

#[doc = said!("a macro")]
#[guarded_tool(read_only, any_caller)]
async fn macros() -> Result<u8, Infallible> {
    Ok(1)
}

fn main() {
    assert_eq!(
        lines::SPEC.description,
        "One line.\n\nAnother paragraph,\nof two lines.\n\n- written out\nAfter the attribute."
    );
    assert_eq!(macros::SPEC.description, "Said by a macro.");

    let schema = schemars::schema_for!(<lines as Tool>::Arguments);
    let said = |name: &str| schema.as_value()["properties"][name]["description"].as_str().unwrap();
    assert_eq!(said("lines"), "Line one.\nLine two.");
    assert_eq!(said("block"), "A block.");
    assert!(said("stars").contains("A block") && said("stars").contains("with stars."));
    assert_eq!(said("written"), "Written out.");
    assert_eq!(said("macros"), "Said by a macro.");
    assert!(said("elsewhere").contains("guard-ui-tests"));
    assert_eq!(said("marks"), r#"With \"quotes\", `code`, {braces}, \\ and ümläute."#);
    let guard = Guard::builder().tool::<lines>().tool::<macros>().build();
    assert!(guard.is_ok());
}
