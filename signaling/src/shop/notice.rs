//! What the rooms are told about the shop, and the outbox where notices wait for a slow room.

use std::collections::{HashMap, VecDeque};

use super::store::{Changes, Level};
use crate::limits::shop::{OUTBOX_ORDERS_MAX, STOCK_EVERY_MS};
use crate::protocol::server::{OrderView, ProductView};

/// News for the rooms of the named shows.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most are orders, and those are the largest"
)]
pub enum ShopNotice {
    /// Pieces that can still be bought.
    Stock {
        /// Shows with the product on the shelf.
        shows: Vec<String>,
        /// Product id.
        product: String,
        /// Variant id.
        variant: String,
        /// Pieces.
        available: u32,
    },
    /// A product came onto the shelf, or its text or price changed.
    Product {
        /// Shows with the product on the shelf.
        shows: Vec<String>,
        /// The product.
        product: Box<ProductView>,
    },
    /// A product left the shelf.
    ProductRemoved {
        /// Shows it left.
        shows: Vec<String>,
        /// Product id.
        product: String,
    },
    /// An order was made or changed. For hosts only; the show is in the order, the buyer's name
    /// is not.
    Order(OrderView),
}

/// Notices that wait. Bounded by construction: stock is one entry per variant, products one
/// each, the latest wins; orders beyond their limit push out the oldest.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    shelf: VecDeque<ShopNotice>,
    stale: VecDeque<String>,
    levels: HashMap<String, Level>,
    orders: VecDeque<OrderView>,
    orders_dropped: u64,
    /// When stock may be told again: in a sale it changes with every batch, and each change goes
    /// to every viewer.
    stock_next_ms: u64,
    /// Stock as last told, to stay silent when nothing changed. Never used to decide a sale.
    told: HashMap<String, u32>,
}

impl Outbox {
    pub(super) fn add(&mut self, changes: Changes) {
        for (shows, product) in changes.products {
            for variant in &product.variants {
                self.told.insert(variant.id.clone(), variant.available);
            }
            self.replace_product(shows, product);
        }
        for (show, product) in changes.removed {
            self.shelf.push_back(ShopNotice::ProductRemoved {
                shows: vec![show],
                product,
            });
        }
        for level in changes.levels {
            if self.told.insert(level.variant.clone(), level.available) == Some(level.available) {
                continue;
            }
            if self
                .levels
                .insert(level.variant.clone(), level.clone())
                .is_none()
            {
                self.stale.push_back(level.variant);
            }
        }
        for order in changes.expired {
            self.add_order(order);
        }
    }

    fn replace_product(&mut self, shows: Vec<String>, product: ProductView) {
        let is_same = |notice: &ShopNotice| matches!(notice, ShopNotice::Product { product: old, .. } if old.id == product.id);
        self.shelf.retain(|notice| !is_same(notice));
        // The product carries its stock: an older level must not be told after it.
        self.levels.retain(|_, level| level.product != product.id);
        self.stale.retain(|id| self.levels.contains_key(id));
        self.shelf.push_back(ShopNotice::Product {
            shows,
            product: Box::new(product),
        });
    }

    pub(super) fn add_order(&mut self, order: OrderView) {
        if self.orders.len() == OUTBOX_ORDERS_MAX {
            self.orders.pop_front();
            self.orders_dropped += 1;
        }
        self.orders.push_back(OrderView {
            buyer: None,
            ..order
        });
    }

    pub(super) fn has(&self, now_ms: u64) -> bool {
        !self.shelf.is_empty() || !self.orders.is_empty() || self.level_due(now_ms).is_some()
    }

    /// When a level that must still wait may be told.
    pub(super) fn deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let waits = !self.stale.is_empty() && self.stock_next_ms > now_ms;
        waits.then_some(self.stock_next_ms)
    }

    /// The level to be told now. That something is sold out waits for nothing.
    fn level_due(&self, now_ms: u64) -> Option<usize> {
        // Nor does anything when the clock was put back.
        let is_due = now_ms >= self.stock_next_ms || now_ms + STOCK_EVERY_MS < self.stock_next_ms;
        let is_gone = |variant: &String| self.levels[variant].available == 0;
        let gone = self.stale.iter().position(is_gone);
        gone.or((is_due && !self.stale.is_empty()).then_some(0))
    }

    pub(super) fn orders_dropped(&self) -> u64 {
        self.orders_dropped
    }

    /// Shelf first, so that a room knows a product before it hears of its stock.
    pub(super) fn next(&mut self, now_ms: u64) -> Option<ShopNotice> {
        if let Some(notice) = self.shelf.pop_front() {
            return Some(notice);
        }
        let due = self.level_due(now_ms);
        if let Some(variant) = due.and_then(|at| self.stale.remove(at)) {
            let level = self.levels.remove(&variant);
            let level = level.expect("`stale` lists the keys of `levels`: add fills both");
            if self.stale.is_empty() {
                self.stock_next_ms = now_ms + STOCK_EVERY_MS;
            }
            let Level {
                product,
                variant,
                available,
                shows,
            } = level;
            return Some(ShopNotice::Stock {
                shows,
                product,
                variant,
                available,
            });
        }
        self.orders.pop_front().map(ShopNotice::Order)
    }
}
