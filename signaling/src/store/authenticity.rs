//! Certificates and serial numbers of products, in the same database as the shop.

use sqlx::{AnyPool, Row as _};

use super::database::{Database, Use};
use crate::protocol::shop::{AuthenticityView, SerialView};

/// The tables. Cheap to clone.
#[derive(Clone)]
pub struct AuthenticityStore(AnyPool);

impl AuthenticityStore {
    /// Those of a database.
    #[must_use]
    pub fn of(database: &Database) -> AuthenticityStore {
        AuthenticityStore(database.pool(Use::Relaxed, 1))
    }

    /// Whose a product is; none when there is no such product.
    ///
    /// # Errors
    /// When the store cannot be read, as with all below.
    pub async fn merchant_of(&self, product: &str) -> Result<Option<String>, sqlx::Error> {
        let query = sqlx::query_scalar("SELECT merchant FROM products WHERE id = $1");
        query.bind(product).fetch_optional(&self.0).await
    }

    /// What proves a product genuine; none when there is no such product.
    ///
    /// # Errors
    /// As above.
    pub async fn view(&self, product: &str) -> Result<Option<AuthenticityView>, sqlx::Error> {
        let query = sqlx::query(
            "SELECT c.url AS url, CASE WHEN EXISTS (SELECT 1 FROM serials s WHERE s.product = p.id) \
             THEN 1 ELSE 0 END AS has_serials \
             FROM products p LEFT JOIN certificates c ON c.product = p.id WHERE p.id = $1",
        );
        let row = query.bind(product).fetch_optional(&self.0).await?;
        row.map(|row| {
            Ok(AuthenticityView {
                certificate: row.try_get("url")?,
                has_serials: row.try_get::<i64, _>("has_serials")? != 0,
            })
        })
        .transpose()
    }

    /// Sets a product's certificate, or takes it away.
    ///
    /// # Errors
    /// As above.
    pub async fn set_certificate(
        &self,
        product: &str,
        url: Option<&str>,
    ) -> Result<(), sqlx::Error> {
        match url {
            Some(url) => {
                let query = sqlx::query(
                    "INSERT INTO certificates (product, url) VALUES ($1, $2) \
                     ON CONFLICT (product) DO UPDATE SET url = excluded.url",
                );
                query.bind(product).bind(url).execute(&self.0).await?;
            }
            None => {
                let query = sqlx::query("DELETE FROM certificates WHERE product = $1");
                query.bind(product).execute(&self.0).await?;
            }
        }
        Ok(())
    }

    /// Keeps a document under its hash.
    ///
    /// # Errors
    /// As above.
    pub async fn keep(&self, hash: &str, bytes: Vec<u8>) -> Result<(), sqlx::Error> {
        let query = sqlx::query(
            "INSERT INTO documents (hash, bytes) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
        );
        query.bind(hash).bind(bytes).execute(&self.0).await?;
        Ok(())
    }

    /// A document.
    ///
    /// # Errors
    /// As above.
    pub async fn document(&self, hash: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
        let query = sqlx::query_scalar("SELECT bytes FROM documents WHERE hash = $1");
        query.bind(hash).fetch_optional(&self.0).await
    }

    /// Adds serial numbers to a product; all or none. Those it has keep their checks.
    ///
    /// # Errors
    /// As above.
    pub async fn add_serials<'a>(
        &self,
        product: &str,
        serials: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), sqlx::Error> {
        let serials: Vec<[&str; 1]> = serials.into_iter().map(|serial| [serial]).collect();
        let list = serde_json::to_string(&serials).expect("texts");
        let query = sqlx::query(
            "INSERT INTO serials (product, serial, checks) \
             SELECT $1, k.value ->> 0, 0 FROM json_each($2) k WHERE true \
             ON CONFLICT (product, serial) DO NOTHING",
        );
        query.bind(product).bind(list).execute(&self.0).await?;
        Ok(())
    }

    /// Looks a serial number up and counts that.
    ///
    /// # Errors
    /// As above.
    pub async fn check(
        &self,
        product: &str,
        serial: &str,
        now_ms: i64,
    ) -> Result<SerialView, sqlx::Error> {
        let query = sqlx::query(
            "UPDATE serials SET checks = checks + 1, first_ms = coalesce(first_ms, $3) \
             WHERE product = $1 AND serial = $2 RETURNING checks, first_ms",
        );
        let query = query.bind(product).bind(serial).bind(now_ms);
        let Some(row) = query.fetch_optional(&self.0).await? else {
            return Ok(SerialView {
                is_known: false,
                checks_before: 0,
                first_ms: None,
            });
        };
        let (checks, first_ms): (i64, i64) = (row.try_get("checks")?, row.try_get("first_ms")?);
        let checks_before = u32::try_from(checks - 1).unwrap_or(u32::MAX);
        Ok(SerialView {
            is_known: true,
            checks_before,
            first_ms: (checks_before > 0).then(|| first_ms.unsigned_abs()),
        })
    }
}
