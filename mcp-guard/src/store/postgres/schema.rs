//! The schema that the store keeps its tables and rules in, and its versions.

use tokio_postgres::{Client, GenericClient, Transaction};

use super::{fault::store_error, session::Session};
use crate::store::StoreError;

/// The version that this release works with.
const VERSION: i64 = 3;
/// What leads from each version to the next, from nothing on. Version 3 has other rules alone.
const MIGRATIONS: [&str; 3] =
    [include_str!("schema/1_tables.sql"), include_str!("schema/2_types.sql"), ""];
/// The rules of this version, which take the place of any other's.
const RULES: [&str; 4] = [
    include_str!("schema/rules/1_locks.sql"),
    include_str!("schema/rules/2_claim.sql"),
    include_str!("schema/rules/3_settle.sql"),
    include_str!("schema/rules/4_keep.sql"),
];
/// The oldest server that has all the functions that are used.
const OLDEST_SERVER: i32 = 130_000;

/// Refuses a name that would have to be quoted, and what PostgreSQL keeps for itself.
pub(super) fn check_name(schema: &str) -> Result<(), StoreError> {
    let plain = schema.len() <= 63
        && schema.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !schema.starts_with("pg_") && schema != "public" {
        return Ok(());
    }
    Err(StoreError::Unusable(format!(
        "`{schema}` cannot be the store's schema: choose a name of its own, of at most 63 lower-case \
         letters, digits and `_`, such as `mcp_guard`"
    )))
}

/// Sees to it that the schema is of this release's version, or refuses.
///
/// Of those that start at once, the first migrates and the others wait for it.
pub(super) async fn make_ready(
    session: &mut Session,
    schema: &str,
    migrate: bool,
) -> Result<(), StoreError> {
    let client = session.client_mut();
    check_server(client).await?;
    match version(client, schema).await? {
        VERSION => return Ok(()),
        newer if newer > VERSION => return Err(too_new(schema, newer)),
        older if !migrate => {
            return Err(StoreError::Unusable(format!(
                "the schema `{schema}` has version {older}, and this release needs {VERSION}: open \
                 the store once with `migrate(true)`, as a role that may create it"
            )));
        }
        _ => {}
    }
    let transaction = client.transaction().await.map_err(store_error)?;
    bring_up(&transaction, schema).await?;
    transaction.commit().await.map_err(store_error)
}

async fn check_server(client: &Client) -> Result<(), StoreError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'),
                 current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'",
            &[],
        )
        .await
        .map_err(store_error)?;
    let (number, name, durable): (i32, String, bool) = (row.get(0), row.get(1), row.get(2));
    if number < OLDEST_SERVER {
        return Err(StoreError::Unusable(format!(
            "the server is PostgreSQL {name}; 13 or newer is needed"
        )));
    }
    if !durable {
        tracing::warn!(
            "PostgreSQL runs with fsync or full_page_writes off: a power loss can undo claims, and \
             what was done once can be done again"
        );
    }
    Ok(())
}

/// The version of the schema, 0 where there is none. The catalogue is read as a table: by name, a
/// function is looked up in a cache, which does not see what another has committed while this
/// transaction waited for it.
async fn version(client: &impl GenericClient, schema: &str) -> Result<i64, StoreError> {
    let there: bool = client
        .query_one(
            "SELECT EXISTS (
                 SELECT FROM pg_catalog.pg_proc p
                     JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname = $1::text AND p.proname = 'schema_version')",
            &[&schema],
        )
        .await
        .map_err(store_error)?
        .get(0);
    if !there {
        return Ok(0);
    }
    let version: Option<i64> = client
        .query_one(&format!("SELECT \"{schema}\".schema_version()"), &[])
        .await
        .map_err(not_ours)?
        .get(0);
    Ok(version.unwrap_or(0))
}

async fn bring_up(transaction: &Transaction<'_>, schema: &str) -> Result<(), StoreError> {
    // Whoever comes second waits for as long as the first one needs.
    transaction
        .batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        .await
        .map_err(store_error)?;
    transaction
        .execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('mcp_guard migration ' || $1::text, 0))",
            &[&schema],
        )
        .await
        .map_err(store_error)?;
    let had = version(transaction, schema).await?;
    if had > VERSION {
        return Err(too_new(schema, had));
    }
    if had == VERSION {
        return Ok(());
    }
    if had == 0 {
        create(transaction, schema).await?;
    }
    transaction
        .batch_execute(&format!("SET LOCAL search_path = \"{schema}\", pg_temp"))
        .await
        .map_err(store_error)?;
    for (version, migration) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > had) {
        transaction.batch_execute(migration).await.map_err(store_error)?;
        transaction
            .execute("INSERT INTO migration (version) VALUES ($1)", &[&version])
            .await
            .map_err(store_error)?;
    }
    for rules in RULES {
        transaction.batch_execute(rules).await.map_err(store_error)?;
    }
    Ok(())
}

/// Makes the schema, or takes an empty one that is there: making one needs a privilege on the whole
/// database.
async fn create(transaction: &Transaction<'_>, schema: &str) -> Result<(), StoreError> {
    let found = transaction
        .query_opt(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid)
             FROM pg_catalog.pg_namespace n WHERE n.nspname = $1::text",
            &[&schema],
        )
        .await
        .map_err(store_error)?;
    match found.map(|row| row.get(0)) {
        Some(true) => Err(StoreError::Unusable(format!(
            "the schema `{schema}` belongs to another application: choose another name with \
             `PostgresOptions::schema`"
        ))),
        Some(false) => Ok(()),
        None => transaction
            .batch_execute(&format!("CREATE SCHEMA \"{schema}\""))
            .await
            .map_err(store_error),
    }
}

fn too_new(schema: &str, version: i64) -> StoreError {
    StoreError::Unusable(format!(
        "the schema `{schema}` has version {version}, and this release knows {VERSION}: run a newer \
         release"
    ))
}

fn not_ours(error: tokio_postgres::Error) -> StoreError {
    match store_error(error) {
        StoreError::Unusable(said) => StoreError::Unusable(format!(
            "{said}: grant the role USAGE on the store's schema and EXECUTE on its functions"
        )),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_migration_leads_to_this_version() {
        assert_eq!(i64::try_from(MIGRATIONS.len()), Ok(VERSION));
    }

    #[test]
    fn a_schema_has_a_plain_name_of_its_own() {
        for good in ["mcp_guard", "_x", "refunds2"] {
            assert_eq!(check_name(good), Ok(()));
        }
        let long = "a".repeat(64);
        for bad in ["", "public", "pg_guard", "Refunds", "a-b", "a\"b", "2a", "é", &long] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
