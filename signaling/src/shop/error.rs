//! What the shop answers when it does not do what was asked. Nothing was changed, except where
//! the variant says otherwise.

use crate::protocol::server::OrderState;
use crate::protocol::shop::{QuoteView, RowError};

/// A refusal, one variant per thing the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShopError {
    /// Look at the shelf again.
    #[error("product `{0}` is not on this show's shelf")]
    UnknownProduct(String),
    /// Check the id.
    #[error("there is no such order")]
    UnknownOrder,
    /// Show the new price and ask again.
    #[error("the price has changed or the quote has ended")]
    StaleQuote(Box<QuoteView>),
    /// Fetch a quote of this show.
    #[error("the quote was not signed by this server for this show")]
    ForgedQuote,
    /// Buy fewer, or wait.
    #[error("only {available} of `{product}` can be bought")]
    SoldOut {
        /// Product id.
        product: String,
        /// Pieces that can be bought.
        available: u32,
    },
    /// Ask for a sensible quantity.
    #[error("quantity must be from 1 to {max}")]
    Quantity {
        /// The most in one order.
        max: u32,
    },
    /// Use a new key.
    #[error("this idempotency key was used for another request")]
    IdempotencyMismatch,
    /// Order again: the hold ran out and the stock went back.
    #[error("the reservation has expired")]
    HoldExpired,
    /// The order is past that.
    #[error("the order is already {}", state_name(*.0))]
    OrderState(OrderState),
    /// The order was confirmed with other details; these were not stored.
    #[error("the order was already confirmed with other contact details")]
    ConfirmMismatch,
    /// Correct the field.
    #[error("{field}: {message}")]
    Contact {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
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

/// A state in words for people.
pub fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::Reserved => "reserved",
        OrderState::Confirmed => "confirmed",
        OrderState::Cancelled => "cancelled",
        OrderState::Expired => "expired",
    }
}
