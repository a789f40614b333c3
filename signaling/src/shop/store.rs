//! The port to the book of record. The store's transaction alone arbitrates stock: two buyers,
//! two processes or a crash between them never sell one piece twice.

use futures_util::future::BoxFuture;

use super::catalog::Product;
use super::order::{Contact, OrderId};
use super::quote::{Offer, Quote};
use crate::protocol::server::{OrderState, OrderView, ProductView};
use crate::protocol::shop::{HostOrderView, RowError};

/// Something to be done in a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Create or update products and put them on a show's shelf; all or none.
    Import {
        /// Show name.
        show: String,
        /// Checked products, with the row each came from.
        products: Vec<(u32, Product)>,
    },
    /// Make these products, in this order, the whole shelf of a show.
    Shelve {
        /// Show name.
        show: String,
        /// Product ids.
        products: Vec<String>,
    },
    /// Hold stock for a buyer.
    Reserve(Reserve),
    /// Sell what an order holds.
    Confirm {
        /// Which order.
        order: OrderId,
        /// To whom.
        contact: Contact,
    },
    /// Give up what an order holds.
    Cancel {
        /// Which order.
        order: OrderId,
    },
}

/// A reservation to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Reserve {
    /// Id the order gets when it is made.
    pub id: OrderId,
    /// Show name.
    pub show: String,
    /// Who asks; idempotency keys are theirs.
    pub buyer: String,
    /// Idempotency key.
    pub key: String,
    /// Hash of the request, to tell a repeated one from another with the same key.
    pub request_hash: [u8; 32],
    /// The opened quote.
    pub quote: Quote,
    /// Pieces.
    pub quantity: u32,
    /// End of the hold, Unix ms.
    pub expires_ms: u64,
}

/// What became of a command. A refused command changed nothing and does not touch the others
/// of its batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Products are in the catalogue and on the shelf.
    Imported(u32),
    /// The shelf is as wished.
    Shelved,
    /// An order holds stock.
    Reserved {
        /// The order as it is now.
        order: OrderView,
        /// Made by an earlier request with this key.
        is_repeat: bool,
    },
    /// The order as it is now.
    Order {
        /// The order.
        order: OrderView,
        /// Whether it was so before.
        is_repeat: bool,
    },
    /// Not done.
    Refused(Refusal),
}

/// Why the store refused a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// Not on the shelf.
    UnknownProduct(String),
    /// No such order.
    UnknownOrder,
    /// The quote does not stand; this is the offer now.
    Stale(Offer),
    /// Not enough.
    SoldOut {
        /// Product id.
        product: String,
        /// Pieces that can be bought.
        available: u32,
    },
    /// The key belongs to another request.
    KeyMismatch,
    /// Confirmed before, with other details.
    ContactMismatch,
    /// Not from this state.
    State(OrderState),
    /// Mistakes only the store can see, such as less stock than is sold.
    Rows(Vec<RowError>),
}

/// What a committed transaction did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Applied {
    /// One per command, in their order.
    pub outcomes: Vec<Outcome>,
    /// What everybody should know.
    pub changes: Changes,
    /// When the next hold runs out, Unix ms.
    pub next_expiry_ms: Option<u64>,
}

/// What was seen in the store after another process wrote to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// Everything that may have changed.
    pub changes: Changes,
    /// When the next hold runs out, Unix ms.
    pub next_expiry_ms: Option<u64>,
}

/// What changed for those who look on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Orders whose hold ran out.
    pub expired: Vec<OrderView>,
    /// Stock after the transaction, one entry per product.
    pub levels: Vec<Level>,
    /// Products whose text, price or place on a shelf changed.
    pub products: Vec<(Vec<String>, ProductView)>,
    /// Products that left a show's shelf: show, product.
    pub removed: Vec<(String, String)>,
}

/// Stock of a product and the shows that have it on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Product id.
    pub product: String,
    /// Pieces that can be bought.
    pub available: u32,
    /// Shows to be told.
    pub shows: Vec<String>,
}

/// The store failed; after a failed [`OrderStore::apply`] the transaction is rolled back, or was
/// committed without our knowing. Repeating with the same keys is safe either way.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct StoreError {
    /// What was tried.
    pub context: String,
    /// Why it failed.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// The book of record: catalogue, stock, orders.
pub trait OrderStore: Send + Sync + 'static {
    /// Releases holds that ran out, applies the commands (those of the catalogue first, each kind
    /// in its order), commits. Durable when it returns. `commands` may be empty.
    fn apply<'a>(
        &'a self,
        now_ms: u64,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Applied, StoreError>>;

    /// The state of all stock when another process wrote since the last look, `None` when
    /// nobody did. Cheap enough to be called every second.
    fn watch(&self) -> BoxFuture<'_, Result<Option<Observed>, StoreError>>;

    /// The shelf of a show in running order.
    fn shelf<'a>(&'a self, show: &'a str) -> BoxFuture<'a, Result<Vec<ProductView>, StoreError>>;

    /// What a product costs in a show now, when it is on the shelf.
    fn offer<'a>(
        &'a self,
        show: &'a str,
        product: &'a str,
    ) -> BoxFuture<'a, Result<Option<Offer>, StoreError>>;

    /// An order.
    fn order<'a>(
        &'a self,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<OrderView>, StoreError>>;

    /// The orders of a show, newest first.
    fn orders<'a>(&'a self, show: &'a str)
    -> BoxFuture<'a, Result<Vec<HostOrderView>, StoreError>>;

    /// The whole books of a product: total, held, sold. For tests, checks and reports.
    fn books<'a>(&'a self, product: &'a str) -> BoxFuture<'a, Result<Option<Books>, StoreError>>;
}

/// The books of a product. Law: `held + sold <= total`; what is left can be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// Pieces there ever were to sell.
    pub total: u32,
    /// Held by reservations.
    pub held: u32,
    /// Sold.
    pub sold: u32,
}

impl Books {
    /// Pieces that can be bought.
    pub fn available(self) -> u32 {
        let taken = self.held + self.sold;
        self.total
            .checked_sub(taken)
            .expect("held + sold <= total: the table's own check")
    }
}
