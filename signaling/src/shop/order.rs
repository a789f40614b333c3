//! The states of an order, as a pure machine: which step is allowed when, and what it does to
//! the stock. A store applies the step it is given here, inside its own transaction.

use std::collections::BTreeMap;
use std::fmt;

use super::money::Amount;
use crate::protocol::server::{LineView, OrderState, OrderView};
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
    /// What sending costs.
    pub shipping: Amount,
    /// Lines and shipping: what is charged.
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
    /// Who bought it, once confirmed.
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
            shipping: self.shipping.into(),
            total: self.total.into(),
            state: self.state,
            expires_ms: (self.state == OrderState::Reserved).then_some(self.expires_ms),
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

/// What somebody wants to happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Buy what is held.
    Confirm,
    /// Give it up.
    Cancel,
    /// The clock asks whether the hold has run out.
    Expire,
}

/// What the step does to the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockMove {
    /// Held pieces are sold.
    Sell,
    /// Held pieces can be bought again.
    Release,
}

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is already so. A repeated request is answered like the first.
    Stay,
    /// It moves on, and the stock with it.
    Move(OrderState, StockMove),
    /// It may not, because of the state it is in.
    Refuse(OrderState),
}

/// The one place that decides. `expires_ms` is the end of the hold; at that very millisecond it
/// is over. A hold that is over is never sold, even when nobody has released it yet.
pub fn step(state: OrderState, expires_ms: u64, now_ms: u64, wish: Wish) -> Step {
    use OrderState::{Cancelled, Confirmed, Expired, Reserved};
    let held = now_ms < expires_ms;
    match (state, wish) {
        (Reserved, Wish::Confirm) if held => Step::Move(Confirmed, StockMove::Sell),
        (Reserved, Wish::Expire) if held => Step::Stay,
        (Reserved, Wish::Confirm | Wish::Expire) => Step::Move(Expired, StockMove::Release),
        (Reserved, Wish::Cancel) => Step::Move(Cancelled, StockMove::Release),
        (Confirmed, Wish::Confirm) | (Cancelled, Wish::Cancel) => Step::Stay,
        // Stock went back already: to give up an expired hold changes nothing.
        (Expired, Wish::Cancel) => Step::Stay,
        (_, Wish::Expire) => Step::Stay,
        (Confirmed, Wish::Cancel) | (Cancelled | Expired, Wish::Confirm) => Step::Refuse(state),
    }
}

#[cfg(test)]
mod tests {
    use OrderState::{Cancelled, Confirmed, Expired, Reserved};
    use StockMove::{Release, Sell};
    use Wish::{Cancel, Confirm, Expire};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_state_and_wish_has_one_answer() {
        let sell = Step::Move(Confirmed, Sell);
        let lapse = Step::Move(Expired, Release);
        let give_up = Step::Move(Cancelled, Release);
        // state, wish, while the hold lasts, after it
        let table = [
            (Reserved, Confirm, sell, lapse),
            (Reserved, Cancel, give_up, give_up),
            (Reserved, Expire, Step::Stay, lapse),
            (Confirmed, Confirm, Step::Stay, Step::Stay),
            (
                Confirmed,
                Cancel,
                Step::Refuse(Confirmed),
                Step::Refuse(Confirmed),
            ),
            (Confirmed, Expire, Step::Stay, Step::Stay),
            (
                Cancelled,
                Confirm,
                Step::Refuse(Cancelled),
                Step::Refuse(Cancelled),
            ),
            (Cancelled, Cancel, Step::Stay, Step::Stay),
            (Cancelled, Expire, Step::Stay, Step::Stay),
            (
                Expired,
                Confirm,
                Step::Refuse(Expired),
                Step::Refuse(Expired),
            ),
            (Expired, Cancel, Step::Stay, Step::Stay),
            (Expired, Expire, Step::Stay, Step::Stay),
        ];
        for (state, wish, during, after) in table {
            assert_eq!(
                step(state, 1_000, 999, wish),
                during,
                "{state:?} {wish:?} in time"
            );
            assert_eq!(
                step(state, 1_000, 1_000, wish),
                after,
                "{state:?} {wish:?} at the end"
            );
        }
    }

    #[test]
    fn stock_moves_once_in_an_orders_life() {
        for first in [Confirm, Cancel, Expire] {
            for then in [Confirm, Cancel, Expire] {
                let Step::Move(state, _) = step(Reserved, 1_000, 1_000, first) else {
                    panic!("a hold that is over moves on by any wish");
                };
                let again = step(state, 1_000, 2_000, then);
                assert!(
                    !matches!(again, Step::Move(..)),
                    "{first:?} then {then:?}: {again:?}"
                );
            }
        }
    }

    proptest! {
        /// Whatever is wished, in whatever order and however late: stock moves once at most, what
        /// has ended stays as it is, and nothing is sold after the end of its hold.
        #[test]
        fn a_life_has_one_end(
            wishes in prop::collection::vec(
                (prop_oneof![Just(Confirm), Just(Cancel), Just(Expire)], 0..600_u64), 0..12),
        ) {
            let (mut state, mut now, mut moves) = (Reserved, 0, 0);
            for (wish, later) in wishes {
                now += later;
                let before = state;
                match step(state, 1_000, now, wish) {
                    Step::Move(to, stock) => {
                        prop_assert_eq!(before, Reserved, "{:?} at {}", wish, now);
                        prop_assert!(to != Confirmed || (now < 1_000 && wish == Confirm));
                        prop_assert_eq!(stock == Sell, to == Confirmed);
                        (state, moves) = (to, moves + 1);
                    }
                    Step::Stay => {}
                    Step::Refuse(told) => prop_assert_eq!(told, before),
                }
            }
            prop_assert!(moves <= 1);
            prop_assert_eq!(moves == 0, state == Reserved);
        }
    }

    #[test]
    fn ids_are_long_enough_and_not_logged() {
        let id = OrderId::from_random(u128::MAX);
        assert_eq!(id.as_str().len(), 22);
        assert!(!format!("{id:?}").contains(id.as_str()));
    }
}
