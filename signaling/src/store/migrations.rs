//! The tables' history from `migrations/`: SQLite's files in it, PostgreSQL's in its `postgres/`.
//! Read by hand, because `sqlx::migrate!` builds sqlx with both drivers a second time for the
//! compiler.

use rust_embed::RustEmbed;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::database::Kind;

#[derive(RustEmbed)]
#[folder = "migrations"]
struct Files;

/// The migrations of a kind of database.
pub(super) fn migrations(kind: Kind) -> Migrator {
    let files = Files::iter().filter_map(|path| {
        let name = match kind {
            Kind::Sqlite => (!path.contains('/')).then_some(&*path)?,
            Kind::Postgres => path.strip_prefix("postgres/")?,
        };
        let (version, description) = name.strip_suffix(".sql")?.split_once('_')?;
        let text = Files::get(&path)?.data.into_owned();
        Some(Migration::new(
            version.parse().ok()?,
            description.replace('_', " ").into(),
            MigrationType::Simple,
            AssertSqlSafe(String::from_utf8(text).ok()?).into_sql_str(),
            false,
        ))
    });
    Migrator::with_migrations(files.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_migration() {
        let read = [Kind::Sqlite, Kind::Postgres].map(|kind| migrations(kind).iter().count());
        assert_eq!(read[0] + read[1], Files::iter().count());
        assert!(read[0] > 1 && read[1] > 0);
    }
}
