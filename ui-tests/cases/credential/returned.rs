//! The model never holds a credential. (1 mistake)
use mcp_guard::{CredentialError, prelude::*};
use std::convert::Infallible;

/// Do it.
#[guarded_tool(read_only, scope = "orders")]
async fn act(credential: &Credential) -> Result<Result<Credential, String>, Infallible> {
    let copy = Secret::new(credential.expose().to_owned());
    Ok(Credential::bearer(copy).map_err(|error: CredentialError| error.to_string()))
}

fn main() {
    let _ = Guard::builder().tool::<act>();
}
