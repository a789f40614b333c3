//! Counts of shows on disk, by minute; sums over orders beside them; and forgetting, of old counts
//! and of a buyer's data.

use sqlx::AnyPool;

use super::database::{Database, Use};
use crate::analytics::{Measure, Place};
use crate::limits::analytics::{ITEMS_READ_MAX, ROWS_READ_MAX, SALES_READ_MAX};

/// The tables. Cheap to clone.
#[derive(Clone)]
pub struct AnalyticsStore {
    writer: AnyPool,
    reader: AnyPool,
    /// What was erased stays so after a power cut.
    eraser: AnyPool,
}

/// What was sold of a product in a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Minute in which the orders were made.
    pub minute: u64,
    /// Product id.
    pub product: String,
    /// Its title in the newest of them.
    pub title: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Orders with it.
    pub orders: u64,
    /// Pieces.
    pub pieces: u64,
    /// Price of these pieces, minor units.
    pub minor: i64,
}

/// Orders of a minute in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// Minute in which they were made.
    pub minute: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// How many.
    pub orders: u64,
    /// What they are worth without shipping, minor units.
    pub minor: i64,
}

type SaleRow = (i64, String, String, String, i64, i64, i64);

impl AnalyticsStore {
    /// Those of a database. Counts of the last moment before a power cut may be lost.
    #[must_use]
    pub fn of(database: &Database) -> AnalyticsStore {
        AnalyticsStore {
            writer: database.pool(Use::Relaxed, 1),
            reader: database.pool(Use::Read, 1),
            eraser: database.pool(Use::Durable, 1),
        }
    }

    /// Adds counts, all of them or none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn add(&self, counts: &[(Place, u64)]) -> Result<(), sqlx::Error> {
        let mut transaction = self.writer.begin().await?;
        for (place, count) in counts {
            let query = sqlx::query(
                "INSERT INTO analytics (show, minute, measure, item, value) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (show, minute, measure, item) \
                 DO UPDATE SET value = analytics.value + excluded.value",
            );
            let query = query.bind(&place.show).bind(number(place.minute));
            let query = query.bind(place.measure.name()).bind(&place.item);
            query
                .bind(number(*count))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Counts of a show from a minute on, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn counts(&self, show: &str, from: u64) -> Result<Vec<(Place, u64)>, sqlx::Error> {
        self.places(
            "SELECT minute, measure, item, value FROM analytics \
             WHERE show = $1 AND minute >= $2 ORDER BY minute, measure, item LIMIT $3",
            show,
            from,
        )
        .await
    }

    async fn places(
        &self,
        query: &'static str,
        show: &str,
        from: u64,
    ) -> Result<Vec<(Place, u64)>, sqlx::Error> {
        let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(query)
            .bind(show)
            .bind(number(from))
            .bind(ROWS_READ_MAX)
            .fetch_all(&self.reader)
            .await?;
        let place = |(minute, measure, item, value): (i64, String, String, i64)| {
            let place = Place {
                show: show.to_owned(),
                minute: positive(minute),
                measure: Measure::of(&measure)?,
                item,
            };
            Some((place, positive(value)))
        };
        Ok(rows.into_iter().filter_map(place).collect())
    }

    /// What draws a show's curve from a minute on: viewing and joins, all items together, and
    /// which products were pinned.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn minutes(&self, show: &str, from: u64) -> Result<Vec<(Place, u64)>, sqlx::Error> {
        self.places(
            "SELECT minute, measure, CASE WHEN measure = 'pinned' THEN item ELSE '' END AS name, \
             CAST(SUM(value) AS BIGINT) FROM analytics \
             WHERE show = $1 AND minute >= $2 AND measure IN ('watched', 'country', 'pinned') \
             GROUP BY minute, measure, CASE WHEN measure = 'pinned' THEN item ELSE '' END \
             ORDER BY minute, measure, name LIMIT $3",
            show,
            from,
        )
        .await
    }

    /// What was counted of each item of a show from a minute on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn items(
        &self,
        show: &str,
        from: u64,
    ) -> Result<Vec<(Measure, String, u64)>, sqlx::Error> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT measure, item, CAST(SUM(value) AS BIGINT) AS total FROM analytics \
             WHERE show = $1 AND minute >= $2 GROUP BY measure, item \
             ORDER BY total DESC LIMIT $3",
        )
        .bind(show)
        .bind(number(from))
        .bind(ITEMS_READ_MAX)
        .fetch_all(&self.reader)
        .await?;
        let rows = rows.into_iter();
        let named = |(measure, item, sum): (String, String, i64)| {
            Some((Measure::of(&measure)?, item, positive(sum)))
        };
        Ok(rows.filter_map(named).collect())
    }

    /// Orders of a show that are bought, from a minute on, by the minute they were made in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sold(&self, show: &str, from: u64) -> Result<Vec<Sold>, sqlx::Error> {
        let rows: Vec<(i64, String, i64, i64)> = sqlx::query_as(
            "SELECT created_ms / 60000, currency, COUNT(*), \
             CAST(SUM(total_minor - shipping_minor) AS BIGINT) FROM orders \
             WHERE show = $1 AND created_ms >= $2 AND state IN ('confirmed', 'paid') \
             GROUP BY created_ms / 60000, currency ORDER BY 1, 2 LIMIT $3",
        )
        .bind(show)
        .bind(number(from.saturating_mul(60_000)))
        .bind(SALES_READ_MAX)
        .fetch_all(&self.reader)
        .await?;
        let sold = |(minute, currency, orders, minor)| Sold {
            minute: positive(minute),
            currency,
            orders: positive(orders),
            minor,
        };
        Ok(rows.into_iter().map(sold).collect())
    }

    /// Products of these orders.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sales(&self, show: &str, from: u64) -> Result<Vec<Sale>, sqlx::Error> {
        let rows: Vec<SaleRow> = sqlx::query_as(
            "SELECT o.created_ms / 60000, l.product, MAX(l.title), o.currency, \
             COUNT(DISTINCT o.id), CAST(SUM(l.quantity) AS BIGINT), \
             CAST(SUM(l.quantity * l.unit_minor) AS BIGINT) \
             FROM orders o JOIN order_lines l ON l.order_id = o.id \
             WHERE o.show = $1 AND o.created_ms >= $2 AND o.state IN ('confirmed', 'paid') \
             GROUP BY o.created_ms / 60000, l.product, o.currency \
             ORDER BY 1, 2, 4 LIMIT $3",
        )
        .bind(show)
        .bind(number(from.saturating_mul(60_000)))
        .bind(SALES_READ_MAX)
        .fetch_all(&self.reader)
        .await?;
        let sale = |(minute, product, title, currency, orders, pieces, minor): SaleRow| Sale {
            minute: positive(minute),
            product,
            title,
            currency,
            orders: positive(orders),
            pieces: positive(pieces),
            minor,
        };
        Ok(rows.into_iter().map(sale).collect())
    }

    /// Forgets counts of all shows from before a minute.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget(&self, before: u64) -> Result<(), sqlx::Error> {
        let query = sqlx::query("DELETE FROM analytics WHERE minute < $1");
        query.bind(number(before)).execute(&self.writer).await?;
        Ok(())
    }

    /// Forgets name, contact and address in orders of a merchant, and which visitor made them: of
    /// this id, or of this contact in any case. How many had any.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn erase(&self, merchant: &str, id: &str, contact: &str) -> Result<u64, sqlx::Error> {
        let query = sqlx::query(
            "UPDATE orders SET name = '', contact = '', address = NULL, buyer = id \
             WHERE merchant = $1 AND (id = $2 OR LOWER(contact) = LOWER($3)) \
             AND (name <> '' OR contact <> '' OR address IS NOT NULL)",
        );
        let query = query.bind(merchant).bind(id).bind(contact);
        Ok(query.execute(&self.eraser).await?.rows_affected())
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn positive(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
