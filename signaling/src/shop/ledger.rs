//! The decisions of one transaction. A store reads into a [`Ledger`] what the commands of a batch
//! touch, inside a transaction that nobody else can write beside; the ledger decides command by
//! command; the store writes [`Writes`] back, each under the condition that the row still is as it
//! was read. Were it not, nothing is committed. So the store arbitrates, and every store decides
//! by the same pure code, with a handful of statements for a batch of any size.

mod payments;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use self::payments::Payment;
use self::payments::Till;
use super::money::Amount;
use super::order::{Contact, Facts, Line, Order, OrderId, Stake, Step, Wish, stake, step};
use super::payment::Standing;
use super::pricing::{self, NoPrice, Zone};
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
    piles: BTreeMap<String, Pile>,
    till: Till,
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

    /// Holds stock for all lines, or says why not and holds nothing. A repeated request is
    /// answered with its order before anything else is looked at: it stands, whatever became of
    /// price and stock.
    pub fn reserve(&mut self, reserve: &Reserve) -> Outcome {
        let key = (reserve.buyer.clone(), reserve.key.clone());
        if let Some(made) = self.by_key.get(&key) {
            let order = &self.entry(made).order;
            return if order.request_hash == reserve.request_hash {
                Outcome::Reserved {
                    order: order.view(),
                    is_repeat: true,
                }
            } else {
                Outcome::Refused(Refusal::KeyMismatch)
            };
        }
        let order = match self.check(reserve) {
            Ok(order) => order,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        self.put(&order.lines, None, Some(order.state));
        let view = order.view();
        self.by_key.insert(key, order.id.clone());
        self.touched.push(order.id.clone());
        let id = order.id.clone();
        self.orders.insert(id, Entry { order, read: None });
        Outcome::Reserved {
            order: view,
            is_repeat: false,
        }
    }

    /// The order that a reservation makes, when nothing stands against it.
    fn check(&self, reserve: &Reserve) -> Result<Order, Refusal> {
        let mut lines = Vec::with_capacity(reserve.lines.len());
        for ((quote, quantity), key) in reserve.lines.iter().zip(offer_keys(reserve)) {
            let offer = self.offers.get(&key).zip(self.piles.get(&quote.variant));
            let Some((offer, pile)) = offer else {
                return Err(Refusal::UnknownVariant(quote.variant.clone()));
            };
            let available = pile.now.available();
            let offer = offer.clone();
            lines.push((Offer { available, ..offer }, *quantity));
        }
        let merchant = lines[0].0.merchant.clone();
        if let Some((other, _)) = lines.iter().find(|(offer, _)| offer.merchant != merchant) {
            return Err(Refusal::Merchants(merchant, other.merchant.clone()));
        }
        let zones = self.zones.get(&merchant).map_or(&[][..], Vec::as_slice);
        let priced = pricing::price(lines, zones, reserve.country.as_deref());
        let priced = priced.map_err(Refusal::NoPrice)?;
        let mut seen = reserve.lines.iter().zip(&priced.lines);
        let stands = seen.all(|((quote, _), (offer, _))| quote.stands(offer, self.now_ms));
        let Some(shipping) = priced.shipping else {
            return Err(Refusal::NoPrice(NoPrice::Country(None)));
        };
        if !stands || priced.total.minor() != reserve.total_minor {
            return Err(Refusal::Stale(Box::new(priced)));
        }
        for (offer, quantity) in &priced.lines {
            let (variant, min) = (offer.variant.clone(), offer.terms.min_quantity);
            if *quantity < min {
                return Err(Refusal::BelowMinimum { variant, min });
            }
            if *quantity > offer.available {
                let available = offer.available;
                return Err(Refusal::SoldOut { variant, available });
            }
        }
        Ok(new_order(
            reserve,
            merchant,
            priced.lines,
            (shipping, priced.total),
            self.now_ms,
        ))
    }

    /// Buys what an order reserved: at once, or as soon as it is paid at the payment page. What
    /// costs nothing is bought at once.
    pub fn confirm(&mut self, id: &OrderId, contact: &Contact, is_hosted: bool) -> Outcome {
        let Some(Entry { order, .. }) = self.orders.get_mut(id) else {
            return Outcome::Refused(Refusal::UnknownOrder);
        };
        let known = order.contact.replace(contact.clone());
        let wish = match is_hosted && order.total.minor() > 0 {
            true => Wish::Proceed,
            false => Wish::Confirm,
        };
        let outcome = match self.wish(id, wish) {
            Outcome::Order { is_repeat, .. } if is_repeat && known.as_ref() != Some(contact) => {
                Outcome::Refused(Refusal::ContactMismatch)
            }
            outcome => outcome,
        };
        if let Outcome::Refused(_) = outcome {
            self.order_mut(id).contact = known;
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
            Step::Short => Outcome::Refused(self.shortage(order)),
            Step::Refuse(state) => Outcome::Refused(Refusal::State(state)),
        }
    }

    /// The next step of an order.
    fn next(&self, order: &Order, wish: Wish) -> Step {
        let facts = Facts {
            is_over: self.now_ms >= order.expires_ms,
            can_sell: order.contact.is_some() && self.short_line(order).is_none(),
        };
        step(order.state, facts, wish)
    }

    /// A line for which too few pieces are left, beside those it has.
    fn short_line<'a>(&self, order: &'a Order) -> Option<&'a Line> {
        order.lines.iter().find(|line| {
            let is_free = stake(order.state, line.hold_mode) == Stake::None;
            let pile = self.piles.get(&line.variant);
            is_free && pile.is_none_or(|pile| pile.now.available() < line.quantity)
        })
    }

    fn shortage(&self, order: &Order) -> Refusal {
        let line = self.short_line(order);
        let line = line.expect("a step is short only for a line: `next`");
        let pile = self.piles.get(&line.variant);
        Refusal::SoldOut {
            variant: line.variant.clone(),
            available: pile.map_or(0, |pile| pile.now.available()),
        }
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
        writes
    }

    /// Moves an order on, and its pieces with it.
    fn move_on(&mut self, id: &OrderId, to: OrderState) -> OrderView {
        let order = self.order_mut(id);
        let was = std::mem::replace(&mut order.state, to);
        let (view, lines) = (order.view(), order.lines.clone());
        self.put(&lines, Some(was), Some(to));
        self.touched.push(id.clone());
        view
    }

    /// Gives back the pieces that these lines have in one state, and takes those of the other.
    fn put(&mut self, lines: &[Line], from: Option<OrderState>, to: Option<OrderState>) {
        for line in lines {
            let stake = |state: Option<OrderState>| state.map(|state| stake(state, line.hold_mode));
            let books = &mut self.pile(&line.variant).now;
            match stake(from) {
                Some(Stake::Held) => books.held -= line.quantity,
                Some(Stake::Sold) => books.sold -= line.quantity,
                Some(Stake::None) | None => {}
            }
            match stake(to) {
                Some(Stake::Held) => books.held += line.quantity,
                Some(Stake::Sold) => books.sold += line.quantity,
                Some(Stake::None) | None => {}
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

fn new_order(
    reserve: &Reserve,
    merchant: String,
    lines: Vec<(Offer, u32)>,
    (shipping, total): (Amount, Amount),
    now_ms: u64,
) -> Order {
    let line = |(offer, quantity): (Offer, u32)| Line {
        price: offer.terms.unit_price(quantity),
        variant: offer.variant,
        product: offer.product,
        title: offer.title,
        options: offer.options,
        quantity,
        hold_mode: offer.hold_mode,
    };
    Order {
        id: reserve.id.clone(),
        merchant,
        show: reserve.show.clone(),
        lines: lines.into_iter().map(line).collect(),
        country: reserve.country.clone(),
        shipping,
        total,
        state: OrderState::Reserved,
        expires_ms: reserve.expires_ms,
        created_ms: now_ms,
        buyer: reserve.buyer.clone(),
        key: reserve.key.clone(),
        request_hash: reserve.request_hash,
        contact: None,
    }
}

#[cfg(test)]
mod tests;
