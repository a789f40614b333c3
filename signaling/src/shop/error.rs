//! What the shop answers when it does not do what was asked. Nothing was changed, except where
//! the variant says otherwise.

use super::coupon::NoCoupon;
use super::money::MoneyError;
use super::payment::Unheard;
use super::pricing::NoPrice;
use crate::protocol::server::OrderState;
use crate::protocol::shop::{BasketView, RowError};

/// A refusal, one variant per thing the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShopError {
    /// Import it first.
    #[error("product `{0}` is not in the catalogue")]
    UnknownProduct(String),
    /// Look at the shelf again.
    #[error("variant `{0}` is not on this show's shelf")]
    UnknownVariant(String),
    /// Check the id.
    #[error("there is no such order")]
    UnknownOrder,
    /// Ask the other merchant for consent.
    #[error("merchant `{owner}` did not consent to the sale of `{product}` here")]
    NoConsent {
        /// Product id.
        product: String,
        /// Its merchant.
        owner: String,
    },
    /// Show the new price and ask again.
    #[error("the price has changed or a quote has ended")]
    Stale(Box<BasketView>),
    /// Fetch a quote of this show.
    #[error("the quote was not signed by this server for this show")]
    ForgedQuote,
    /// Order from one merchant at a time.
    #[error("an order is for one merchant, these lines are of `{0}` and `{1}`")]
    Merchants(String, String),
    /// Use one currency, and one the variant is priced in.
    #[error("`{variant}` is not priced in {wanted}")]
    Currency {
        /// Variant id.
        variant: String,
        /// The other currency.
        wanted: String,
    },
    /// Name a country that is sent to.
    #[error("{}", match .0 {
        Some(country) => format!("the merchant does not send to `{country}`"),
        None => "the merchant needs to know the country it sends to".into(),
    })]
    Country(Option<String>),
    /// Send one line with the sum of the pieces.
    #[error("`{0}` is in two lines")]
    Twice(String),
    /// Order some lines, and not too many.
    #[error("an order has from 1 to {max} lines")]
    Lines {
        /// The most in one order.
        max: usize,
    },
    /// Buy more.
    #[error("`{variant}` is sold from {min} pieces on")]
    BelowMinimum {
        /// Variant id.
        variant: String,
        /// Fewest pieces.
        min: u32,
    },
    /// Buy less at once.
    #[error("{0}")]
    TooMuch(MoneyError),
    /// Buy fewer, or wait.
    #[error("only {available} of `{variant}` can be bought")]
    SoldOut {
        /// Variant id.
        variant: String,
        /// Pieces that can be bought.
        available: u32,
    },
    /// Buy fewer.
    #[error("each buyer may have so many of this: you may have {available} more")]
    BuyerLimit {
        /// Pieces that this buyer may still have.
        available: u32,
    },
    /// Buy fewer by the deal, or when it is over.
    #[error("the flash deal has {available} pieces left")]
    DealLimit {
        /// Pieces that the deal still has.
        available: u32,
    },
    /// Wait until it is over, or end it.
    #[error("`{0}` has a flash deal in this show already")]
    DealIsOn(String),
    /// A deal must cost less, in a currency of the variant.
    #[error("`{variant}` does not cost more than that in {currency}")]
    NoDeal {
        /// Variant id.
        variant: String,
        /// ISO 4217 code.
        currency: String,
    },
    /// Check the id.
    #[error("there is no such deal in this show")]
    UnknownDeal,
    /// Correct the field.
    #[error("{field}: {message}")]
    Deal {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The coupon takes nothing off; order without it.
    #[error("{0}")]
    NoCoupon(NoCoupon),
    /// Correct the field of the coupon.
    #[error("{field}: {message}")]
    Coupon {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// Ask for a sensible quantity.
    #[error("quantity must be from 1 to {max}")]
    Quantity {
        /// The most in one line.
        max: u32,
    },
    /// Use a new key.
    #[error("this idempotency key was used for another request")]
    IdempotencyMismatch,
    /// Order again: the hold ran out and the stock went back.
    #[error("the reservation has expired")]
    HoldExpired,
    /// Not from this state.
    #[error("the order is {}", state_name(*.0))]
    OrderState(OrderState),
    /// The order was confirmed with other details; these were not stored.
    #[error("the order was already confirmed with other contact details")]
    ConfirmMismatch,
    /// Wait for the merchant's invoice.
    #[error("orders of this shop are paid by invoice")]
    NoPage,
    /// Ask again in a moment: the order stands until its time is over.
    #[error("the payment page cannot be opened now")]
    NoProvider,
    /// For the payment provider: mend the event.
    #[error("{0}")]
    Unheard(Unheard),
    /// Correct the field.
    #[error("{field}: {message}")]
    Contact {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// Use an id that can be one.
    #[error("merchant `{0}` {1}")]
    Merchant(String, String),
    /// Mend the zones; nothing was changed.
    #[error("the shipping zones have {} mistakes", .0.len())]
    Zones(Vec<RowError>),
    /// Mend the file; nothing was imported.
    #[error("the catalogue has {} mistakes", .0.len())]
    Import(Vec<RowError>),
    /// Come back in a moment: too many are asking.
    #[error("the shop is busy")]
    Busy,
    /// Come back later with the same idempotency key: the store could not be reached, and what
    /// was asked may or may not have been done.
    #[error("the shop cannot reach its store")]
    Unavailable,
}

impl From<NoPrice> for ShopError {
    fn from(why: NoPrice) -> Self {
        match why {
            NoPrice::Country(country) => ShopError::Country(country),
            NoPrice::Currencies { variant, wanted } => ShopError::Currency { variant, wanted },
            NoPrice::Coupon(why) => ShopError::NoCoupon(why),
            NoPrice::Sum(error) => ShopError::TooMuch(error),
        }
    }
}

/// A state in words for people.
pub fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::Reserved => "reserved",
        OrderState::Pending => "pending",
        OrderState::Confirmed => "confirmed",
        OrderState::Paid => "paid",
        OrderState::Refunding => "refunding",
        OrderState::Refunded => "refunded",
        OrderState::Cancelled => "cancelled",
        OrderState::Expired => "expired",
    }
}
