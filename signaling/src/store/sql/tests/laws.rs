//! The laws of the shop under random storms: batches of reserve, confirm, cancel, retries,
//! imports, time passing and restarts, from two processes' worth of connections. After every
//! batch a plain model must agree with the books. The seed is printed; set `SHOP_SEED` to run
//! one again.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::protocol::server::OrderState::{Cancelled, Confirmed, Expired, Reserved};

const PRODUCTS: [&str; 3] = ["lamp", "mug", "rug"];
const ROUNDS: u32 = 60;

/// What the books must say, computed the simple way.
#[derive(Default)]
struct Model {
    totals: BTreeMap<&'static str, u32>,
    orders: BTreeMap<String, Line>,
}

struct Line {
    product: &'static str,
    quantity: u32,
    state: OrderState,
    expires_ms: u64,
}

impl Model {
    fn count(&self, product: &str, state: OrderState) -> u32 {
        let of = |line: &&Line| line.product == product && line.state == state;
        self.orders
            .values()
            .filter(of)
            .map(|line| line.quantity)
            .sum()
    }

    fn free(&self, product: &str) -> u32 {
        self.totals[product] - self.count(product, Reserved) - self.count(product, Confirmed)
    }

    fn expire(&mut self, now: u64) {
        for line in self.orders.values_mut() {
            if line.state == Reserved && line.expires_ms <= now {
                line.state = Expired;
            }
        }
    }

    /// What a reservation must answer; makes the order when it can be made.
    fn reserve(&mut self, id: &str, product: &'static str, quantity: u32, end: u64) -> Answer {
        if let Some(line) = self.orders.get(id) {
            return Answer::Order(line.state, true);
        }
        let free = self.free(product);
        if quantity > free {
            return Answer::SoldOut(free);
        }
        let line = Line {
            product,
            quantity,
            state: Reserved,
            expires_ms: end,
        };
        self.orders.insert(id.into(), line);
        Answer::Order(Reserved, false)
    }

    fn wish(&mut self, id: &str, to: OrderState) -> Answer {
        let Some(line) = self.orders.get_mut(id) else {
            return Answer::Unknown;
        };
        match (line.state, to) {
            (Reserved, to) => {
                line.state = to;
                Answer::Order(to, false)
            }
            (state, to) if state == to => Answer::Order(state, true),
            (Expired, Cancelled) => Answer::Order(Expired, true),
            (state, _) => Answer::Refused(state),
        }
    }
}

#[derive(Debug, PartialEq)]
enum Answer {
    Order(OrderState, bool),
    SoldOut(u32),
    Unknown,
    Refused(OrderState),
}

fn told(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Reserved { order, is_repeat } | Outcome::Order { order, is_repeat } => {
            Answer::Order(order.state, *is_repeat)
        }
        Outcome::Refused(Refusal::SoldOut { available, .. }) => Answer::SoldOut(*available),
        Outcome::Refused(Refusal::UnknownOrder) => Answer::Unknown,
        Outcome::Refused(Refusal::State(state)) => Answer::Refused(*state),
        other => panic!("the storm asks for nothing that answers {other:?}"),
    }
}

struct Storm {
    random: StdRng,
    model: Model,
    quotes: BTreeMap<&'static str, Quote>,
    made: u32,
    now: u64,
}

impl Storm {
    /// One random wish: the command and what it must answer.
    fn wish(&mut self) -> (Command, Answer) {
        // Most wishes go to recent orders, some to orders long past, some to none.
        let old = self.made.saturating_sub(self.random.random_range(0..12));
        let id = format!("o{old}");
        match self.random.random_range(0..10) {
            0..5 => {
                self.made += 1;
                let id = format!("o{}", self.made);
                let product = PRODUCTS[self.random.random_range(0..PRODUCTS.len())];
                let quantity = self.random.random_range(1..4);
                self.reserve(&id, product, quantity)
            }
            5 => match self.model.orders.get(&id) {
                Some(line) => {
                    let (product, quantity) = (line.product, line.quantity);
                    self.reserve(&id, product, quantity)
                }
                None => (confirm("nobody"), Answer::Unknown),
            },
            6..9 => (confirm(&id), self.model.wish(&id, Confirmed)),
            _ => (cancel(&id), self.model.wish(&id, Cancelled)),
        }
    }

    fn reserve(&mut self, id: &str, product: &'static str, quantity: u32) -> (Command, Answer) {
        let command = reserve(self.now, id, &self.quotes[product], quantity);
        (
            command,
            self.model
                .reserve(id, product, quantity, self.now + HOLD_MS),
        )
    }

    /// New pieces arrive for one product.
    async fn restock(&mut self, store: &SqlStore) {
        let product = PRODUCTS[self.random.random_range(0..PRODUCTS.len())];
        let total = self.model.totals[product] + self.random.random_range(0..6);
        self.model.expire(self.now);
        apply(
            store,
            self.now,
            import(&format!("{product},P,1,EUR,{total}\n")),
        )
        .await;
        self.model.totals.insert(product, total);
    }

    async fn check(&self, store: &SqlStore) {
        for product in PRODUCTS {
            let (total, held, sold) = books(store, product).await;
            let model = &self.model;
            let expected = (
                model.count(product, Reserved),
                model.count(product, Confirmed),
            );
            assert_eq!((held, sold), expected, "books of {product}");
            assert_eq!(total, model.totals[product]);
            assert!(held + sold <= total, "{product} is oversold");
        }
        let listed = store.orders(SHOW).await.expect("the disk works");
        assert_eq!(
            listed.len(),
            self.model.orders.len(),
            "no order lost, none twice"
        );
        for line in &listed {
            assert_eq!(line.order.state, self.model.orders[&line.order.id].state);
        }
    }
}

async fn weather(seed: u64) {
    let place = Place::new();
    let mut stores = [place.open().await, place.open().await];
    let mut storm = Storm {
        random: StdRng::seed_from_u64(seed),
        model: Model::default(),
        quotes: BTreeMap::new(),
        made: 0,
        now: 1,
    };
    for product in PRODUCTS {
        apply(&stores[0], 0, import(&format!("{product},P,1,EUR,9\n"))).await;
        storm.model.totals.insert(product, 9);
        storm
            .quotes
            .insert(product, quote(&stores[0], product).await);
    }
    for _ in 0..ROUNDS {
        storm.now += storm.random.random_range(0..HOLD_MS / 3);
        let which = storm.random.random_range(0..stores.len());
        if storm.random.random_bool(0.1) {
            stores[which] = place.open().await;
        }
        if storm.random.random_bool(0.15) {
            storm.restock(&stores[which]).await;
        }
        storm.model.expire(storm.now);
        let size = storm.random.random_range(0..20);
        let (commands, expected): (Vec<_>, Vec<_>) = (0..size).map(|_| storm.wish()).unzip();
        let applied = apply_all(&stores[which], storm.now, &commands).await;
        let answers: Vec<_> = applied.outcomes.iter().map(told).collect();
        assert_eq!(answers, expected);
        storm.check(&stores[which]).await;
    }
}

#[tokio::test]
async fn no_storm_sells_what_is_not_there() {
    let first: u64 = match std::env::var("SHOP_SEED") {
        Ok(seed) => seed.parse().expect("SHOP_SEED is a number"),
        Err(_) => rand::random(),
    };
    for seed in (0..8).map(|n| first.wrapping_add(n)) {
        println!("SHOP_SEED={seed}");
        weather(seed).await;
    }
}
