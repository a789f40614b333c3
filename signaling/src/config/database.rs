//! Where the books are kept, as a setting.

use std::path::PathBuf;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;

use crate::redacted::Redacted;

/// Where the books are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// In an SQLite file.
    File(PathBuf),
    /// In PostgreSQL; the URL may hold a password.
    Postgres(Redacted<String>),
}

impl Database {
    /// Of `--database`: a URL or a file; without it `vitrine.db` in the data directory.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn of(
        text: Option<&str>,
        data: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<Database, String> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            let data = data().ok_or("--data is needed: neither XDG_DATA_HOME nor HOME is set")?;
            return Ok(Database::File(data.join("vitrine.db")));
        };
        match text.split_once("://") {
            None => Ok(Database::File(text.into())),
            // The text is not repeated: it may hold a password.
            Some(("postgres" | "postgresql", _)) if PgConnectOptions::from_str(text).is_ok() => {
                Ok(Database::Postgres(Redacted::new(text.to_owned())))
            }
            _ => Err("--database is neither a file nor a URL such as postgres://host/name".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_file_or_postgres_and_its_password_is_not_printed() {
        let of = |text: Option<&str>| Database::of(text, || Some("/data".into()));
        assert_eq!(of(None), Ok(Database::File("/data/vitrine.db".into())));
        assert_eq!(of(Some("shop.db")), Ok(Database::File("shop.db".into())));
        let told = format!("{:?}", of(Some("postgres://me:s3cret@db/shop")));
        assert!(
            told.contains("Postgres") && !told.contains("s3cret"),
            "{told}"
        );
        for bad in [
            "mysql://me:s3cret@db/shop",
            "postgres://me:s3cret@db:port/shop",
        ] {
            let error = of(Some(bad)).expect_err("no database of ours");
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(Database::of(None, || None).is_err());
    }
}
