//! TLS: the server's certificate is verified, always.

use guard_tests::services::postgres::{Certificate, Postgres};
use mcp_guard::{PostgresStore, StoreError};

use crate::{answer, done};

fn secured(subject: &str) -> Option<(Postgres, Certificate)> {
    let certificate = Certificate::new(subject)?;
    Some((Postgres::start_with_tls(&certificate)?, certificate))
}

fn url(server: &Postgres, mode: &str, roots: Option<&Certificate>) -> String {
    let roots = roots.map(|roots| format!("&sslrootcert={}", roots.authority().display()));
    format!("{}?sslmode={mode}{}", server.url(), roots.unwrap_or_default())
}

async fn refused(url: &str) -> String {
    match PostgresStore::connect(url).await {
        Err(StoreError::Unusable(said)) => said,
        other => panic!("{url}: expected that it is refused, found {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_trusted_and_names_the_host_will_do() {
    let Some((server, certificate)) = secured("IP:127.0.0.1") else { return };
    for mode in ["require", "verify-ca", "verify-full", "prefer"] {
        let opened = PostgresStore::connect(&url(&server, mode, Some(&certificate))).await;
        let store = opened.expect(mode);
        let number = u64::try_from(mode.len()).expect("small");
        let claim = done(&store, number).await;
        assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
        let ssl = server.sql(
            "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
            WHERE application_name = 'mcp-guard'",
        );
        assert_eq!(ssl, "t", "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let Some((server, _)) = secured("IP:127.0.0.1") else { return };
    let Some(stranger) = Certificate::new("IP:127.0.0.1") else { return };
    for mode in ["require", "verify-full", "prefer"] {
        let said = refused(&url(&server, mode, Some(&stranger))).await;
        assert!(said.contains("sslrootcert"), "{said}");
    }
    let said = refused(&url(&server, "require", None)).await;
    assert!(said.contains("sslrootcert"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_names_another_host_is_refused() {
    let Some((server, certificate)) = secured("DNS:db.example") else { return };
    for mode in ["require", "verify-full", "prefer"] {
        let said = refused(&url(&server, mode, Some(&certificate))).await;
        assert!(said.contains("name the host"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused_where_it_is_required() {
    let Some(server) = Postgres::start() else { return };
    let said = refused(&url(&server, "require", None)).await;
    assert!(said.contains("sslmode=disable"), "{said}");
    PostgresStore::connect(&url(&server, "prefer", None)).await.expect("plain text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_tls_is_not_reached_without() {
    let Some((server, _)) = secured("IP:127.0.0.1") else { return };
    let said = refused(&url(&server, "disable", None)).await;
    assert!(said.contains("pg_hba.conf"), "{said}");
}
