//! The catalogue inside a transaction. An import first looks for mistakes only the books can
//! show, and writes when there are none: a refused import has changed nothing.

use sqlx::sqlite::SqliteConnection;

use super::{Batch, rows};
use crate::limits::shop::{IMPORT_ERRORS_MAX, IMPORT_PRODUCTS_MAX};
use crate::protocol::shop::RowError;
use crate::shop::catalog::Product;
use crate::shop::store::{Books, Outcome, Refusal};

impl Batch {
    pub(super) async fn import(
        &mut self,
        db: &mut SqliteConnection,
        show: &str,
        products: &[(u32, Product)],
    ) -> sqlx::Result<Outcome> {
        let mut mistakes = Vec::new();
        for (row, product) in products {
            if let Some(Books { held, sold, .. }) = rows::books(&mut *db, &product.id).await?
                && product.stock < held + sold
                && mistakes.len() < IMPORT_ERRORS_MAX
            {
                let message = format!(
                    "{} is less than the {sold} sold and {held} held pieces; stock counts all \
                     pieces there ever were to sell",
                    product.stock
                );
                mistakes.push(RowError {
                    row: *row,
                    field: "stock".into(),
                    message,
                });
            }
        }
        let shelved = shelved(db, show).await?;
        let new = products
            .iter()
            .filter(|(_, product)| !shelved.contains(&product.id))
            .count();
        if shelved.len() + new > IMPORT_PRODUCTS_MAX {
            let message = format!("the shelf would have more than {IMPORT_PRODUCTS_MAX} products");
            mistakes.push(RowError {
                row: 0,
                field: String::new(),
                message,
            });
        }
        if !mistakes.is_empty() {
            return Ok(Outcome::Refused(Refusal::Rows(mistakes)));
        }
        for (_, product) in products {
            write_product(db, product).await?;
            append_to_shelf(db, show, &product.id).await?;
            self.described.push(product.id.clone());
        }
        Ok(Outcome::Imported(
            u32::try_from(products.len()).unwrap_or(u32::MAX),
        ))
    }

    pub(super) async fn shelve(
        &mut self,
        db: &mut SqliteConnection,
        show: &str,
        products: &[String],
    ) -> sqlx::Result<Outcome> {
        for id in products {
            if rows::books(&mut *db, id).await?.is_none() {
                return Ok(Outcome::Refused(Refusal::UnknownProduct(id.clone())));
            }
        }
        let before = shelved(db, show).await?;
        sqlx::query("DELETE FROM shelf WHERE show = ?")
            .bind(show)
            .execute(&mut *db)
            .await?;
        for id in products {
            append_to_shelf(db, show, id).await?;
        }
        let gone = before.iter().filter(|id| !products.contains(id));
        self.changes
            .removed
            .extend(gone.map(|id| (show.to_owned(), id.clone())));
        self.described
            .extend(products.iter().filter(|id| !before.contains(id)).cloned());
        Ok(Outcome::Shelved)
    }
}

async fn shelved(db: &mut SqliteConnection, show: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT product FROM shelf WHERE show = ? ORDER BY position")
        .bind(show)
        .fetch_all(db)
        .await
}

async fn append_to_shelf(db: &mut SqliteConnection, show: &str, id: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO shelf (show, product, position)
         SELECT ?1, ?2, coalesce(max(position), 0) + 1 FROM shelf WHERE show = ?1
         ON CONFLICT (show, product) DO NOTHING",
    )
    .bind(show)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Creates or updates. A price that stays the same keeps its version, so that quotes given for
/// it stand.
async fn write_product(db: &mut SqliteConnection, product: &Product) -> sqlx::Result<()> {
    let json = |value| serde_json::to_string(value).expect("texts are JSON");
    sqlx::query(
        "INSERT INTO products (id, title, description, images, translations, price_minor,
             compare_at_minor, currency, price_version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)
         ON CONFLICT (id) DO UPDATE SET
             title = ?2, description = ?3, images = ?4, translations = ?5,
             price_version = price_version + (price_minor <> ?6 OR currency <> ?8),
             price_minor = ?6, compare_at_minor = ?7, currency = ?8",
    )
    .bind(&product.id)
    .bind(&product.title)
    .bind(&product.description)
    .bind(json(&product.images))
    .bind(serde_json::to_string(&product.translations).expect("texts are JSON"))
    .bind(product.price.minor())
    .bind(product.compare_at.map(|amount| amount.minor()))
    .bind(product.price.currency())
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO stock (product, total, held, sold) VALUES (?1, ?2, 0, 0)
         ON CONFLICT (product) DO UPDATE SET total = ?2",
    )
    .bind(&product.id)
    .bind(product.stock)
    .execute(db)
    .await?;
    Ok(())
}
