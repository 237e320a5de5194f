//! A tool borrows its credential, and so does the function that finds out what became of it.
use mcp_guard::{
    ActsFor, Call, CredentialRequest, CredentialSource, MintFuture, prelude::*,
};
use std::convert::Infallible;

struct Vault;

impl CredentialSource for Vault {
    fn mint<'a>(&'a self, request: CredentialRequest<'a>) -> MintFuture<'a> {
        Box::pin(async move {
            assert!(request.caller().is_none() && request.subject_token().is_none());
            Credential::bearer(Secret::new(format!("for-{}", request.tool())))
        })
    }

    fn acts_for(&self) -> ActsFor {
        ActsFor::Server
    }
}

/// Look.
#[guarded_tool(read_only, scope("orders", "stock"))]
async fn look(credential: &Credential) -> Result<Vec<String>, Infallible> {
    assert_eq!(credential.expose(), "for-look");
    Ok(credential.scopes().map(str::to_owned).collect())
}

/// Act.
#[guarded_tool(idempotent(on_unknown = reconcile(find)), scope = "orders")]
async fn act(credential: &Credential, effect: &Effect) -> Result<(), Infallible> {
    let _ = (credential, effect);
    Ok(())
}

async fn find(credential: &Credential, effect: &Effect) -> Reconciled<()> {
    let _ = (credential, effect);
    Reconciled::StillUnknown
}

#[derive(Clone)]
struct Shop;

#[guarded_tools]
impl Shop {
    /// Close.
    #[guarded_tool(idempotent, scope = "orders")]
    async fn close(&self, credential: &Credential) -> Result<(), Infallible> {
        let _ = credential;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guard = Guard::builder()
        .store(MemoryStore::new().unwrap())
        .credentials(Vault)
        .tool::<look>()
        .tool::<act>()
        .tools(Shop)
        .build()
        .unwrap();
    let caller = Caller::local("agent").with_scopes(["orders", "stock"]);
    let reply = guard.call(Call::new("look", serde_json::json!({}), Some(caller))).await.unwrap();
    assert_eq!(reply.body(), r#"{"status":"ok","result":["orders","stock"]}"#);
}
