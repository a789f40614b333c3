//! The decisions of one transaction. A store reads into a [`Ledger`] what the commands of a batch
//! touch, inside a transaction that nobody else can write beside; the ledger decides command by
//! command; the store writes [`Writes`] back, each under the condition that the row still is as it
//! was read. Were it not, nothing is committed. So the store arbitrates, and every store decides
//! by the same pure code, with a handful of statements for a batch of any size.

use std::collections::{BTreeMap, HashMap};

use super::order::{Contact, Order, OrderId, Step, StockMove, Wish, step};
use super::quote::Offer;
use super::store::{Books, Outcome, Refusal, Reserve};
use crate::protocol::server::{OrderState, OrderView};

/// What a transaction has read and decided so far.
#[derive(Debug, Default)]
pub struct Ledger {
    now_ms: u64,
    orders: HashMap<OrderId, Entry>,
    by_key: HashMap<(String, String), OrderId>,
    offers: HashMap<(String, String), (Offer, String)>,
    piles: BTreeMap<String, Pile>,
    /// New and changed orders, in the order in which that happened.
    touched: Vec<OrderId>,
}

#[derive(Debug)]
struct Entry {
    order: Order,
    change: Change,
}

/// What a transaction does to an order. A new one may change again in the same batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Made,
    Moved,
}

/// The stock of a product, as read and as it will be.
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
    /// Orders that were reserved and are not any more.
    pub moved: Vec<Order>,
    /// Stock that changed: product, as read, as it shall be.
    pub stock: Vec<(String, Books, Books)>,
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
        let entry = Entry {
            order,
            change: Change::None,
        };
        self.orders.insert(entry.order.id.clone(), entry);
    }

    /// An offer that was read, with the title an order keeps.
    pub fn read_offer(&mut self, offer: Offer, title: String) {
        self.offers
            .insert((offer.show.clone(), offer.product.clone()), (offer, title));
    }

    /// The stock of a product that was read.
    pub fn read_stock(&mut self, product: String, books: Books) {
        self.piles.insert(
            product,
            Pile {
                read: books,
                now: books,
            },
        );
    }

    /// Products whose stock the orders and offers read so far may move.
    pub fn products(&self) -> Vec<&str> {
        let ordered = self
            .orders
            .values()
            .map(|entry| entry.order.product.as_str());
        let offered = self.offers.keys().map(|(_, product)| product.as_str());
        let mut products: Vec<_> = ordered.chain(offered).collect();
        products.sort_unstable();
        products.dedup();
        products
    }

    /// Releases the holds that ran out, among the orders read.
    pub fn expire(&mut self) -> Vec<OrderView> {
        let is_over = |order: &Order| {
            let next = step(order.state, order.expires_ms, self.now_ms, Wish::Expire);
            matches!(next, Step::Move(..))
        };
        let entries = self.orders.values();
        let mut over: Vec<_> = entries
            .map(|e| &e.order)
            .filter(|order| is_over(order))
            .collect();
        over.sort_unstable_by_key(|order| order.expires_ms);
        let over: Vec<_> = over.into_iter().map(|order| order.id.clone()).collect();
        let release = |id| self.move_on(&id, OrderState::Expired, StockMove::Release);
        over.into_iter().map(release).collect()
    }

    /// Holds stock, or says why not. A repeated request is answered with its order before
    /// anything else is looked at: it stands, whatever became of price and stock.
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
        let product = &reserve.quote.product;
        let offer = self.offers.get(&(reserve.show.clone(), product.clone()));
        let Some(((offer, title), pile)) = offer.zip(self.piles.get_mut(product)) else {
            return Outcome::Refused(Refusal::UnknownProduct(product.clone()));
        };
        let available = pile.now.available();
        if !reserve.quote.stands(offer, self.now_ms) {
            return Outcome::Refused(Refusal::Stale(Offer {
                available,
                ..offer.clone()
            }));
        }
        if reserve.quantity > available {
            return Outcome::Refused(Refusal::SoldOut {
                product: product.clone(),
                available,
            });
        }
        pile.now.held += reserve.quantity;
        let order = new_order(reserve, title, self.now_ms);
        let view = order.view();
        self.by_key.insert(key, order.id.clone());
        self.touched.push(order.id.clone());
        self.orders.insert(
            order.id.clone(),
            Entry {
                order,
                change: Change::Made,
            },
        );
        Outcome::Reserved {
            order: view,
            is_repeat: false,
        }
    }

    /// Sells what an order holds.
    pub fn confirm(&mut self, id: &OrderId, contact: &Contact) -> Outcome {
        let Some(entry) = self.orders.get_mut(id) else {
            return Outcome::Refused(Refusal::UnknownOrder);
        };
        let order = &mut entry.order;
        match step(order.state, order.expires_ms, self.now_ms, Wish::Confirm) {
            Step::Move(OrderState::Confirmed, stock) => {
                order.contact = Some(contact.clone());
                let order = self.move_on(id, OrderState::Confirmed, stock);
                Outcome::Order {
                    order,
                    is_repeat: false,
                }
            }
            Step::Move(state, stock) => {
                self.move_on(id, state, stock);
                Outcome::Refused(Refusal::State(state))
            }
            Step::Stay if order.contact.as_ref() == Some(contact) => Outcome::Order {
                order: order.view(),
                is_repeat: true,
            },
            Step::Stay => Outcome::Refused(Refusal::ContactMismatch),
            Step::Refuse(state) => Outcome::Refused(Refusal::State(state)),
        }
    }

    /// Gives up what an order holds.
    pub fn cancel(&mut self, id: &OrderId) -> Outcome {
        let Some(Entry { order, .. }) = self.orders.get(id) else {
            return Outcome::Refused(Refusal::UnknownOrder);
        };
        match step(order.state, order.expires_ms, self.now_ms, Wish::Cancel) {
            Step::Move(state, stock) => {
                let order = self.move_on(id, state, stock);
                Outcome::Order {
                    order,
                    is_repeat: false,
                }
            }
            Step::Stay => Outcome::Order {
                order: order.view(),
                is_repeat: true,
            },
            Step::Refuse(state) => Outcome::Refused(Refusal::State(state)),
        }
    }

    /// What the store has to write.
    pub fn writes(mut self) -> Writes {
        let mut writes = Writes::default();
        for id in std::mem::take(&mut self.touched) {
            let Some(Entry { order, change }) = self.orders.remove(&id) else {
                continue; // Touched twice, written once.
            };
            match change {
                Change::Made => writes.made.push(order),
                Change::Moved => writes.moved.push(order),
                Change::None => {}
            }
        }
        let changed = self
            .piles
            .into_iter()
            .filter(|(_, pile)| pile.now != pile.read);
        writes.stock = changed
            .map(|(product, pile)| (product, pile.read, pile.now))
            .collect();
        writes
    }

    /// Moves a reserved order on, and its stock with it.
    fn move_on(&mut self, id: &OrderId, to: OrderState, stock: StockMove) -> OrderView {
        let entry = self
            .orders
            .get_mut(id)
            .expect("callers name an order they have looked at");
        entry.order.state = to;
        if entry.change == Change::None {
            entry.change = Change::Moved;
        }
        let pile = self.piles.get_mut(&entry.order.product);
        let pile = pile.expect("the store reads the stock of every order it reads: `products`");
        pile.now.held -= entry.order.quantity;
        if stock == StockMove::Sell {
            pile.now.sold += entry.order.quantity;
        }
        self.touched.push(id.clone());
        entry.order.view()
    }

    fn entry(&self, id: &OrderId) -> &Entry {
        self.orders
            .get(id)
            .expect("`by_key` names orders that are in `orders`")
    }
}

fn new_order(reserve: &Reserve, title: &str, now_ms: u64) -> Order {
    Order {
        id: reserve.id.clone(),
        show: reserve.show.clone(),
        product: reserve.quote.product.clone(),
        title: title.into(),
        quantity: reserve.quantity,
        price: reserve.quote.price,
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
mod tests {
    use super::*;
    use crate::redacted::Redacted;
    use crate::shop::money::Amount;
    use crate::shop::quote::Quote;

    const NOW: u64 = 1_000;

    fn ledger(total: u32) -> Ledger {
        let mut ledger = Ledger::new(NOW);
        let offer = Offer {
            show: "gala".into(),
            product: "lamp".into(),
            price: Amount::new(1990, "EUR").expect("a price"),
            price_version: 1,
            available: total,
        };
        ledger.read_offer(offer, "Lamp".into());
        assert_eq!(ledger.products(), ["lamp"]);
        ledger.read_stock(
            "lamp".into(),
            Books {
                total,
                held: 0,
                sold: 0,
            },
        );
        ledger
    }

    fn reserve(id: &str, quantity: u32, expires_ms: u64) -> Reserve {
        Reserve {
            id: OrderId::from_text(id),
            show: "gala".into(),
            buyer: "ada".into(),
            key: id.into(),
            request_hash: [0; 32],
            quote: Quote {
                show: "gala".into(),
                product: "lamp".into(),
                price: Amount::new(1990, "EUR").expect("a price"),
                price_version: 1,
                expires_ms: 2_000,
            },
            quantity,
            expires_ms,
        }
    }

    fn contact() -> Contact {
        let text = |text: &str| Redacted::new(text.to_owned());
        Contact {
            name: text("Ada"),
            contact: text("ada@example.org"),
            address: None,
        }
    }

    #[test]
    fn a_batch_sees_what_it_has_decided_itself() {
        let mut ledger = ledger(5);
        let three = ledger.reserve(&reserve("a", 3, 9_000));
        assert!(matches!(
            three,
            Outcome::Reserved {
                is_repeat: false,
                ..
            }
        ));
        let gone = ledger.reserve(&reserve("b", 3, 9_000));
        assert!(matches!(
            gone,
            Outcome::Refused(Refusal::SoldOut { available: 2, .. })
        ));
        ledger.cancel(&OrderId::from_text("a"));
        let now = ledger.reserve(&reserve("b", 5, 9_000));
        assert!(matches!(
            now,
            Outcome::Reserved {
                is_repeat: false,
                ..
            }
        ));
        ledger.confirm(&OrderId::from_text("b"), &contact());

        let Writes { made, moved, stock } = ledger.writes();
        let states: Vec<_> = made
            .iter()
            .map(|order| (order.id.as_str(), order.state))
            .collect();
        assert_eq!(
            states,
            [("a", OrderState::Cancelled), ("b", OrderState::Confirmed)]
        );
        assert!(
            moved.is_empty(),
            "new orders are written once, as they are in the end"
        );
        let (was, is) = (
            Books {
                total: 5,
                held: 0,
                sold: 0,
            },
            Books {
                total: 5,
                held: 0,
                sold: 5,
            },
        );
        assert_eq!(stock, [("lamp".to_owned(), was, is)]);
    }

    #[test]
    fn what_did_not_change_is_not_written() {
        let mut ledger = ledger(5);
        ledger.reserve(&reserve("a", 6, 9_000));
        ledger.cancel(&OrderId::from_text("nobody"));
        let Writes { made, moved, stock } = ledger.writes();
        assert!(made.is_empty() && moved.is_empty() && stock.is_empty());
    }

    #[test]
    fn holds_that_ran_out_are_for_sale_again_in_the_same_batch() {
        let mut first = ledger(5);
        first.reserve(&reserve("a", 5, NOW));
        let held = first.writes().made.remove(0);

        let mut ledger = ledger(5);
        ledger.read_order(held);
        ledger.read_stock(
            "lamp".into(),
            Books {
                total: 5,
                held: 5,
                sold: 0,
            },
        );
        assert_eq!(ledger.expire().len(), 1);
        let late = ledger.confirm(&OrderId::from_text("a"), &contact());
        assert_eq!(late, Outcome::Refused(Refusal::State(OrderState::Expired)));
        let bought = ledger.reserve(&reserve("b", 5, 9_000));
        assert!(matches!(
            bought,
            Outcome::Reserved {
                is_repeat: false,
                ..
            }
        ));
        let Writes { made, moved, stock } = ledger.writes();
        assert_eq!((made.len(), moved.len()), (1, 1));
        assert!(
            stock.is_empty(),
            "five out, five in: the row stays as it was"
        );
    }
}
