//! A tool may be public, in a module, behind `cfg`, or inside of a function.
#![deny(warnings)]

use mcp_guard::{Tool, prelude::*};
use std::convert::Infallible;

pub mod tools {
    use super::*;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Note {
        pub text: String,
    }

    /// One `use` brings the function and its marker.
    #[guarded_tool(read_only, any_caller)]
    pub async fn shown(
        /// A note.
        note: Note,
    ) -> Result<Note, Infallible> {
        Ok(note)
    }

    /// Not there.
    #[guarded_tool(read_only, any_caller)]
    #[cfg(any())]
    pub async fn hidden(nothing: NoSuchType) -> Result<NoSuchType, Infallible> {}

    /// Tested plainly.
    #[guarded_tool(read_only, any_caller)]
    #[must_use]
    pub(crate) async fn plain() -> Result<u8, Infallible> {
        Ok(1)
    }
}

use tools::shown;

#[doc = include_str!("../tests/ui.rs")]
#[guarded_tool(read_only, any_caller)]
async fn documented_elsewhere() -> Result<(), Infallible> {
    Ok(())
}

/**
 * Documented in a block,
 * with stars.
 */
#[guarded_tool(read_only, any_caller)]
async fn starred() -> Result<(), Infallible> {
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    /// A tool of one function.
    #[guarded_tool(read_only, any_caller)]
    async fn local() -> Result<(), Infallible> {
        Ok(())
    }

    let Ok(note) = shown(tools::Note { text: "text".to_owned() }).await;
    assert_eq!(note.text, "text");
    let Ok(one) = tools::plain().await;
    assert_eq!(one, 1);
    assert!(!<shown as Tool>::SPEC.destructive);
    assert_eq!(starred::SPEC.description, "Documented in a block,\nwith stars.");
    assert!(documented_elsewhere::SPEC.description.starts_with("//! What the compiler says"));
    let _ = Guard::builder()
        .tool::<shown>()
        .tool::<tools::plain>()
        .tool::<documented_elsewhere>()
        .tool::<starred>()
        .tool::<local>();
}
