//! What happened in a run, as those outside saw it: every request with what became of it, what
//! the books said meanwhile, and how everything stands in the end. [`super::checker`] judges it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use signaling::protocol::server::{OrderState, OrderView};
use tests::wait::now;

/// A moment of the run: microseconds since its start.
pub(crate) type Moment = u64;

/// Pieces of each variant.
pub(crate) type Lines = BTreeMap<String, u32>;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Hold pieces, all or none, under a buyer's key.
    Reserve {
        /// Who and their key.
        key: Key,
        /// What.
        lines: Lines,
    },
    /// Say who buys: what is missing then is the money.
    Confirm(String),
    /// Give it up.
    Cancel(String),
    /// Look at it.
    Read(String),
}

/// A buyer and the idempotency key of one purchase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Buyer.
    pub buyer: usize,
    /// Their purchase.
    pub purchase: usize,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The order as it was then.
    Order(Seen),
    /// A definite no, by its code.
    Refused(String),
    /// No answer, or one that leaves it open: it may have happened, or happen later.
    Unknown,
}

/// What an answer says of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Id.
    pub id: String,
    /// What it holds or sold.
    pub lines: Lines,
    /// What a piece of each costs, minor units.
    pub prices: BTreeMap<String, i64>,
    /// The coupon it uses.
    pub coupon: Option<String>,
    /// State.
    pub state: OrderState,
}

impl From<OrderView> for Seen {
    fn from(order: OrderView) -> Seen {
        let lines = order.lines.iter();
        let prices = lines.map(|line| (line.variant.clone(), line.unit_price.minor));
        Seen {
            prices: prices.collect(),
            coupon: order.coupon,
            id: order.id,
            lines: order
                .lines
                .into_iter()
                .map(|line| (line.variant, line.quantity))
                .collect(),
            state: order.state,
        }
    }
}

/// A request with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Just before it was sent.
    pub asked: Moment,
    /// Just after it was answered, or given up.
    pub answered: Moment,
    /// What was asked.
    pub ask: Ask,
    /// What came back.
    pub answer: Answer,
}

/// The books of a variant at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Pieces there ever were to sell.
    pub total: u32,
    /// Held, by the books.
    pub held: u32,
    /// Sold, by the books.
    pub sold: u32,
}

/// Money that the payment provider took, as its own books say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charge {
    /// For which order.
    pub order: String,
    /// How often it was given back.
    pub refunds: u32,
}

/// What there is only so much of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scarce {
    /// Pieces of a variant.
    Pieces(String),
    /// Pieces of it at a flash deal's price, minor units.
    Deal(String, i64),
    /// Uses of a coupon.
    Coupon(String),
}

/// How much of it somebody may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Of what.
    pub of: Scarce,
    /// All buyers together.
    pub total: Option<u32>,
    /// Each buyer.
    pub per_buyer: Option<u32>,
}

/// A whole run.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Pieces of each variant there ever were.
    pub stock: BTreeMap<String, u32>,
    /// Variants that nobody holds before they are paid.
    pub first_paid: BTreeSet<String>,
    /// How much somebody may have.
    pub limits: Vec<Limit>,
    /// Every request.
    pub calls: Vec<Call>,
    /// The books of each variant, again and again.
    pub samples: Vec<(String, Sample)>,
    /// Every order that anybody was ever told of, read when all was over; none: not found.
    pub orders: BTreeMap<String, Option<Seen>>,
    /// The books when all was over.
    pub books: BTreeMap<String, Sample>,
    /// Every charge of the payment provider when all was over, by its payment.
    pub charges: BTreeMap<String, Charge>,
}

/// Writes it down while it happens.
pub(crate) struct Recorder {
    start: Instant,
    history: Mutex<History>,
}

impl Recorder {
    /// Nothing has happened yet.
    pub(crate) fn new(stock: impl IntoIterator<Item = (String, u32)>) -> Recorder {
        let history = History {
            stock: stock.into_iter().collect(),
            ..History::default()
        };
        Recorder {
            start: now(),
            history: Mutex::new(history),
        }
    }

    /// The moment now.
    pub(crate) fn now(&self) -> Moment {
        u64::try_from(self.start.elapsed().as_micros()).expect("a run is short")
    }

    /// A request that was asked then has been answered now.
    pub(crate) fn call(&self, asked: Moment, ask: Ask, answer: Answer) {
        let answered = self.now();
        self.write(|history| {
            history.calls.push(Call {
                asked,
                answered,
                ask,
                answer,
            });
        });
    }

    /// Anything else.
    pub(crate) fn write<T>(&self, note: impl FnOnce(&mut History) -> T) -> T {
        note(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All of it.
    pub(crate) fn end(&self) -> History {
        self.write(std::mem::take)
    }
}
