//! Orders inside a transaction: what is asked of [`step`] is decided there; what is asked of the
//! stock is decided by one conditional update, and the table's own CHECK stands behind it.

use sqlx::sqlite::SqliteConnection;

use super::{Batch, rows};
use crate::limits::shop::EXPIRIES_PER_BATCH_MAX;
use crate::protocol::server::OrderState;
use crate::shop::order::{Contact, OrderId, Step, StockMove, Wish, step};
use crate::shop::store::{Outcome, Refusal, Reserve};

impl Batch {
    /// Holds stock and writes the order with its idempotency key, or says why not. A repeated
    /// request is answered with its order before anything else is looked at: it stands, whatever
    /// became of price and stock.
    pub(super) async fn reserve(
        &mut self,
        db: &mut SqliteConnection,
        reserve: &Reserve,
    ) -> sqlx::Result<Outcome> {
        if let Some(made) = rows::order_by_key(&mut *db, &reserve.buyer, &reserve.key).await? {
            return Ok(if made.request_hash == reserve.request_hash {
                Outcome::Reserved {
                    order: made.view,
                    is_repeat: true,
                }
            } else {
                Outcome::Refused(Refusal::KeyMismatch)
            });
        }
        let product = &reserve.quote.product;
        let offer = rows::offer_and_title(&mut *db, &reserve.show, product).await?;
        let Some((offer, title)) = offer else {
            return Ok(Outcome::Refused(Refusal::UnknownProduct(product.clone())));
        };
        if !reserve.quote.stands(&offer, self.now_ms) {
            return Ok(Outcome::Refused(Refusal::Stale(offer)));
        }
        let held = sqlx::query(
            "UPDATE stock SET held = held + ?1 WHERE product = ?2 AND total - held - sold >= ?1",
        )
        .bind(reserve.quantity)
        .bind(product)
        .execute(&mut *db)
        .await?;
        if held.rows_affected() == 0 {
            let available = offer.available;
            let product = product.clone();
            return Ok(Outcome::Refused(Refusal::SoldOut { product, available }));
        }
        self.touched.push(product.clone());
        let order = self.write_order(db, reserve, &title).await?;
        Ok(Outcome::Reserved {
            order,
            is_repeat: false,
        })
    }

    async fn write_order(
        &self,
        db: &mut SqliteConnection,
        reserve: &Reserve,
        title: &str,
    ) -> sqlx::Result<crate::protocol::server::OrderView> {
        let row = sqlx::query(
            "INSERT INTO orders (id, show, product, title, quantity, unit_minor, currency, state,
                 expires_ms, created_ms, changed_ms, buyer, idempotency_key, request_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'reserved', ?8, ?9, ?9, ?10, ?11, ?12)
             RETURNING *",
        )
        .bind(reserve.id.as_str())
        .bind(&reserve.show)
        .bind(&reserve.quote.product)
        .bind(title)
        .bind(reserve.quantity)
        .bind(reserve.quote.price.minor())
        .bind(reserve.quote.price.currency())
        .bind(rows::sql_time(reserve.expires_ms))
        .bind(rows::sql_time(self.now_ms))
        .bind(&reserve.buyer)
        .bind(&reserve.key)
        .bind(reserve.request_hash.as_slice())
        .fetch_one(db)
        .await?;
        Ok(rows::read_order(&row)?.view)
    }

    pub(super) async fn confirm(
        &mut self,
        db: &mut SqliteConnection,
        order: &OrderId,
        contact: &Contact,
    ) -> sqlx::Result<Outcome> {
        let name = contact.name.reveal();
        let reach = contact.contact.reveal();
        let address = contact.address.as_ref().map(|address| address.reveal());
        let Some(row) = rows::order(&mut *db, order).await? else {
            return Ok(Outcome::Refused(Refusal::UnknownOrder));
        };
        match step(row.view.state, row.expires_ms, self.now_ms, Wish::Confirm) {
            Step::Move(OrderState::Confirmed, StockMove::Sell) => {
                sqlx::query("UPDATE orders SET name = ?, contact = ?, address = ? WHERE id = ?")
                    .bind(name)
                    .bind(reach)
                    .bind(address)
                    .bind(order.as_str())
                    .execute(&mut *db)
                    .await?;
                self.move_on(db, order, OrderState::Confirmed, StockMove::Sell)
                    .await
            }
            Step::Move(state, stock) => {
                self.move_on(db, order, state, stock).await?;
                Ok(Outcome::Refused(Refusal::State(state)))
            }
            Step::Stay => {
                let is_same = row.view.buyer.as_ref() == Some(name)
                    && row.contact.as_ref() == Some(reach)
                    && row.address.as_ref() == address;
                Ok(if is_same {
                    Outcome::Order {
                        order: row.view,
                        is_repeat: true,
                    }
                } else {
                    Outcome::Refused(Refusal::ContactMismatch)
                })
            }
            Step::Refuse(state) => Ok(Outcome::Refused(Refusal::State(state))),
        }
    }

    pub(super) async fn cancel(
        &mut self,
        db: &mut SqliteConnection,
        order: &OrderId,
    ) -> sqlx::Result<Outcome> {
        let Some(row) = rows::order(&mut *db, order).await? else {
            return Ok(Outcome::Refused(Refusal::UnknownOrder));
        };
        match step(row.view.state, row.expires_ms, self.now_ms, Wish::Cancel) {
            Step::Move(state, stock) => self.move_on(db, order, state, stock).await,
            Step::Stay => Ok(Outcome::Order {
                order: row.view,
                is_repeat: true,
            }),
            Step::Refuse(state) => Ok(Outcome::Refused(Refusal::State(state))),
        }
    }

    /// Releases holds that ran out, the longest over first.
    pub(super) async fn release_expired(&mut self, db: &mut SqliteConnection) -> sqlx::Result<()> {
        let over: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM orders WHERE state = 'reserved' AND expires_ms <= ?
             ORDER BY expires_ms LIMIT ?",
        )
        .bind(rows::sql_time(self.now_ms))
        .bind(EXPIRIES_PER_BATCH_MAX)
        .fetch_all(&mut *db)
        .await?;
        for id in over {
            let order = OrderId::from_text(id);
            let moved = self
                .move_on(db, &order, OrderState::Expired, StockMove::Release)
                .await?;
            if let Outcome::Order { order, .. } = moved {
                self.changes.expired.push(order);
            }
        }
        Ok(())
    }

    /// Moves a reserved order on, and its stock with it. The conditions in both updates hold by
    /// what the transaction read before; were they ever not to, nothing may be committed.
    async fn move_on(
        &mut self,
        db: &mut SqliteConnection,
        order: &OrderId,
        to: OrderState,
        stock: StockMove,
    ) -> sqlx::Result<Outcome> {
        let row = sqlx::query(
            "UPDATE orders SET state = ?, changed_ms = ? WHERE id = ? AND state = 'reserved'
             RETURNING *",
        )
        .bind(rows::state_text(to))
        .bind(rows::sql_time(self.now_ms))
        .bind(order.as_str())
        .fetch_one(&mut *db)
        .await?;
        let view = rows::read_order(&row)?.view;
        let sql = match stock {
            StockMove::Sell => {
                "UPDATE stock SET held = held - ?1, sold = sold + ?1
                 WHERE product = ?2 AND held >= ?1"
            }
            StockMove::Release => {
                "UPDATE stock SET held = held - ?1 WHERE product = ?2 AND held >= ?1"
            }
        };
        let moved = sqlx::query(sql)
            .bind(view.quantity)
            .bind(&view.product)
            .execute(&mut *db)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(sqlx::Error::RowNotFound);
        }
        self.touched.push(view.product.clone());
        Ok(Outcome::Order {
            order: view,
            is_repeat: false,
        })
    }
}
