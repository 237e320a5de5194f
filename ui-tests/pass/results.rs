//! Results with parts that have names, some of them not for everyone; errors of other crates.
#![deny(warnings)]

use mcp_guard::{MapToolError as _, Report, Reported, Tool, meaning, prelude::*};
use std::convert::Infallible;

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Card {
    number: String,
    #[serde(rename = "expires-at")]
    expires_at: String,
    r#type: String,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Account {
    cards: Vec<Card>,
    holder: String,
}

/// Show an account.
#[guarded_tool(
    read_only,
    any_caller,
    redact(cards.number, cards."expires-at", cards.r#type, scope = "pii"),
    redact("holder", scope = "names"),
)]
async fn show() -> Result<Account, Infallible> {
    let card =
        Card { number: String::new(), expires_at: String::new(), r#type: String::new() };
    Ok(Account { cards: vec![card], holder: String::new() })
}

/// A list is a result.
#[guarded_tool(read_only, any_caller)]
async fn list() -> Result<Vec<Card>, std::io::Error> {
    Ok(Vec::new())
}

/// Nothing to tell but that it was done.
#[guarded_tool(read_only, any_caller)]
async fn done() -> Result<(), Reported> {
    std::fs::metadata("/").map_tool_error(meaning::io)?;
    "5".parse::<u8>().map(drop).map_tool_error(|_| Report::new(mcp_guard::Class::Rejected, "odd"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let redactions = show::SPEC.redactions;
    let paths: Vec<_> = redactions.iter().map(|one| (one.path, one.scope)).collect();
    assert_eq!(
        paths,
        [
            (&["cards", "number"][..], "pii"),
            (&["cards", "expires-at"], "pii"),
            (&["cards", "type"], "pii"),
            (&["holder"], "names"),
        ]
    );
    assert!(done().await.is_ok());
    let guard = Guard::builder().tool::<show>().tool::<list>().tool::<done>().build();
    assert!(guard.is_ok());
}
