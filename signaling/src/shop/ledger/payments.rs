//! What money does to orders. The law: every charge that we hear of is kept by an order that is
//! paid, or is owed back until it went back; whatever comes twice, late, or in another order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Ledger};
use crate::protocol::server::OrderState;
use crate::protocol::shop::HostWish;
use crate::shop::order::{OrderId, Step, Wish};
use crate::shop::payment::{Charge, Event, News, Standing};
use crate::shop::store::{Outcome, Refusal};

/// A charge and what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The money.
    pub charge: Charge,
    /// What is done with it.
    pub standing: Standing,
}

/// The payments and events of a transaction.
#[derive(Debug, Default)]
pub(super) struct Till {
    /// By the provider's id; the standing as it was read, none for a new one.
    payments: BTreeMap<String, (Option<Standing>, Payment)>,
    known: BTreeSet<String>,
    taken: Vec<String>,
}

impl Till {
    /// Takes an event, unless it was taken before.
    fn take(&mut self, event: &str) -> bool {
        let is_new = self.known.insert(event.to_owned());
        if is_new {
            self.taken.push(event.to_owned());
        }
        is_new
    }

    /// The charges of an order that did not go back.
    fn of<'a>(&'a mut self, order: &'a OrderId) -> impl Iterator<Item = &'a mut Payment> {
        let payments = self.payments.values_mut().map(|(_, payment)| payment);
        payments.filter(move |payment| {
            payment.charge.order == *order && payment.standing != Standing::Refunded
        })
    }

    fn add(&mut self, charge: &Charge, standing: Standing) {
        let charge = charge.clone();
        let payment = Payment { charge, standing };
        let id = payment.charge.payment.clone();
        self.payments.insert(id, (None, payment));
    }

    pub(super) fn writes(self) -> (Vec<(Option<Standing>, Payment)>, Vec<String>) {
        let changed = self.payments.into_values();
        let changed = changed.filter(|(read, payment)| *read != Some(payment.standing));
        (changed.collect(), self.taken)
    }
}

impl Ledger {
    /// A payment that was read.
    pub fn read_payment(&mut self, payment: Payment) {
        let id = payment.charge.payment.clone();
        let read = Some(payment.standing);
        self.till.payments.insert(id, (read, payment));
    }

    /// An event that was taken before.
    pub fn read_event(&mut self, event: String) {
        self.till.known.insert(event);
    }

    /// Takes an event of the provider.
    pub fn hear(&mut self, event: &Event) -> Outcome {
        let order = &event.news.charge().order;
        match self.orders.get(order) {
            // Not ours, or of another server with the same account: nothing of it is kept.
            None => Outcome::Refused(Refusal::UnknownOrder),
            Some(_) if self.till.take(&event.id) => self.learn(&event.news),
            Some(Entry { order, .. }) => Outcome::Order {
                order: order.view(),
                is_repeat: true,
            },
        }
    }

    /// What became of money.
    pub fn learn(&mut self, news: &News) -> Outcome {
        let charge = news.charge();
        let Some(Entry { order, .. }) = self.orders.get(&charge.order) else {
            return Outcome::Refused(Refusal::UnknownOrder);
        };
        let unmoved = Outcome::Order {
            order: order.view(),
            is_repeat: true,
        };
        let moved = match news {
            News::Charged(charge) => self.charged(charge),
            News::Refunded(charge) => self.refunded(charge),
        };
        moved.map_or(unmoved, |state| Outcome::Order {
            order: self.move_on(&charge.order, state),
            is_repeat: false,
        })
    }

    /// Where a charge moves its order.
    fn charged(&mut self, charge: &Charge) -> Option<OrderState> {
        if self.till.payments.contains_key(&charge.payment) {
            return None;
        }
        let order = &self.entry(&charge.order).order;
        let (minor, currency) = (order.total.minor(), order.total.currency());
        let is_exact = (charge.minor, charge.currency.as_str()) == (minor, currency);
        let moved = match self.next(order, Wish::Charge) {
            Step::Move(state) if is_exact => Some(state),
            _ => None,
        };
        let is_kept = moved == Some(OrderState::Paid);
        let standing = if is_kept {
            Standing::Kept
        } else {
            Standing::Owed
        };
        self.till.add(charge, standing);
        moved
    }

    /// Where it moves an order that a charge went back: on, when it was the last.
    fn refunded(&mut self, charge: &Charge) -> Option<OrderState> {
        let Some((_, payment)) = self.till.payments.get_mut(&charge.payment) else {
            // Told before the charge itself was.
            self.till.add(charge, Standing::Refunded);
            return None;
        };
        let was = std::mem::replace(&mut payment.standing, Standing::Refunded);
        let is_last = self.till.of(&charge.order).next().is_none();
        let order = &self.entry(&charge.order).order;
        // What was too much says nothing of a sale that was paid otherwise.
        let is_concerned = was == Standing::Kept || order.state == OrderState::Refunding;
        match self.next(order, Wish::Refund) {
            Step::Move(state) if is_last && is_concerned => Some(state),
            _ => None,
        }
    }

    /// Does what a host of the show wishes for an order of it. Calling off a paid order owes all
    /// its charges back.
    pub fn host(&mut self, show: &str, id: &OrderId, wish: HostWish) -> Outcome {
        let Some(Entry { order, .. }) = self.orders.get(id).filter(|e| e.order.show == show) else {
            return Outcome::Refused(Refusal::UnknownOrder);
        };
        let state = order.state;
        let wish = match wish {
            HostWish::Cancelled => Wish::Withdraw,
            HostWish::Paid => Wish::Settle,
            // What the provider took, it gives back itself.
            HostWish::Refunded if self.till.of(id).next().is_some() => {
                return Outcome::Refused(Refusal::State(state));
            }
            HostWish::Refunded => Wish::Refund,
        };
        let outcome = self.wish(id, wish);
        if let Outcome::Order { order, .. } = &outcome
            && order.state == OrderState::Refunding
        {
            self.till
                .of(id)
                .for_each(|payment| payment.standing = Standing::Owed);
        }
        outcome
    }
}
