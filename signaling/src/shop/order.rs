//! The states of an order, as a pure machine: which step is allowed when, and what pieces an order
//! has in which state. A store applies the step it is given here, inside its own transaction.

use std::collections::BTreeMap;
use std::fmt;

use super::address;
use super::money::Amount;
use crate::protocol::server::{HoldMode, LineView, OrderState, OrderView};
use crate::protocol::shop::HostOrderView;
use crate::redacted::Redacted;

/// An order's id: 128 random bits, so that who knows it may see and change the order.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(String);

impl OrderId {
    /// Makes an id from 128 random bits.
    pub fn from_random(bits: u128) -> Self {
        use base64::Engine as _;
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bits.to_be_bytes()))
    }

    /// Takes an id from a URL or a row. An id we never gave finds no order.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OrderId {
    /// Only the beginning: the whole id is a key to the order and has no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {}…", self.0.chars().take(6).collect::<String>())
    }
}

/// Who bought and where to reach them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Buyer's name.
    pub name: Redacted<String>,
    /// E-mail address or telephone number.
    pub contact: Redacted<String>,
    /// Where to send it.
    pub address: Option<Redacted<String>>,
}

/// A line of an order, as it was when the order was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Variant id.
    pub variant: String,
    /// Product id.
    pub product: String,
    /// Product title.
    pub title: String,
    /// Options of the variant.
    pub options: BTreeMap<String, String>,
    /// Pieces.
    pub quantity: u32,
    /// Price of one piece at this quantity.
    pub price: Amount,
    /// When it takes its pieces.
    pub hold_mode: HoldMode,
    /// The flash deal it is bought by.
    pub deal: Option<String>,
}

/// An order as the books have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Unguessable id.
    pub id: OrderId,
    /// Merchant who sells.
    pub merchant: String,
    /// Show it was made in.
    pub show: String,
    /// What is bought: at least one line, no variant twice, all in one currency.
    pub lines: Vec<Line>,
    /// Where it is sent, when the merchant asks.
    pub country: Option<String>,
    /// Code of the coupon that is used.
    pub coupon: Option<String>,
    /// What it takes off the goods.
    pub discount: Amount,
    /// What sending costs.
    pub shipping: Amount,
    /// Lines, less the discount, and shipping: what is charged.
    pub total: Amount,
    /// Where it stands.
    pub state: OrderState,
    /// End of its hold, Unix ms.
    pub expires_ms: u64,
    /// When it was made, Unix ms.
    pub created_ms: u64,
    /// Who asked: the grant's participant.
    pub buyer: String,
    /// Their key for it.
    pub key: String,
    /// Hash of their request.
    pub request_hash: [u8; 32],
    /// Who buys it, once they have said so.
    pub contact: Option<Contact>,
}

impl Order {
    /// The order as its buyer sees it.
    pub fn view(&self) -> OrderView {
        let name = self
            .contact
            .as_ref()
            .map(|contact| contact.name.reveal().clone());
        OrderView {
            id: self.id.as_str().into(),
            merchant: self.merchant.clone(),
            show: self.show.clone(),
            lines: self.lines.iter().map(Line::view).collect(),
            country: self.country.clone(),
            address_rules: self.country.as_deref().map(address::rules),
            coupon: self.coupon.clone(),
            discount: (self.discount.minor() > 0).then(|| self.discount.into()),
            shipping: self.shipping.into(),
            total: self.total.into(),
            state: self.state,
            expires_ms: is_open(self.state).then_some(self.expires_ms),
            created_ms: self.created_ms,
            buyer: name,
        }
    }

    /// The order as its host sees it, with what is needed to send the goods.
    pub fn host_view(&self) -> HostOrderView {
        let contact = self.contact.as_ref();
        let address = contact.and_then(|contact| contact.address.as_ref());
        HostOrderView {
            order: self.view(),
            contact: contact.map(|contact| contact.contact.reveal().clone()),
            address: address.map(|address| address.reveal().clone()),
            has_charge: false,
        }
    }
}

impl Line {
    fn view(&self) -> LineView {
        let total = self.price.times(self.quantity);
        let total = total.expect("the order's total was summed from its lines");
        LineView {
            variant: self.variant.clone(),
            product: self.product.clone(),
            title: self.title.clone(),
            options: self.options.clone(),
            quantity: self.quantity,
            unit_price: self.price.into(),
            total: total.into(),
        }
    }
}

/// The pieces an order has in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stake {
    /// None.
    None,
    /// They are held for it.
    Held,
    /// They are sold to it.
    Sold,
}

/// What a line of an order in this state has. The stock follows from the states of all orders:
/// whoever moves an order gives back the one stake and takes the other.
pub fn stake(state: OrderState, mode: HoldMode) -> Stake {
    match (state, mode) {
        (OrderState::Reserved | OrderState::Pending, HoldMode::Hold) => Stake::Held,
        (OrderState::Confirmed | OrderState::Paid, _) => Stake::Sold,
        _ => Stake::None,
    }
}

/// Whether it uses up a coupon.
pub fn uses_coupon(state: OrderState) -> bool {
    is_open(state) || matches!(state, OrderState::Confirmed | OrderState::Paid)
}

/// Whether it may still be bought until its time is over.
pub fn is_open(state: OrderState) -> bool {
    matches!(state, OrderState::Reserved | OrderState::Pending)
}

/// What somebody wants to happen to an order, or what happened outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Buy now and pay the merchant later.
    Confirm,
    /// Buy as soon as it is paid at the payment page.
    Proceed,
    /// Its money has arrived.
    Charge,
    /// The merchant has its money, by another way than the payment page.
    Settle,
    /// All its money went back.
    Refund,
    /// The buyer gives it up.
    Cancel,
    /// The host calls it off.
    Withdraw,
    /// The clock asks whether its time is over.
    Expire,
}

/// What a step depends on beside the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The time is over in which it could be bought.
    pub is_over: bool,
    /// It may become a sale: who buys is known, and there are pieces for all its lines beside
    /// those it has.
    pub can_sell: bool,
}

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is already so. A repeated request is answered like the first.
    Stay,
    /// It moves on, and its pieces as [`stake`] says.
    Move(OrderState),
    /// It may not, because somebody else has the pieces.
    Short,
    /// It may not, because of the state it is in.
    Refuse(OrderState),
}

/// The one place that decides. What is over is not bought any more, even when nobody has released
/// it yet; but money that comes late buys what is still there, and goes back otherwise.
pub fn step(state: OrderState, facts: Facts, wish: Wish) -> Step {
    use OrderState::{Cancelled, Confirmed, Expired, Paid, Pending, Refunded, Refunding, Reserved};
    match (state, wish) {
        (Reserved | Pending, Wish::Confirm | Wish::Proceed | Wish::Expire) if facts.is_over => {
            Step::Move(Expired)
        }
        (Reserved | Pending, Wish::Confirm) | (Reserved, Wish::Proceed) if !facts.can_sell => {
            Step::Short
        }
        (Reserved | Pending, Wish::Confirm) => Step::Move(Confirmed),
        (Reserved, Wish::Proceed) => Step::Move(Pending),
        (Reserved | Pending, Wish::Cancel | Wish::Withdraw) => Step::Move(Cancelled),
        (Confirmed, Wish::Withdraw) => Step::Move(Cancelled),
        (Paid, Wish::Withdraw) => Step::Move(Refunding),

        (Confirmed, Wish::Charge | Wish::Settle) => Step::Move(Paid),
        (Reserved | Pending | Expired, Wish::Charge) if facts.can_sell => Step::Move(Paid),
        (Reserved | Pending | Expired | Cancelled, Wish::Charge) => Step::Move(Refunding),
        (Paid | Refunding, Wish::Refund) => Step::Move(Refunded),

        (_, Wish::Expire) => Step::Stay,
        (Pending, Wish::Proceed) => Step::Stay,
        (Confirmed | Paid, Wish::Confirm | Wish::Proceed) => Step::Stay,
        (Paid, Wish::Charge | Wish::Settle) => Step::Stay,
        (Refunding | Refunded, Wish::Charge | Wish::Withdraw) => Step::Stay,
        (Refunded, Wish::Refund) => Step::Stay,
        // Stock went back already: to give up what is over changes nothing.
        (Cancelled | Expired, Wish::Cancel | Wish::Withdraw) => Step::Stay,
        _ => Step::Refuse(state),
    }
}

#[cfg(test)]
mod tests;
