//! Opening a store by its URL, for programs whose operators choose it.

use std::sync::Arc;

use super::{Store, StoreError};

/// Opens the store that a URL names:
///
/// | URL | store | feature |
/// |---|---|---|
/// | `postgres://…`, `postgresql://…` | `PostgresStore` | `postgres` |
/// | `redis://…`, `rediss://…` | `RedisStore` | `redis` |
/// | `sqlite:PATH`, or a path | `SqliteStore` | `sqlite` |
///
/// # Errors
/// [`StoreError::Unusable`] for a URL of another kind, or of a kind whose feature is turned off, and
/// whatever the store's own opening returns.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match Kind::of(url)? {
        #[cfg(feature = "postgres")]
        Kind::Postgres => Ok(Arc::new(super::PostgresStore::connect(url).await?)),
        #[cfg(not(feature = "postgres"))]
        Kind::Postgres => Err(turned_off("postgres")),
        #[cfg(feature = "redis")]
        Kind::Redis => Ok(Arc::new(super::RedisStore::connect(url).await?)),
        #[cfg(not(feature = "redis"))]
        Kind::Redis => Err(turned_off("redis")),
        #[cfg(feature = "sqlite")]
        Kind::Sqlite(path) => Ok(Arc::new(super::SqliteStore::open(path).await?)),
        #[cfg(not(feature = "sqlite"))]
        Kind::Sqlite(_) => Err(turned_off("sqlite")),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    Postgres,
    Redis,
    Sqlite(&'a str),
}

impl<'a> Kind<'a> {
    fn of(url: &'a str) -> Result<Self, StoreError> {
        if let Some((scheme, _)) = url.split_once("://") {
            return match scheme {
                "postgres" | "postgresql" => Ok(Self::Postgres),
                "redis" | "rediss" => Ok(Self::Redis),
                "sqlite" => Err(StoreError::Unusable(
                    "write `sqlite:PATH`, without slashes of its own: `sqlite:refunds.db`, \
                     `sqlite:/var/lib/refunds.db`"
                        .into(),
                )),
                // What stands behind the scheme may be a password.
                other => Err(StoreError::Unusable(format!(
                    "`{other}://` names no store: write `postgres://…`, `redis://…`, \
                     `rediss://…`, `sqlite:PATH` or a path"
                ))),
            };
        }
        let path = url.strip_prefix("sqlite:").unwrap_or(url);
        if path.is_empty() {
            return Err(StoreError::Unusable(
                "no store is named: write `postgres://…`, `redis://…`, `sqlite:PATH` or a path"
                    .into(),
            ));
        }
        Ok(Self::Sqlite(path))
    }
}

#[cfg(not(all(feature = "postgres", feature = "redis", feature = "sqlite")))]
fn turned_off(feature: &str) -> StoreError {
    StoreError::Unusable(format!(
        "this program was built without that store: turn on mcp-guard's feature `{feature}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_which_store() {
        assert_eq!(Kind::of("postgres://host/db"), Ok(Kind::Postgres));
        assert_eq!(Kind::of("postgresql://host/db"), Ok(Kind::Postgres));
        assert_eq!(Kind::of("redis://host"), Ok(Kind::Redis));
        assert_eq!(Kind::of("rediss://host"), Ok(Kind::Redis));
        assert_eq!(Kind::of("sqlite:refunds.db"), Ok(Kind::Sqlite("refunds.db")));
        assert_eq!(Kind::of("./refunds.db"), Ok(Kind::Sqlite("./refunds.db")));
    }

    #[test]
    fn another_url_is_refused_and_its_password_is_not_repeated() {
        let Err(StoreError::Unusable(said)) = Kind::of("mysql://root:hunter2@host/db") else {
            panic!("it was taken");
        };
        assert!(said.contains("`mysql://`") && said.contains("`postgres://"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(Kind::of("sqlite:///refunds.db").is_err());
        assert!(Kind::of("").is_err() && Kind::of("sqlite:").is_err());
    }
}
