//! The schema: who makes it, who may use it, and which versions are refused.

use futures_util::future::join_all;
use guard_tests::services::postgres::Postgres;
use mcp_guard::{
    PostgresStore, StoreError,
    store::{Store, open},
};

use crate::{answer, claim_of, connect, done, granted, operation};

fn refused(opened: Result<PostgresStore, StoreError>) -> String {
    match opened {
        Err(StoreError::Unusable(said)) => said,
        other => panic!("expected that it is refused, found {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_that_start_at_once_one_migrates() {
    let Some(server) = Postgres::start() else { return };
    let starters = (0..8).map(|_| {
        let url = server.url();
        tokio::spawn(async move { PostgresStore::connect(&url).await.map(drop) })
    });
    for started in join_all(starters).await {
        assert_eq!(started.expect("no panic"), Ok(()));
    }
    assert_eq!(server.sql("SELECT version FROM mcp_guard.migration ORDER BY 1"), "1\n2\n3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused_and_left_alone() {
    let Some(server) = Postgres::start() else { return };
    drop(connect(&server).await);
    let inserted = server.sql("INSERT INTO mcp_guard.migration (version) VALUES (99) RETURNING 1");
    assert!(inserted.starts_with('1'));
    for migrate in [true, false] {
        let opened = PostgresStore::options(&server.url()).migrate(migrate).connect().await;
        let said = refused(opened);
        assert!(said.contains("version 99") && said.contains("newer release"), "{said}");
    }
    assert_eq!(server.sql("SELECT count(*) FROM mcp_guard.migration"), "4");
}

/// As a release left it that knew the first version alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_schema_is_brought_up_and_keeps_its_records() {
    let Some(server) = Postgres::start() else { return };
    let store = connect(&server).await;
    let claim = done(&store, 1).await;
    drop(store);
    let older = server.sql(
        "SET client_min_messages = error;
         DO $$
         DECLARE name text;
         BEGIN
             FOR name IN SELECT p.oid::regprocedure FROM pg_proc p
                 WHERE pronamespace = 'mcp_guard'::regnamespace AND proname <> 'schema_version'
             LOOP EXECUTE 'DROP FUNCTION ' || name || ' CASCADE'; END LOOP;
             DROP TYPE mcp_guard.wish, mcp_guard.answer, mcp_guard.seen;
         END $$;
         DELETE FROM mcp_guard.migration WHERE version > 1;
         SELECT max(version) FROM mcp_guard.migration",
    );
    assert!(older.ends_with('1'), "{older}");
    let said = refused(PostgresStore::options(&server.url()).migrate(false).connect().await);
    assert!(said.contains("version 1") && said.contains("migrate(true)"), "{said}");
    let store = connect(&server).await;
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
}

/// As a release left it that knew other rules. Who may call them may do so still.
#[tokio::test(flavor = "multi_thread")]
async fn older_rules_are_replaced_and_keep_their_grants() {
    let Some(server) = Postgres::start() else { return };
    let store = connect(&server).await;
    let claim = done(&store, 1).await;
    drop(store);
    let older = server.sql(
        "CREATE ROLE app LOGIN PASSWORD 'hunter2';
         GRANT USAGE ON SCHEMA mcp_guard TO app;
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mcp_guard TO app;
         DROP FUNCTION mcp_guard.make_way;
         DELETE FROM mcp_guard.migration WHERE version = 3;
         SELECT max(version) FROM mcp_guard.migration",
    );
    assert!(older.ends_with('2'), "{older}");
    let url = server.url_as("app", "hunter2");
    let said = refused(PostgresStore::options(&url).migrate(false).connect().await);
    assert!(said.contains("version 2") && said.contains("migrate(true)"), "{said}");
    drop(connect(&server).await);
    let store = PostgresStore::connect(&url).await.expect("a store");
    assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
    done(&store, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_schema_is_refused_where_it_may_not_be_made() {
    let Some(server) = Postgres::start() else { return };
    let said = refused(PostgresStore::options(&server.url()).migrate(false).connect().await);
    assert!(said.contains("version 0") && said.contains("migrate(true)"), "{said}");
    assert_eq!(server.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'mcp_guard'"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_another_application_is_left_alone() {
    let Some(server) = Postgres::start() else { return };
    drop(server.sql("CREATE SCHEMA theirs; CREATE TABLE theirs.orders (id int)"));
    let said = refused(PostgresStore::options(&server.url()).schema("theirs").connect().await);
    assert!(said.contains("`theirs` belongs to another application"), "{said}");
    // An empty one was made for us by somebody who may.
    drop(server.sql("CREATE SCHEMA ours"));
    let store = PostgresStore::options(&server.url()).schema("ours").connect().await;
    done(&store.expect("a store"), 1).await;
    assert_eq!(server.sql("SELECT count(*) FROM ours.operation"), "1");
}

/// Two stores in one database have nothing to do with each other.
#[tokio::test(flavor = "multi_thread")]
async fn schemas_are_stores_of_their_own() {
    let Some(server) = Postgres::start() else { return };
    let one = connect(&server).await;
    let two = PostgresStore::options(&server.url()).schema("two").connect().await.expect("a store");
    granted(&one, &claim_of(operation(1))).await;
    granted(&two, &claim_of(operation(1))).await;
    let secrets = [one.secret().await.expect("a secret"), two.secret().await.expect("a secret")];
    assert!(secrets[0].expose() != secrets[1].expose());
}

/// A role that serves may call the functions, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_needs_no_privilege_on_the_tables() {
    let Some(server) = Postgres::start() else { return };
    drop(connect(&server).await);
    drop(server.sql("CREATE ROLE app LOGIN PASSWORD 'hunter2'"));
    let url = server.url_as("app", "hunter2");
    let said = refused(PostgresStore::connect(&url).await);
    assert!(said.contains("permission denied") && said.contains("grant the role"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    drop(server.sql(
        "GRANT USAGE ON SCHEMA mcp_guard TO app;
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mcp_guard TO app",
    ));
    for migrate in [true, false] {
        let opened = PostgresStore::options(&url).migrate(migrate).connect().await;
        let store = opened.expect("a store");
        let claim = done(&store, u64::from(migrate)).await;
        assert_eq!(answer(&store, &claim).await.as_deref(), Some("done"));
        assert!(store.inspect(&claim.operation).await.expect("an answer").is_some());
        store.secret().await.expect("a secret");
    }
    let tables = server.sql(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'mcp_guard'::regnamespace
             AND relkind = 'r' AND has_table_privilege('app', oid, 'SELECT, INSERT, UPDATE, DELETE')",
    );
    assert_eq!(tables, "0");
    let open_to_all = server.sql(
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'mcp_guard'::regnamespace
             AND proname <> 'schema_version' AND (proacl IS NULL OR proacl::text LIKE '%{=X%')",
    );
    assert_eq!(open_to_all, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_is_refused() {
    let settings = [("default_transaction_read_only", "on")];
    let Some(server) = Postgres::start_with(&settings) else { return };
    let said = refused(PostgresStore::connect(&server.url()).await);
    assert!(said.contains("read-only") && said.contains("primary"), "{said}");
}

/// What an operator writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_opened_by_its_url() {
    let Some(server) = Postgres::start() else { return };
    let store = open(&server.url()).await.expect("a store");
    store.secret().await.expect("a secret");
    assert_eq!(server.sql("SELECT count(*) FROM mcp_guard.secret"), "1");
    let Err(error) = open(&Postgres::url_at(1)).await else { panic!("nobody listens there") };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}
