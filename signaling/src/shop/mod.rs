//! The shop: catalogue, signed prices, orders. [`Shop`] is the machine that turns requests into
//! batches for the store and the store's outcomes into answers and notices; it reads no clock,
//! waits for nothing and never decides about stock, which the store's transaction does alone.

pub mod address;
pub mod catalog;
pub mod coupon;
pub mod deal;
mod error;
mod handle;
pub mod ledger;
pub mod money;
mod notice;
pub mod order;
pub mod payment;
pub mod pricing;
pub mod quote;
pub mod store;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::VecDeque;
use std::sync::Arc;

pub use error::{ShopError, state_name};
pub use handle::{Clock, Door, ReserveRequest, Reserved, ShopHandle};
pub use notice::ShopNotice;

use self::coupon::NoCoupon;
use self::notice::Outbox;
use self::order::OrderId;
use self::quote::{Quote, Signer};
use self::store::{Applied, Command, Observed, Outcome, Refusal, Reserve};
use crate::limits::shop::{
    BATCH_REQUESTS_MAX, ORDER_LINES_MAX, ORDER_QUANTITY_MAX, STORE_RETRY_MS,
};
use crate::protocol::server::{OrderState, OrderView};
use crate::protocol::shop::ReserveLine;

/// What the shop is asked to write. Reading goes to the store directly.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// What goes to the store as it is.
    Command(Command),
    /// Hold stock.
    Reserve {
        /// Id for the new order, from the shell's randomness.
        id: OrderId,
        /// What the buyer asks.
        request: ReserveRequest,
    },
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Products imported.
    Imported(u32),
    /// Shelf, consent or zones are as wished.
    Set,
    /// Stock is held.
    Reserved(Reserved),
    /// The order as it is now.
    Order(OrderView),
}

/// An answer to a request.
pub type Answer = Result<Reply, ShopError>;

/// What the shop's shell does next.
#[derive(Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives on the stack from poll to match, one at a time"
)]
pub enum Output<T> {
    /// Apply this batch in one transaction, then call [`Shop::committed`] or [`Shop::failed`].
    Commit(Vec<Command>),
    /// Tell the one who holds the ticket.
    Answer(T, Answer),
}

/// The machine. `T` is the ticket by which the shell knows whom to answer.
///
/// Loop: [`Shop::ask`] for everything that waits, then drain [`Shop::poll`]; at the deadline
/// call [`Shop::tick`] and drain again.
pub struct Shop<T> {
    signer: Arc<Signer>,
    hold_ms: u64,
    batch_requests_max: usize,
    queue: VecDeque<(T, Command)>,
    /// Tickets of the batch the store is working on, in the batch's order.
    in_flight: Option<Vec<T>>,
    answers: VecDeque<(T, Answer)>,
    outbox: Outbox,
    next_expiry_ms: Option<u64>,
    is_expiry_due: bool,
}

impl<T> Shop<T> {
    /// A shop that holds stock for `hold_ms` and gives the store at most `batch_requests_max`
    /// requests at once. It asks the store first of all to release what ran out while nobody
    /// was there.
    pub fn new(signer: Arc<Signer>, hold_ms: u64, batch_requests_max: usize) -> Self {
        Self {
            signer,
            hold_ms,
            batch_requests_max: batch_requests_max.clamp(1, BATCH_REQUESTS_MAX),
            queue: VecDeque::new(),
            in_flight: None,
            answers: VecDeque::new(),
            outbox: Outbox::default(),
            next_expiry_ms: None,
            is_expiry_due: true,
        }
    }

    /// Takes a request. What can be refused without the store is refused at once.
    pub fn ask(&mut self, now_ms: u64, ticket: T, request: Request) {
        match self.command(now_ms, request) {
            Ok(command) => self.queue.push_back((ticket, command)),
            Err(refusal) => self.answers.push_back((ticket, Err(refusal))),
        }
    }

    fn command(&self, now_ms: u64, request: Request) -> Result<Command, ShopError> {
        Ok(match request {
            Request::Command(command) => command,
            Request::Reserve { id, request } => Command::Reserve(Reserve {
                lines: self.open(&request)?,
                id,
                show: request.show,
                buyer: request.buyer,
                key: request.key,
                request_hash: request.request_hash,
                country: request.country,
                coupon: request.coupon.as_deref().map(coupon::normal),
                total_minor: request.total.minor,
                expires_ms: now_ms + self.hold_ms,
            }),
        })
    }

    /// The quotes of a reservation, opened: of this show, no variant twice, all in the currency
    /// of the total.
    fn open(&self, request: &ReserveRequest) -> Result<Vec<(Quote, u32)>, ShopError> {
        if !(1..=ORDER_LINES_MAX).contains(&request.lines.len()) {
            return Err(ShopError::Lines {
                max: ORDER_LINES_MAX,
            });
        }
        let mut lines: Vec<(Quote, u32)> = Vec::with_capacity(request.lines.len());
        for ReserveLine { quote, quantity } in &request.lines {
            check_quantity(*quantity)?;
            let quote = self.signer.open(quote).ok();
            let quote = quote
                .filter(|quote| quote.show == request.show)
                .ok_or(ShopError::ForgedQuote)?;
            if lines
                .iter()
                .any(|(known, _)| known.variant == quote.variant)
            {
                return Err(ShopError::Twice(quote.variant));
            }
            let currency = quote.terms.price.currency();
            if currency != request.total.currency {
                return Err(ShopError::Currency {
                    variant: quote.variant,
                    wanted: request.total.currency.clone(),
                });
            }
            lines.push((quote, *quantity));
        }
        Ok(lines)
    }

    /// The clock moved on.
    pub fn tick(&mut self, now_ms: u64) {
        if self.next_expiry_ms.is_some_and(|at| at <= now_ms) {
            self.is_expiry_due = true;
        }
    }

    /// When [`Shop::tick`] or [`Shop::next_notice`] has something to do, Unix ms.
    pub fn deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let deadlines = [self.next_expiry_ms, self.outbox.deadline_ms(now_ms)];
        deadlines.into_iter().flatten().min()
    }

    /// The next thing to do. Answers come before the next commit, so that nobody waits for a
    /// disk that does not work for them.
    pub fn poll(&mut self) -> Option<Output<T>> {
        if let Some((ticket, answer)) = self.answers.pop_front() {
            return Some(Output::Answer(ticket, answer));
        }
        if self.in_flight.is_some() || (self.queue.is_empty() && !self.is_expiry_due) {
            return None;
        }
        self.is_expiry_due = false;
        let batch = self.queue.len().min(self.batch_requests_max);
        let (tickets, commands) = self.queue.drain(..batch).unzip();
        self.in_flight = Some(tickets);
        Some(Output::Commit(commands))
    }

    /// The batch is on disk.
    pub fn committed(&mut self, now_ms: u64, applied: Applied) {
        let tickets = self
            .in_flight
            .take()
            .expect("a commit is reported once, after poll gave it");
        assert_eq!(
            tickets.len(),
            applied.outcomes.len(),
            "a store answers every command"
        );
        for (ticket, outcome) in tickets.into_iter().zip(applied.outcomes) {
            let answer = self.answer(now_ms, outcome);
            self.answers.push_back((ticket, answer));
        }
        self.outbox.add(applied.changes);
        self.next_expiry_ms = applied.next_expiry_ms;
        self.tick(now_ms);
    }

    /// The store failed: nobody in the batch may believe that something was done. Holds that ran
    /// out are tried again later, so that a broken store is not hammered.
    pub fn failed(&mut self, now_ms: u64) {
        self.next_expiry_ms = Some(now_ms + STORE_RETRY_MS);
        let tickets = self
            .in_flight
            .take()
            .expect("a commit is reported once, after poll gave it");
        let unavailable = |ticket| (ticket, Err(ShopError::Unavailable));
        self.answers.extend(tickets.into_iter().map(unavailable));
    }

    /// Another process wrote to the same store.
    pub fn observed(&mut self, observed: Observed) {
        self.outbox.add(observed.changes);
        self.next_expiry_ms = observed.next_expiry_ms;
    }

    /// Whether [`Shop::next_notice`] has something to say.
    pub fn has_notice(&self, now_ms: u64) -> bool {
        self.outbox.has(now_ms)
    }

    /// The next notice for the rooms. Stock is told a few times a second (`STOCK_EVERY_MS`), the
    /// latest only, but at once when it is gone.
    pub fn next_notice(&mut self, now_ms: u64) -> Option<ShopNotice> {
        self.outbox.next(now_ms)
    }

    /// Order notices that were pushed out because the rooms did not take them.
    pub fn notices_dropped(&self) -> u64 {
        self.outbox.orders_dropped()
    }

    fn answer(&mut self, now_ms: u64, outcome: Outcome) -> Answer {
        match outcome {
            Outcome::Imported(count) => Ok(Reply::Imported(count)),
            Outcome::Set => Ok(Reply::Set),
            Outcome::Reserved { order, is_repeat } => {
                if !is_repeat {
                    self.outbox.add_order(order.clone());
                }
                Ok(Reply::Reserved(Reserved { order, is_repeat }))
            }
            Outcome::Order { order, is_repeat } => {
                if !is_repeat {
                    self.outbox.add_order(order.clone());
                }
                Ok(Reply::Order(order))
            }
            Outcome::Refused(refusal) => Err(self.refusal(now_ms, refusal)),
        }
    }

    fn refusal(&self, now_ms: u64, refusal: Refusal) -> ShopError {
        match refusal {
            Refusal::UnknownProduct(product) => ShopError::UnknownProduct(product),
            Refusal::UnknownVariant(variant) => ShopError::UnknownVariant(variant),
            Refusal::UnknownOrder => ShopError::UnknownOrder,
            Refusal::NoConsent { product, owner } => ShopError::NoConsent { product, owner },
            Refusal::Stale(basket) => {
                ShopError::Stale(Box::new(self.signer.sign_basket(&basket, now_ms)))
            }
            Refusal::Merchants(one, other) => ShopError::Merchants(one, other),
            Refusal::BelowMinimum { variant, min } => ShopError::BelowMinimum { variant, min },
            Refusal::NoPrice(why) => why.into(),
            Refusal::SoldOut { variant, available } => ShopError::SoldOut { variant, available },
            Refusal::BuyerLimit { available } => ShopError::BuyerLimit { available },
            Refusal::DealLimit { available } => ShopError::DealLimit { available },
            Refusal::DealIsOn(product) => ShopError::DealIsOn(product),
            Refusal::NoDeal { variant, currency } => ShopError::NoDeal { variant, currency },
            Refusal::UnknownDeal => ShopError::UnknownDeal,
            Refusal::UnknownCoupon => ShopError::NoCoupon(NoCoupon::Unknown),
            Refusal::CouponTaken(taken) => ShopError::Coupon {
                field: "total",
                message: format!("{taken} orders use it already"),
            },
            Refusal::KeyMismatch => ShopError::IdempotencyMismatch,
            Refusal::Address { country } => ShopError::Contact {
                field: "address",
                message: format!("is missing or not in {country}, where the order goes"),
            },
            Refusal::ContactMismatch => ShopError::ConfirmMismatch,
            Refusal::State(OrderState::Expired) => ShopError::HoldExpired,
            Refusal::State(state) => ShopError::OrderState(state),
            Refusal::Rows(mistakes) => ShopError::Import(mistakes),
        }
    }
}

fn check_quantity(quantity: u32) -> Result<(), ShopError> {
    if (1..=ORDER_QUANTITY_MAX).contains(&quantity) {
        Ok(())
    } else {
        Err(ShopError::Quantity {
            max: ORDER_QUANTITY_MAX,
        })
    }
}
