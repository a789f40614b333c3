//! The decisions of one transaction. A store reads into a [`Ledger`] what the commands of a batch
//! touch, inside a transaction that nobody else can write beside; the ledger decides command by
//! command; the store writes [`Writes`] back, each under the condition that the row still is as it
//! was read. Were it not, nothing is committed. So the store arbitrates, and every store decides
//! by the same pure code, with a handful of statements for a batch of any size.

mod payments;
mod rations;
mod reserve;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use self::payments::Payment;
use self::payments::Till;
pub use self::rations::{Ration, Scope, Who, reached_at};
use self::rations::{Rations, buyers, coupon_use, pieces};
use super::coupon::Coupon;
use super::order::{
    Contact, Facts, Line, Order, OrderId, Stake, Step, Wish, stake, step, uses_coupon,
};
use super::payment::Standing;
use super::pricing::Zone;
use super::quote::Offer;
use super::store::{Books, Outcome, Refusal, Reserve};
use crate::protocol::server::{OrderState, OrderView};

/// What a transaction has read and decided so far.
#[derive(Debug, Default)]
pub struct Ledger {
    now_ms: u64,
    orders: HashMap<OrderId, Entry>,
    by_key: HashMap<(String, String), OrderId>,
    offers: HashMap<OfferKey, Offer>,
    zones: HashMap<String, Vec<Zone>>,
    /// By merchant and code.
    coupons: HashMap<(String, String), Coupon>,
    piles: BTreeMap<String, Pile>,
    till: Till,
    rations: Rations,
    /// New and changed orders, in the order in which that happened.
    touched: Vec<OrderId>,
}

/// An offer that a reservation is about: show, variant, currency it was quoted in.
pub type OfferKey = (String, String, String);

/// The offers a reservation is about, in the order of its lines.
pub fn offer_keys(reserve: &Reserve) -> impl Iterator<Item = OfferKey> + '_ {
    reserve.lines.iter().map(|(quote, _)| {
        let currency = quote.terms.price.currency().to_owned();
        (reserve.show.clone(), quote.variant.clone(), currency)
    })
}

#[derive(Debug)]
struct Entry {
    order: Order,
    /// Its state when it was read; none for a new one.
    read: Option<OrderState>,
}

/// The stock of a variant, as read and as it will be.
#[derive(Debug, Clone, Copy)]
struct Pile {
    read: Books,
    now: Books,
}

/// What the store has to write.
#[derive(Debug, Default)]
pub struct Writes {
    /// New orders.
    pub made: Vec<Order>,
    /// Orders that moved on, with the state they were in.
    pub moved: Vec<(OrderState, Order)>,
    /// Stock that changed: variant, as read, as it shall be.
    pub stock: Vec<(String, Books, Books)>,
    /// New and changed payments, with the standing they had.
    pub payments: Vec<(Option<Standing>, Payment)>,
    /// Events of the provider that were taken.
    pub events: Vec<String>,
    /// How much of flash deals is taken: deal, as read, as it shall be.
    pub deals: Vec<(String, u32, u32)>,
    /// How often coupons are used: merchant, code, as read, as it shall be.
    pub coupons: Vec<(String, String, u32, u32)>,
}

impl Writes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let orders = self.made.is_empty() && self.moved.is_empty() && self.stock.is_empty();
        orders && self.payments.is_empty() && self.events.is_empty()
    }
}

impl Ledger {
    /// An empty one for a transaction at this time.
    pub fn new(now_ms: u64) -> Self {
        Self {
            now_ms,
            ..Self::default()
        }
    }

    /// An order that was read.
    pub fn read_order(&mut self, order: Order) {
        self.by_key
            .insert((order.buyer.clone(), order.key.clone()), order.id.clone());
        let read = Some(order.state);
        self.orders.insert(order.id.clone(), Entry { order, read });
    }

    /// An offer that was read for a quote in this currency.
    pub fn read_offer(&mut self, currency: String, offer: Offer) {
        let key = (offer.show.clone(), offer.variant.clone(), currency);
        self.offers.insert(key, offer);
    }

    /// A shipping zone of a merchant that was read.
    pub fn read_zone(&mut self, merchant: String, zone: Zone) {
        self.zones.entry(merchant).or_default().push(zone);
    }

    /// A coupon that was read, with the uses it has.
    pub fn read_coupon(&mut self, coupon: Coupon) {
        let key = (coupon.merchant.clone(), coupon.code.clone());
        let ration = Ration {
            total: coupon.total,
            per_buyer: coupon.per_buyer,
            taken: coupon.taken,
        };
        self.read_ration(Scope::Coupon(key.0.clone(), key.1.clone()), ration);
        self.coupons.insert(key, coupon);
    }

    /// The stock of a variant that was read.
    pub fn read_stock(&mut self, variant: String, books: Books) {
        self.piles.insert(
            variant,
            Pile {
                read: books,
                now: books,
            },
        );
    }

    /// Variants whose stock the orders and offers read so far may move.
    pub fn variants(&self) -> Vec<&str> {
        let orders = self.orders.values();
        let ordered = orders.flat_map(|entry| entry.order.lines.iter());
        let ordered = ordered.map(|line| line.variant.as_str());
        let offered = self.offers.values().map(|offer| offer.variant.as_str());
        let mut variants: Vec<_> = ordered.chain(offered).collect();
        variants.sort_unstable();
        variants.dedup();
        variants
    }

    /// Merchants whose zones the offers read so far need.
    pub fn merchants(&self) -> BTreeSet<&str> {
        self.offers
            .values()
            .map(|offer| offer.merchant.as_str())
            .collect()
    }

    /// Releases the holds that ran out, among the orders read.
    pub fn expire(&mut self) -> Vec<OrderView> {
        let is_over = |order: &&Order| matches!(self.next(order, Wish::Expire), Step::Move(_));
        let orders = self.orders.values().map(|entry| &entry.order);
        let mut over: Vec<_> = orders.filter(is_over).collect();
        over.sort_unstable_by_key(|order| order.expires_ms);
        let over: Vec<_> = over.into_iter().map(|order| order.id.clone()).collect();
        let release = |id| self.move_on(&id, OrderState::Expired);
        over.into_iter().map(release).collect()
    }

    /// Buys what an order reserved: at once, or as soon as it is paid at the payment page. What
    /// costs nothing is bought at once.
    pub fn confirm(
        &mut self,
        id: &OrderId,
        contact: &Contact,
        country: Option<&str>,
        is_hosted: bool,
    ) -> Outcome {
        let Some(Entry { order, .. }) = self.orders.get(id) else {
            return Outcome::Refused(Refusal::UnknownOrder);
        };
        let known = order.contact.clone();
        if order.state == OrderState::Reserved
            && let Some(needed) = order
                .country
                .as_deref()
                .filter(|&needed| country != Some(needed))
        {
            let country = needed.to_owned();
            return Outcome::Refused(Refusal::Address { country });
        }
        if order.state == OrderState::Reserved
            && let Some(limit) = self.share_passed(order, contact)
        {
            return Outcome::Refused(limit);
        }
        let wish = match is_hosted && order.total.minor() > 0 {
            true => Wish::Proceed,
            false => Wish::Confirm,
        };
        self.introduce(id, Some(contact.clone()));
        let outcome = match self.wish(id, wish) {
            Outcome::Order { is_repeat, .. } if is_repeat && known.as_ref() != Some(contact) => {
                Outcome::Refused(Refusal::ContactMismatch)
            }
            outcome => outcome,
        };
        if let Outcome::Refused(_) = outcome {
            self.introduce(id, known);
        }
        outcome
    }

    /// Gives up what an order holds.
    pub fn cancel(&mut self, id: &OrderId) -> Outcome {
        self.wish(id, Wish::Cancel)
    }

    /// Moves an order as somebody wishes, if it may.
    fn wish(&mut self, id: &OrderId, wish: Wish) -> Outcome {
        let Some(Entry { order, .. }) = self.orders.get(id) else {
            return Outcome::Refused(Refusal::UnknownOrder);
        };
        match self.next(order, wish) {
            Step::Move(OrderState::Expired) => {
                self.move_on(id, OrderState::Expired);
                Outcome::Refused(Refusal::State(OrderState::Expired))
            }
            Step::Move(state) => Outcome::Order {
                order: self.move_on(id, state),
                is_repeat: false,
            },
            Step::Stay => Outcome::Order {
                order: order.view(),
                is_repeat: true,
            },
            Step::Short => Outcome::Refused(
                self.obstacle(order)
                    .expect("a step is short for an obstacle: `next`"),
            ),
            Step::Refuse(state) => Outcome::Refused(Refusal::State(state)),
        }
    }

    /// The next step of an order.
    fn next(&self, order: &Order, wish: Wish) -> Step {
        let facts = Facts {
            is_over: self.now_ms >= order.expires_ms,
            can_sell: order.contact.is_some() && self.obstacle(order).is_none(),
        };
        step(order.state, facts, wish)
    }

    /// Why an order may not become a sale: pieces that somebody else has, or a limit. What it
    /// has already is not asked for again.
    fn obstacle(&self, order: &Order) -> Option<Refusal> {
        let needs = |line: &&Line| stake(order.state, line.hold_mode) == Stake::None;
        let needed = || order.lines.iter().filter(needs);
        let short = needed().find(|line| self.available(line) < line.quantity);
        match short {
            Some(line) => Some(Refusal::SoldOut {
                variant: line.variant.clone(),
                available: self.available(line),
            }),
            None => {
                let mut wanted = pieces(needed());
                if !uses_coupon(order.state) {
                    wanted.extend(coupon_use(order));
                }
                self.rations.passed(&wanted, &buyers(order))
            }
        }
    }

    fn available(&self, line: &Line) -> u32 {
        let pile = self.piles.get(&line.variant);
        pile.map_or(0, |pile| pile.now.available())
    }

    /// What the store has to write.
    pub fn writes(mut self) -> Writes {
        let mut writes = Writes::default();
        for id in std::mem::take(&mut self.touched) {
            match self.orders.remove(&id) {
                Some(Entry { order, read: None }) => writes.made.push(order),
                Some(Entry {
                    order,
                    read: Some(was),
                }) => writes.moved.push((was, order)),
                None => {} // Touched twice, written once.
            }
        }
        let changed = self
            .piles
            .into_iter()
            .filter(|(_, pile)| pile.now != pile.read);
        writes.stock = changed
            .map(|(variant, pile)| (variant, pile.read, pile.now))
            .collect();
        (writes.payments, writes.events) = self.till.writes();
        (writes.deals, writes.coupons) = self.rations.writes();
        writes
    }

    /// Moves an order on, and its pieces with it.
    fn move_on(&mut self, id: &OrderId, to: OrderState) -> OrderView {
        let before = self.entry(id).order.clone();
        self.give_back(&before);
        let order = self.order_mut(id);
        order.state = to;
        let after = order.clone();
        self.take(&after);
        self.touched.push(id.clone());
        after.view()
    }

    /// Says who buys an order, or no longer.
    fn introduce(&mut self, id: &OrderId, contact: Option<Contact>) {
        let before = self.entry(id).order.clone();
        self.ration(&before, false);
        let order = self.order_mut(id);
        order.contact = contact;
        let after = order.clone();
        self.ration(&after, true);
    }

    /// Takes the pieces that an order has in its state.
    fn take(&mut self, order: &Order) {
        self.ration(order, true);
        for line in &order.lines {
            let books = &mut self.pile(&line.variant).now;
            match stake(order.state, line.hold_mode) {
                Stake::Held => books.held += line.quantity,
                Stake::Sold => books.sold += line.quantity,
                Stake::None => {}
            }
        }
    }

    /// Gives back the pieces that an order has in its state.
    fn give_back(&mut self, order: &Order) {
        self.ration(order, false);
        for line in &order.lines {
            let books = &mut self.pile(&line.variant).now;
            match stake(order.state, line.hold_mode) {
                Stake::Held => books.held -= line.quantity,
                Stake::Sold => books.sold -= line.quantity,
                Stake::None => {}
            }
        }
    }

    fn pile(&mut self, variant: &str) -> &mut Pile {
        let pile = self.piles.get_mut(variant);
        pile.expect("the store reads the stock of all that orders and offers name: `variants`")
    }

    fn order_mut(&mut self, id: &OrderId) -> &mut Order {
        let entry = self.orders.get_mut(id);
        &mut entry
            .expect("callers name an order they have looked at")
            .order
    }

    fn entry(&self, id: &OrderId) -> &Entry {
        self.orders
            .get(id)
            .expect("`by_key` names orders that are in `orders`")
    }
}

#[cfg(test)]
mod tests;
