//! Nor does it hide in what is returned. (1 mistake)
use mcp_guard::prelude::*;

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Account {
    owner: String,
    api_key: Secret,
}

fn main() {
    let key = Secret::new("key".into());
    let _ = Account { owner: "me".into(), api_key: key };
}
