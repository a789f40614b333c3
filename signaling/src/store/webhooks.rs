//! Webhook endpoints and what they are owed, in the same database file as the orders. The orders'
//! own transaction writes the outbox; here it is only read, and each endpoint's place in it moved.

#[cfg(test)]
mod tests;

use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

use super::database::{Database, Use};
use crate::limits::webhooks::{DELIVERIES_LISTED_MAX, ENDPOINTS_PER_SHOW_MAX, OUTBOX_DAYS_MAX};
use crate::protocol::webhook::{DeliveryState, DeliveryView, WebhookView};
use crate::webhook::courier::{Delivery, Standing};
use crate::webhook::sign::Secret;

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// How long the secret before the last one still signs: a day to change it at the other end.
pub const OLD_SECRET_MS: u64 = DAY_MS;

/// The tables. Cheap to clone.
#[derive(Clone)]
pub struct WebhookStore(AnyPool);

/// An endpoint.
#[derive(Clone)]
pub struct Webhook {
    /// Id.
    pub id: String,
    /// Show whose events it gets.
    pub show: String,
    /// Where.
    pub url: String,
    /// Signs.
    pub secret: Secret,
    /// Signed before, and still does until then, Unix ms.
    pub old_secret: Option<(Secret, u64)>,
    /// Whether events are sent.
    pub is_enabled: bool,
    /// Events up to this number have become deliveries.
    pub taken: u64,
    /// When it was made, Unix ms.
    pub created_ms: u64,
}

impl Webhook {
    /// Without the secret.
    #[must_use]
    pub fn view(&self) -> WebhookView {
        WebhookView {
            id: self.id.clone(),
            url: self.url.clone(),
            enabled: self.is_enabled,
            taken: self.taken,
            created_ms: self.created_ms,
        }
    }

    /// The secrets that sign now.
    #[must_use]
    pub fn secrets(&self, now_ms: u64) -> Vec<Secret> {
        let old = self
            .old_secret
            .iter()
            .filter(|(_, until_ms)| *until_ms > now_ms);
        let old = old.map(|(secret, _)| secret.clone());
        std::iter::once(self.secret.clone()).chain(old).collect()
    }
}

/// An entry of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Show name.
    pub show: String,
    /// Number in the show.
    pub seq: u64,
    /// State that the order came to.
    pub state: String,
    /// Which order.
    pub order: String,
    /// When, Unix ms.
    pub at_ms: u64,
}

/// How a try ended, for the list of deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// HTTP status.
    pub status: Option<u16>,
    /// What else went wrong.
    pub error: Option<String>,
}

type Result<T> = sqlx::Result<T>;

impl WebhookStore {
    /// The webhooks in a database. Losing the last second here to a power cut sends something
    /// twice, no more.
    #[must_use]
    pub fn of(database: &Database) -> WebhookStore {
        WebhookStore(database.pool(Use::Relaxed, 1))
    }

    /// Adds an endpoint, which gets what happens from now on. False: the show has all it may.
    ///
    /// # Errors
    /// When the store cannot be written; so for the others.
    pub async fn add(&self, webhook: &Webhook) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO webhook (id, show, url, secret, created_ms, taken)
             SELECT $1, $2, $3, $4, $5, (SELECT coalesce(max(seq), 0) FROM outbox WHERE show = $2)
             WHERE (SELECT count(*) FROM webhook WHERE show = $2) < $6",
        )
        .bind(&webhook.id)
        .bind(&webhook.show)
        .bind(&webhook.url)
        .bind(webhook.secret.reveal())
        .bind(sql(webhook.created_ms))
        .bind(ENDPOINTS_PER_SHOW_MAX)
        .execute(&self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Endpoints of a show, oldest first; of all shows without one.
    pub async fn list(&self, show: Option<&str>) -> Result<Vec<Webhook>> {
        let query = sqlx::query(
            "SELECT * FROM webhook WHERE CAST($1 AS TEXT) IS NULL OR show = $1 ORDER BY created_ms, id",
        );
        let rows = query.bind(show).fetch_all(&self.0).await?;
        rows.iter().map(webhook).collect()
    }

    /// One endpoint.
    pub async fn get(&self, id: &str) -> Result<Option<Webhook>> {
        let query = sqlx::query("SELECT * FROM webhook WHERE id = $1").bind(id);
        let row = query.fetch_optional(&self.0).await?;
        row.as_ref().map(webhook).transpose()
    }

    /// Forgets an endpoint and its deliveries.
    pub async fn remove(&self, id: &str) -> Result<()> {
        let query = sqlx::query("DELETE FROM webhook WHERE id = $1").bind(id);
        query.execute(&self.0).await.map(drop)
    }

    /// Gives an endpoint another secret; the one it had signs along for a day.
    pub async fn rotate(&self, id: &str, secret: &Secret, now_ms: u64) -> Result<()> {
        let query = sqlx::query(
            "UPDATE webhook SET old_secret = secret, old_until_ms = $3, secret = $2 WHERE id = $1",
        );
        let query = query
            .bind(id)
            .bind(secret.reveal())
            .bind(sql(now_ms + OLD_SECRET_MS));
        query.execute(&self.0).await.map(drop)
    }

    /// Stops sending to an endpoint that is gone.
    pub async fn disable(&self, id: &str) -> Result<()> {
        let mut transaction = self.0.begin().await?;
        sqlx::query("UPDATE webhook SET enabled = 0 WHERE id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE webhook_delivery SET state = 'given_up', due_ms = NULL
             WHERE webhook = $1 AND state = 'owed'",
        )
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    /// Sends everything after an event again, and enables the endpoint.
    pub async fn replay(&self, id: &str, after: u64) -> Result<()> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "UPDATE webhook SET enabled = 1, taken = CASE WHEN taken < $2 THEN taken ELSE $2 END
             WHERE id = $1",
        )
        .bind(id)
        .bind(sql(after))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM webhook_delivery WHERE webhook = $1 AND seq > $2")
            .bind(id)
            .bind(sql(after))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Makes deliveries of the next events, at most so many; returns their numbers. In one
    /// transaction with the endpoint's place: no event is passed over, and of several processes
    /// one gets it.
    pub async fn take(&self, id: &str, most: usize, now_ms: u64) -> Result<Vec<u64>> {
        let next = sqlx::query_scalar(
            "SELECT o.seq FROM webhook w JOIN outbox o ON o.show = w.show AND o.seq > w.taken
             WHERE w.id = $1 AND w.enabled = 1 ORDER BY o.seq LIMIT $2",
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        // Looked at without the write lock: mostly there is nothing.
        let waiting: Vec<i64> = next.bind(id).bind(most).fetch_all(&self.0).await?;
        let (Some(first), Some(last)) = (waiting.first(), waiting.last()) else {
            return Ok(Vec::new());
        };
        let mut transaction = self.0.begin().await?;
        let moved = sqlx::query(
            "UPDATE webhook SET taken = $3 WHERE id = $1 AND enabled = 1 AND taken < $2",
        );
        let moved = moved
            .bind(id)
            .bind(first)
            .bind(last)
            .execute(&mut *transaction)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(Vec::new());
        }
        sqlx::query(
            "INSERT INTO webhook_delivery (webhook, seq, state, tries, due_ms)
             SELECT w.id, o.seq, 'owed', 0, $4
             FROM webhook w JOIN outbox o ON o.show = w.show AND o.seq BETWEEN $2 AND $3
             WHERE w.id = $1
             ON CONFLICT (webhook, seq) DO UPDATE SET state = 'owed', tries = 0,
                 due_ms = excluded.due_ms, status = NULL, error = NULL, tried_ms = NULL",
        )
        .bind(id)
        .bind(first)
        .bind(last)
        .bind(sql(now_ms))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(waiting.into_iter().map(number).collect())
    }

    /// Deliveries an endpoint is owed that were due before, with tries and due time.
    pub async fn owed(
        &self,
        id: &str,
        due_before_ms: u64,
        most: usize,
    ) -> Result<Vec<(u64, u32, u64)>> {
        let query = sqlx::query(
            "SELECT seq, tries, due_ms FROM webhook_delivery
             WHERE webhook = $1 AND state = 'owed' AND due_ms < $2 ORDER BY due_ms LIMIT $3",
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let query = query.bind(id).bind(sql(due_before_ms)).bind(most);
        let rows = query.fetch_all(&self.0).await?;
        let owed = |row: &AnyRow| {
            let (seq, due_ms) = (row.try_get("seq")?, row.try_get("due_ms")?);
            Ok((number(seq), small(row, "tries")?, number(due_ms)))
        };
        rows.iter().map(owed).collect()
    }

    /// Writes down how a delivery stands after a try.
    pub async fn keep(
        &self,
        delivery: &Delivery,
        tries: u32,
        standing: Standing,
        trace: &Trace,
        now_ms: u64,
    ) -> Result<()> {
        let (state, due_ms) = match standing {
            Standing::Owed(due_ms) => ("owed", Some(sql(due_ms))),
            Standing::Delivered => ("delivered", None),
            Standing::GivenUp => ("given_up", None),
        };
        let query = sqlx::query(
            "UPDATE webhook_delivery SET state = $3, tries = $4, due_ms = $5, status = $6,
                 error = $7, tried_ms = $8
             WHERE webhook = $1 AND seq = $2",
        )
        .bind(&delivery.endpoint)
        .bind(sql(delivery.seq))
        .bind(state)
        .bind(i64::from(tries))
        .bind(due_ms)
        .bind(trace.status.map(i64::from))
        .bind(&trace.error)
        .bind(sql(now_ms));
        query.execute(&self.0).await.map(drop)
    }

    /// The latest deliveries of an endpoint.
    pub async fn deliveries(&self, id: &str) -> Result<Vec<DeliveryView>> {
        let query = sqlx::query(
            "SELECT * FROM webhook_delivery WHERE webhook = $1 ORDER BY seq DESC LIMIT $2",
        );
        let query = query.bind(id).bind(DELIVERIES_LISTED_MAX);
        let rows = query.fetch_all(&self.0).await?;
        rows.iter().map(delivery).collect()
    }

    /// Events of a show after a number.
    pub async fn events(&self, show: &str, after: u64, most: u32) -> Result<Vec<Noted>> {
        let query =
            sqlx::query("SELECT * FROM outbox WHERE show = $1 AND seq > $2 ORDER BY seq LIMIT $3");
        let query = query.bind(show).bind(sql(after)).bind(i64::from(most));
        let rows = query.fetch_all(&self.0).await?;
        let noted = |row: &AnyRow| {
            let (seq, at_ms) = (row.try_get("seq")?, row.try_get("at_ms")?);
            Ok(Noted {
                show: row.try_get("show")?,
                seq: number(seq),
                state: row.try_get("state")?,
                order: row.try_get("order_id")?,
                at_ms: number(at_ms),
            })
        };
        rows.iter().map(noted).collect()
    }

    /// Forgets events that are older than a month, but never the last of a show, for the next
    /// number is counted from it; and deliveries of events that are gone.
    pub async fn forget_old(&self, now_ms: u64) -> Result<()> {
        sqlx::query(
            "DELETE FROM outbox WHERE at_ms < $1
             AND seq < (SELECT max(seq) FROM outbox o WHERE o.show = outbox.show)",
        )
        .bind(sql(now_ms.saturating_sub(OUTBOX_DAYS_MAX * DAY_MS)))
        .execute(&self.0)
        .await?;
        sqlx::query(
            "DELETE FROM webhook_delivery WHERE seq < (SELECT min(o.seq) FROM outbox o
             JOIN webhook w ON w.show = o.show WHERE w.id = webhook_delivery.webhook)",
        )
        .execute(&self.0)
        .await?;
        Ok(())
    }
}

fn webhook(row: &AnyRow) -> Result<Webhook> {
    let secret = |text: String| {
        Secret::parse(&text).ok_or_else(|| sqlx::Error::Decode("a webhook's secret".into()))
    };
    let old: Option<String> = row.try_get("old_secret")?;
    let until_ms: Option<i64> = row.try_get("old_until_ms")?;
    let old_secret = match (old, until_ms) {
        (Some(old), Some(until_ms)) => Some((secret(old)?, number(until_ms))),
        _ => None,
    };
    let (taken, created_ms) = (row.try_get("taken")?, row.try_get("created_ms")?);
    Ok(Webhook {
        id: row.try_get("id")?,
        show: row.try_get("show")?,
        url: row.try_get("url")?,
        secret: secret(row.try_get("secret")?)?,
        old_secret,
        is_enabled: row.try_get::<i64, _>("enabled")? != 0,
        taken: number(taken),
        created_ms: number(created_ms),
    })
}

fn delivery(row: &AnyRow) -> Result<DeliveryView> {
    let state: &str = row.try_get("state")?;
    let (seq, tried_ms, due_ms): (i64, Option<i64>, Option<i64>) = (
        row.try_get("seq")?,
        row.try_get("tried_ms")?,
        row.try_get("due_ms")?,
    );
    let status: Option<i64> = row.try_get("status")?;
    Ok(DeliveryView {
        seq: number(seq),
        // The table's CHECK leaves only these.
        state: match state {
            "delivered" => DeliveryState::Delivered,
            "given_up" => DeliveryState::GivenUp,
            _ => DeliveryState::Owed,
        },
        tries: small(row, "tries")?,
        status: status.and_then(|status| u16::try_from(status).ok()),
        error: row.try_get("error")?,
        tried_ms: tried_ms.map(number),
        due_ms: due_ms.map(number),
    })
}

fn sql(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn small(row: &AnyRow, column: &str) -> Result<u32> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
