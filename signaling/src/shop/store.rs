//! The port to the book of record. The store's transaction alone arbitrates stock: two buyers,
//! two processes or a crash between them never sell one piece twice.

use futures_util::future::BoxFuture;

use super::catalog::Product;
use super::coupon::Coupon;
use super::deal::Deal;
use super::order::{Contact, OrderId};
use super::payment::{Charge, Event, News};
use super::pricing::{NoPrice, Priced, Zone};
use super::quote::{Offer, Quote};
use crate::protocol::server::{DealView, OrderState, OrderView, ProductView};
use crate::protocol::shop::{HostOrderView, HostWish, RowError};

/// The merchant of everything that names none.
pub const DEFAULT_MERCHANT: &str = "default";

/// Something to be done in a transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Create or update products of a merchant, and put them on a show's shelf; all or none.
    Import {
        /// Whose products.
        merchant: String,
        /// Show whose shelf they go to, if any.
        show: Option<String>,
        /// Checked products, with the row each came from.
        products: Vec<(u32, Product)>,
    },
    /// Make these products, in this order, the whole shelf of a show.
    Shelve {
        /// Who sells in the show.
        merchant: String,
        /// Show name.
        show: String,
        /// Product ids.
        products: Vec<String>,
    },
    /// Let another merchant's hosts sell one's products, or no longer: then they leave its
    /// shelves.
    Consent {
        /// Whose products.
        owner: String,
        /// Who may sell them.
        seller: String,
        /// Or may not any more.
        is_given: bool,
    },
    /// Set where a merchant sends to and for how much.
    SetZones {
        /// Which merchant.
        merchant: String,
        /// All its zones.
        zones: Vec<Zone>,
    },
    /// Announce a flash deal of a merchant's product.
    Announce {
        /// Whose product.
        merchant: String,
        /// The deal.
        deal: Deal,
    },
    /// End a flash deal of a merchant's product.
    EndDeal {
        /// Whose product.
        merchant: String,
        /// Show name.
        show: String,
        /// The deal's id.
        deal: String,
    },
    /// Make or change a coupon.
    PutCoupon(Coupon),
    /// Take a coupon out of use.
    DropCoupon {
        /// Whose.
        merchant: String,
        /// Its code, in upper case.
        code: String,
    },
    /// Hold stock for a buyer.
    Reserve(Reserve),
    /// Sell what an order reserved.
    Confirm {
        /// Which order.
        order: OrderId,
        /// To whom.
        contact: Contact,
        /// Country of the address that was given.
        country: Option<String>,
        /// As soon as it is paid at the payment page.
        is_hosted: bool,
    },
    /// Give up what an order holds.
    Cancel {
        /// Which order.
        order: OrderId,
    },
    /// Do what a host of the show says.
    Host {
        /// Show name.
        show: String,
        /// Which order of it.
        order: OrderId,
        /// What.
        wish: HostWish,
    },
    /// Take an event of the payment provider.
    Hear(Event),
    /// Take what became of money, by our own doing.
    Learn(News),
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
    /// Opened quotes and pieces: at least one line, all in one currency, no variant twice.
    pub lines: Vec<(Quote, u32)>,
    /// Where it is sent.
    pub country: Option<String>,
    /// Code of a coupon, in upper case.
    pub coupon: Option<String>,
    /// The total the buyer saw, minor units.
    pub total_minor: i64,
    /// End of the hold, Unix ms.
    pub expires_ms: u64,
}

/// What became of a command. A refused command changed nothing and does not touch the others
/// of its batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Products are in the catalogue and on the shelf.
    Imported(u32),
    /// The shelf, the consent or the zones are as wished.
    Set,
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
    /// Not in the catalogue.
    UnknownProduct(String),
    /// Not on the shelf.
    UnknownVariant(String),
    /// No such order.
    UnknownOrder,
    /// The product's merchant did not consent to its sale by this one.
    NoConsent {
        /// Product id.
        product: String,
        /// Its merchant.
        owner: String,
    },
    /// What the buyer saw does not stand; this is the price now.
    Stale(Box<Priced>),
    /// Products of two merchants in one order.
    Merchants(String, String),
    /// Fewer than the merchant sells.
    BelowMinimum {
        /// Variant id.
        variant: String,
        /// Fewest pieces.
        min: u32,
    },
    /// There is no price for this basket.
    NoPrice(NoPrice),
    /// Not enough.
    SoldOut {
        /// Variant id.
        variant: String,
        /// Pieces that can be bought.
        available: u32,
    },
    /// More than each buyer may have, of the product or by its flash deal.
    BuyerLimit {
        /// Pieces this one may still have.
        available: u32,
    },
    /// More than the flash deal has.
    DealLimit {
        /// Pieces it still has.
        available: u32,
    },
    /// The product has a flash deal in this show already.
    DealIsOn(String),
    /// It would not cost less, or has no price in this currency.
    NoDeal {
        /// Variant id.
        variant: String,
        /// ISO 4217 code.
        currency: String,
    },
    /// No such deal in this show.
    UnknownDeal,
    /// No such coupon of this merchant.
    UnknownCoupon,
    /// More orders use the coupon than it shall be for.
    CouponTaken(u32),
    /// The key belongs to another request.
    KeyMismatch,
    /// The order goes to this country, and no address there was given.
    Address {
        /// ISO 3166-1 alpha-2.
        country: String,
    },
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
    /// Stock after the transaction, one entry per variant.
    pub levels: Vec<Level>,
    /// Products whose text, price or place on a shelf changed.
    pub products: Vec<(Vec<String>, ProductView)>,
    /// Products that left a show's shelf: show, product.
    pub removed: Vec<(String, String)>,
}

/// Stock of a variant and the shows that have its product on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Product id.
    pub product: String,
    /// Variant id.
    pub variant: String,
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

    /// What variants cost in a show now, those of them that are on its shelf: in this currency
    /// when they are priced in it, else in their first one.
    fn offers<'a>(
        &'a self,
        show: &'a str,
        variants: &'a [String],
        currency: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Offer>, StoreError>>;

    /// Where a merchant sends to.
    fn zones<'a>(&'a self, merchant: &'a str) -> BoxFuture<'a, Result<Vec<Zone>, StoreError>>;

    /// All products of a merchant, by id, with the versions of their stock.
    fn catalogue<'a>(
        &'a self,
        merchant: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Product>, StoreError>>;

    /// An order.
    fn order<'a>(
        &'a self,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<OrderView>, StoreError>>;

    /// Charges that are owed back, the longest first.
    fn owed(&self, limit: i64) -> BoxFuture<'_, Result<Vec<Charge>, StoreError>>;

    /// Forgets events of the payment provider that came before, for none of them will come again.
    fn forget_events(&self, before_ms: u64) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The flash deals of a show that are not over, the next first.
    fn deals<'a>(&'a self, show: &'a str) -> BoxFuture<'a, Result<Vec<DealView>, StoreError>>;

    /// A coupon of a merchant, by its code in upper case.
    fn coupon<'a>(
        &'a self,
        merchant: &'a str,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Option<Coupon>, StoreError>>;

    /// All coupons of a merchant, by code.
    fn coupons<'a>(&'a self, merchant: &'a str) -> BoxFuture<'a, Result<Vec<Coupon>, StoreError>>;

    /// One order with what its host needs.
    fn host_order<'a>(
        &'a self,
        order: &'a OrderId,
    ) -> BoxFuture<'a, Result<Option<HostOrderView>, StoreError>>;

    /// The orders of a show, newest first.
    fn orders<'a>(&'a self, show: &'a str)
    -> BoxFuture<'a, Result<Vec<HostOrderView>, StoreError>>;

    /// The whole books of a variant: total, held, sold. For tests, checks and reports.
    fn books<'a>(&'a self, variant: &'a str) -> BoxFuture<'a, Result<Option<Books>, StoreError>>;
}

/// The books of a variant. Law: `held + sold <= total`; what is left can be bought.
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
