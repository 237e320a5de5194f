//! What `build()` says of credentials that could not be minted.

use std::{convert::Infallible, time::Duration};

use mcp_guard::prelude::*;

/// Look.
#[guarded_tool(read_only, scope = "refunds")]
async fn look(credential: &Credential) -> Result<usize, Infallible> {
    Ok(credential.expose().len())
}

/// Look, whoever asks.
#[guarded_tool(read_only, any_caller)]
async fn look_around(credential: &Credential) -> Result<usize, Infallible> {
    Ok(credential.expose().len())
}

/// Look away.
#[guarded_tool(read_only, scope = "refunds")]
async fn look_away() -> Result<(), Infallible> {
    Ok(())
}

/// Act.
#[guarded_tool(idempotent(lease = "5s"), scope = "refunds")]
async fn act(credential: &Credential) -> Result<usize, Infallible> {
    Ok(credential.expose().len())
}

/// Act in the store.
#[guarded_tool(idempotent(store = "transaction"), scope = "refunds")]
async fn transact(
    transaction: &mut mcp_guard::SqliteTransaction,
    credential: &Credential,
) -> Result<usize, Infallible> {
    let _ = transaction;
    Ok(credential.expose().len())
}

#[tokio::test]
async fn a_transaction_does_not_wait_for_an_authorization_server() {
    let fixture = guard_tests::fixture::Fixture::new();
    let store = SqliteStore::open(fixture.folder().join("store.db")).await.expect("a store");
    let found = mistakes(
        Guard::builder()
            .store(store)
            .tool::<transact>()
            .credentials(source("https://auth.example.com/token")),
    );
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("would hold the store's transaction open"), "{found:#?}");
}

fn source(url: &str) -> ClientCredentials {
    ClientCredentials::new(url, "guard", Secret::new("hunter2".into()))
}

fn mistakes(builder: GuardBuilder) -> Vec<String> {
    builder.build().err().expect("a mistake").mistakes().to_vec()
}

#[test]
fn what_nobody_mints_is_named_with_what_to_write() {
    let found = mistakes(Guard::builder().tool::<look>().tool::<look_around>());
    assert_eq!(
        found,
        [
            "tool `look` borrows `&Credential`, and nothing mints one: add `.credentials(…)`, for \
             example with `EnvironmentCredential::new(\"PAYMENTS_TOKEN\")?`",
            "tool `look_around` is `any_caller` and borrows `&Credential`: a credential is minted \
             for the tool's scopes, and it has none; write `scope = \"…\"`",
        ]
    );
}

#[test]
fn sources_that_are_for_nobody_or_written_twice_are_mistakes() {
    let good = || source("https://auth.example.com/token");
    let found = mistakes(
        Guard::builder()
            .tool::<look>()
            .tool::<look_away>()
            .credentials(good())
            .credentials(good())
            .credentials_for::<look>(good())
            .credentials_for::<look>(good())
            .credentials_for::<look_away>(good())
            .credentials_for::<act>(good()),
    );
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].contains("`.credentials(…)` is written twice"), "{found:#?}");
    assert!(found[1].contains("is written twice for tool `look`"), "{found:#?}");
    assert!(found[2].contains("is for tool `act`, which is not one"), "{found:#?}");
    assert!(found[3].contains("is for tool `look_away`, which is not one"), "{found:#?}");
}

#[test]
fn an_endpoint_that_may_not_be_asked_is_a_mistake() {
    for (wrong, said) in [
        (source("http://auth.example.com/token"), "must begin with `https://`"),
        (source("http://127.0.0.1:1/token"), "add `.allow_http_on_loopback()`, for development"),
        (source("https://10.0.0.1/token"), "add `.allow_private_addresses()`"),
        (source("https://me:hunter2@auth.example.com/"), "must not have a user or a password"),
        (source("auth.example.com"), "is not an absolute URL"),
        (
            ClientCredentials::new("https://auth.example.com", "", Secret::new("hunter2".into())),
            "the client's id or secret of `ClientCredentials` is empty",
        ),
        (
            ClientCredentials::new("https://auth.example.com", "guard", Secret::new(String::new())),
            "the client's id or secret of `ClientCredentials` is empty",
        ),
        (
            source("https://auth.example.com").map_scope("refunds", "write admin"),
            "has \"write admin\", which is not a scope",
        ),
        (
            source("https://auth.example.com").resource("payments"),
            "must be an absolute URL without a fragment",
        ),
        (
            source("https://auth.example.com").resource("https://payments.test/#x"),
            "must be an absolute URL without a fragment",
        ),
    ] {
        let found = mistakes(Guard::builder().tool::<look>().credentials(wrong));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains(said) && !found[0].contains("hunter2"), "{found:#?}");
    }
}

#[test]
fn a_credential_is_minted_well_within_the_lease() {
    let guard = |timeout| {
        Guard::builder()
            .store(MemoryStore::new().expect("randomness"))
            .tool::<act>()
            .credentials(source("https://auth.example.com/token"))
            .credential_timeout(timeout)
    };
    let found = mistakes(guard(Duration::from_secs(5)));
    assert_eq!(
        found,
        ["tool `act` has a lease of 5s, and its credential may take 5s: write a shorter \
          `.credential_timeout(…)`, or a longer lease"]
    );
    assert!(mistakes(guard(Duration::ZERO))[0].contains("`.credential_timeout(…)` is zero"));
    assert!(guard(Duration::from_secs(4)).build().is_ok());
}
