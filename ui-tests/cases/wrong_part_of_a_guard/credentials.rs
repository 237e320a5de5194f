//! What mints credentials implements `CredentialSource`. (1 mistake)
use mcp_guard::prelude::*;

fn main() {
    let _ = Guard::builder().credentials("token");
}
