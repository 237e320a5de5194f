//! Where the guard keeps its records, as the operator says.

use std::{
    env,
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use mcp_guard::{ConfigError, Error, SqliteStore, Store, store};

use super::{data_folder, make_folder_of};

/// Where the guard keeps its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StorePlace {
    /// In a file on this machine.
    File(PathBuf),
    /// In a database, which several machines may share. The URL may hold a password.
    Url(String),
}

impl StorePlace {
    /// What `--store` says, else `REFUNDS_STORE`, else `refunds.db` in the person's data folder.
    ///
    /// # Errors
    /// When there is no such folder, or a URL cannot be one of a store.
    pub(crate) fn chosen(option: Option<OsString>) -> Result<Self, ConfigError> {
        let named = option.or_else(|| env::var_os("REFUNDS_STORE"));
        match named.filter(|name| !name.is_empty()) {
            Some(name) => Self::named(name),
            None => Ok(Self::File(data_folder()?.join("refunds.db"))),
        }
    }

    fn named(name: OsString) -> Result<Self, ConfigError> {
        let Some(text) = name.to_str() else {
            return Ok(Self::File(name.into()));
        };
        match text.split_once("://") {
            Some((scheme, _)) => {
                check_built_in(scheme)?;
                Ok(Self::Url(text.to_owned()))
            }
            None => Ok(Self::File(text.strip_prefix("sqlite:").unwrap_or(text).into())),
        }
    }

    /// Opens the store, making what is missing of it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>, Error> {
        Ok(match self {
            Self::File(path) => {
                make_folder_of(path)?;
                Arc::new(SqliteStore::open(path).await?)
            }
            Self::Url(url) => store::open(url).await?,
        })
    }

    /// Opens a store that a server has already used. A file that is not there is not made: nothing
    /// would be unknown in it, and nobody would see that its name was mistyped.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub(crate) async fn open_existing(&self) -> Result<Arc<dyn Store>, Error> {
        if let Self::File(path) = self {
            check_in_use(path)?;
        }
        self.open().await
    }

    /// Where the ledger is, unless the operator says otherwise: beside the store's file, else in the
    /// person's data folder.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(crate) fn ledger(&self) -> Result<PathBuf, ConfigError> {
        match self {
            Self::File(path) => Ok(path.with_file_name("payments.db")),
            Self::Url(_) => Ok(data_folder()?.join("payments.db")),
        }
    }
}

/// Nothing of a URL but its kind.
impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => {
                let (scheme, _) = url.split_once("://").unwrap_or_default();
                write!(f, "the {scheme}:// store")
            }
        }
    }
}

/// A URL's scheme names a store that this program was built with.
fn check_built_in(scheme: &str) -> Result<(), ConfigError> {
    let (feature, built_in) = match scheme {
        "postgres" | "postgresql" => ("postgres", cfg!(feature = "postgres")),
        "redis" | "rediss" => ("redis", cfg!(feature = "redis")),
        _ => {
            return Err(ConfigError::new(format!(
                "`{scheme}://` names no store: write postgres://…, redis://…, rediss://… or the \
                 path of a file"
            )));
        }
    };
    if built_in {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "this program was built without the {scheme}:// store: build it with `cargo build -p \
         refunds --features {feature}`"
    )))
}

fn check_in_use(path: &Path) -> Result<(), ConfigError> {
    let mistake = match path.metadata() {
        Ok(file) if !file.is_file() => "is not a file",
        Ok(file) if file.len() == 0 => "is empty",
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "is not there",
        Err(error) => {
            let text = format!("the store {} cannot be read: {error}", path.display());
            return Err(ConfigError::new(text));
        }
    };
    Err(ConfigError::new(format!(
        "the store {} {mistake}: name the one that the server uses, with --store or REFUNDS_STORE",
        path.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Result<StorePlace, ConfigError> {
        StorePlace::named(name.into())
    }

    #[test]
    fn a_path_is_a_file_whatever_it_looks_like() {
        for (name, path) in [
            ("refunds.db", "refunds.db"),
            ("sqlite:refunds.db", "refunds.db"),
            ("./postgres", "./postgres"),
        ] {
            assert_eq!(named(name), Ok(StorePlace::File(path.into())));
        }
    }

    #[test]
    fn a_url_without_its_store_says_what_to_build() {
        for (url, feature, built_in) in [
            ("postgres://u:hunter2@host/db", "postgres", cfg!(feature = "postgres")),
            ("rediss://u:hunter2@host", "redis", cfg!(feature = "redis")),
        ] {
            let said = match named(url) {
                Ok(place) if built_in => place.to_string(),
                Err(error) if !built_in => {
                    let said = error.to_string();
                    assert!(said.contains(&format!("--features {feature}")), "{said}");
                    said
                }
                other => panic!("{url}: {other:?}"),
            };
            assert!(!said.contains("hunter2"), "{said}");
        }
        let said = named("mysql://u:hunter2@host/db").unwrap_err().to_string();
        assert!(said.contains("`mysql://`") && !said.contains("hunter2"), "{said}");
    }

    #[test]
    fn the_ledger_is_beside_the_file() {
        let place = StorePlace::File("folder/refunds.db".into());
        assert_eq!(place.ledger(), Ok("folder/payments.db".into()));
    }

    #[tokio::test]
    async fn a_store_that_is_not_in_use_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.db");
        std::fs::write(&empty, "").unwrap();
        for (path, says) in [
            (folder.path().join("typo").join("refunds.db"), "is not there"),
            (folder.path().to_owned(), "is not a file"),
            (empty.clone(), "is empty"),
        ] {
            let Err(error) = StorePlace::File(path).open_existing().await else {
                panic!("it was opened: {says}");
            };
            let said = error.to_string();
            assert!(said.contains(says) && said.contains("--store"), "{said}");
        }
        let left: Vec<_> = folder.path().read_dir().unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(empty.metadata().unwrap().len(), 0);
    }
}
