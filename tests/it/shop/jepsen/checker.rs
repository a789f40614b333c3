//! The judge of a run: a pure function from its history to what is wrong with it. It knows nothing
//! of the server, only what a shop must never do.
//!
//! - At all times `held + sold <= stock`, and in the end the books are the sum of the orders.
//! - No acknowledged order is lost: it is found in the end, and what was bought stays bought.
//! - None is there twice: a key has one order, an order one key, and no order is there that nobody
//!   asked for (it would be missing in the sum).
//! - Nothing is forgotten: who looks after an answer sees at least what that answer said.
//! - Nobody has more of a product, flash deal or coupon than each may, nor all together more.
//! - Every charge has an order or a refund, never both: a paid order has one charge that was not
//!   given back, and no other order has any.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use signaling::protocol::server::OrderState;
use signaling::shop::state_name;

use super::history::{Answer, Ask, Call, History, Key, Moment, Sample, Scarce, Seen};

/// Something a shop must never do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation(pub String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that is wrong; empty: the shop kept its word.
pub(crate) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Wrong::default();
    books(history, &mut wrong);
    sums(history, &mut wrong);
    keys(history, &mut wrong);
    charges(history, &mut wrong);
    limits(history, &mut wrong);
    for (id, calls) in by_order(history) {
        order(history, id, &calls, &mut wrong);
    }
    wrong.0
}

#[derive(Default)]
struct Wrong(Vec<Violation>);

impl Wrong {
    fn is(&mut self, what: String) {
        self.0.push(Violation(what));
    }
}

/// Nothing is sold that is not there, at any time anybody looked.
fn books(history: &History, wrong: &mut Wrong) {
    let last = history.books.iter();
    let samples = history
        .samples
        .iter()
        .map(|(variant, sample)| (variant, sample));
    for (variant, Sample { total, held, sold }) in samples.chain(last) {
        if held + sold > *total {
            wrong.is(format!(
                "{variant} is oversold: {held} held, {sold} sold of {total}"
            ));
        }
        let stock = history.stock.get(variant);
        if stock != Some(total) {
            wrong.is(format!(
                "{variant} has {total} pieces in the books, not {stock:?}"
            ));
        }
    }
}

/// The books are the sum of the orders that are known. An order made twice, or one that nobody
/// asked for, takes pieces that no known order has.
fn sums(history: &History, wrong: &mut Wrong) {
    for (variant, total) in &history.stock {
        let count = |states: [OrderState; 2]| -> u32 {
            let orders = history.orders.values().flatten();
            let of = orders.filter(|order| states.contains(&order.state));
            of.filter_map(|order| order.lines.get(variant)).sum()
        };
        let held = match history.first_paid.contains(variant) {
            true => 0,
            false => count([OrderState::Reserved, OrderState::Pending]),
        };
        let sold = count([OrderState::Confirmed, OrderState::Paid]);
        let told = history
            .books
            .get(variant)
            .map(|books| (books.held, books.sold));
        if told != Some((held, sold)) {
            wrong.is(format!(
                "{variant}: {held} are held and {sold} sold by orders, by the books {told:?}"
            ));
        }
        if held + sold > *total {
            wrong.is(format!("{variant}: orders have {} of {total}", held + sold));
        }
    }
}

/// A key has one order, which is what it asked for, and an order one key.
fn keys(history: &History, wrong: &mut Wrong) {
    let mut made: BTreeMap<&Key, &Seen> = BTreeMap::new();
    let mut owner: BTreeMap<&str, &Key> = BTreeMap::new();
    for call in &history.calls {
        let Ask::Reserve { key, lines } = &call.ask else {
            continue;
        };
        let Answer::Order(order) = &call.answer else {
            continue;
        };
        if order.lines != *lines {
            wrong.is(format!("{key:?} asked for {lines:?} and got {order:?}"));
        }
        let first = made.entry(key).or_insert(order);
        if first.id != order.id {
            wrong.is(format!(
                "{key:?} has two orders, {} and {}",
                first.id, order.id
            ));
        }
        let first = owner.entry(&order.id).or_insert(key);
        if *first != key {
            wrong.is(format!("{} belongs to {first:?} and {key:?}", order.id));
        }
    }
}

/// Who asked for each order.
fn buyers(history: &History) -> BTreeMap<&str, usize> {
    let made = history.calls.iter().filter_map(|call| match call {
        Call {
            ask: Ask::Reserve { key, .. },
            answer: Answer::Order(order),
            ..
        } => Some((order.id.as_str(), key.buyer)),
        _ => None,
    });
    made.collect()
}

/// Nobody has more than there is for each, nor all together more than there is for all.
fn limits(history: &History, wrong: &mut Wrong) {
    let buyers = buyers(history);
    for limit in &history.limits {
        let mut shares: BTreeMap<Option<usize>, u32> = BTreeMap::new();
        for (id, order) in &history.orders {
            let order = order.iter().filter(|order| has_pieces(order.state));
            let share: u32 = order.map(|order| taken(&limit.of, order)).sum();
            *shares.entry(buyers.get(id.as_str()).copied()).or_default() += share;
        }
        let all = shares.values().sum::<u32>();
        if limit.total.is_some_and(|total| all > total) {
            wrong.is(format!("all have {all} by {limit:?}"));
        }
        for (buyer, share) in shares {
            if limit.per_buyer.is_some_and(|most| share > most) {
                wrong.is(format!("buyer {buyer:?} has {share} by {limit:?}"));
            }
        }
    }
}

/// How much of it an order takes.
fn taken(scarce: &Scarce, order: &Seen) -> u32 {
    let pieces = |variant| order.lines.get(variant).copied().unwrap_or(0);
    match scarce {
        Scarce::Pieces(variant) => pieces(variant),
        Scarce::Deal(variant, price) if order.prices.get(variant) == Some(price) => pieces(variant),
        Scarce::Deal(..) => 0,
        Scarce::Coupon(code) => u32::from(order.coupon.as_ref() == Some(code)),
    }
}

/// Whether an order in this state holds or has what it is for.
fn has_pieces(state: OrderState) -> bool {
    use OrderState::{Confirmed, Paid, Pending, Reserved};
    matches!(state, Reserved | Pending | Confirmed | Paid)
}

/// Calls that are about an order, in the order in which they were answered.
fn by_order(history: &History) -> BTreeMap<&str, Vec<&Call>> {
    let mut orders: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in &history.calls {
        let id = match (&call.ask, &call.answer) {
            (Ask::Reserve { .. }, Answer::Order(order)) => &order.id,
            (Ask::Reserve { .. }, _) => continue,
            (Ask::Confirm(id) | Ask::Cancel(id) | Ask::Read(id), _) => id,
        };
        orders.entry(id).or_default().push(call);
    }
    for calls in orders.values_mut() {
        calls.sort_by_key(|call| call.answered);
    }
    orders
}

/// Money and orders fit together.
fn charges(history: &History, wrong: &mut Wrong) {
    let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
    for (payment, charge) in &history.charges {
        match charge.refunds {
            0 => *kept.entry(&charge.order).or_default() += 1,
            1 => {}
            more => wrong.is(format!("{payment} was given back {more} times")),
        }
        if !matches!(history.orders.get(&charge.order), Some(Some(_))) {
            let order = &charge.order;
            wrong.is(format!(
                "{payment} was charged for {order}, which nobody has"
            ));
        }
    }
    for (id, order) in &history.orders {
        let Some(order) = order else { continue };
        let (kept, state) = (
            kept.get(id.as_str()).copied().unwrap_or(0),
            state_name(order.state),
        );
        let should = usize::from(order.state == OrderState::Paid);
        if kept != should {
            wrong.is(format!(
                "{id} is {state} and has {kept} charges that were not given back"
            ));
        }
    }
}

/// Whether an order of one state may come to the other, by any way.
fn may_become(from: OrderState, to: OrderState) -> bool {
    use OrderState::{Cancelled, Confirmed, Expired, Paid, Pending, Refunded, Refunding, Reserved};
    let after: &[OrderState] = match from {
        Reserved => &[
            Pending, Confirmed, Paid, Refunding, Refunded, Cancelled, Expired,
        ],
        Pending => &[Confirmed, Paid, Refunding, Refunded, Cancelled, Expired],
        Expired => &[Paid, Refunding, Refunded],
        Confirmed => &[Paid, Refunding, Refunded, Cancelled],
        Cancelled | Paid => &[Refunding, Refunded],
        Refunding => &[Refunded],
        Refunded => &[],
    };
    from == to || after.contains(&to)
}

/// An order's life goes one way, and only to an end somebody asked for.
fn order(history: &History, id: &str, calls: &[&Call], wrong: &mut Wrong) {
    let Some(Some(last)) = history.orders.get(id) else {
        return wrong.is(format!("acknowledged order {id} is lost"));
    };
    let asked = |wanted: fn(&Ask) -> bool| calls.iter().any(|call| wanted(&call.ask));
    let is_asked = match last.state {
        OrderState::Pending | OrderState::Confirmed => asked(|ask| matches!(ask, Ask::Confirm(_))),
        OrderState::Cancelled => asked(|ask| matches!(ask, Ask::Cancel(_))),
        OrderState::Paid | OrderState::Refunding | OrderState::Refunded => {
            history.charges.values().any(|charge| charge.order == id)
        }
        OrderState::Reserved | OrderState::Expired => true,
    };
    if !is_asked {
        wrong.is(format!(
            "{id} is {}, which nobody asked for",
            state_name(last.state)
        ));
    }
    let told: Vec<(&Call, OrderState)> = calls
        .iter()
        .filter_map(|call| Some((*call, told(call)?)))
        .collect();
    for (at, (then, was)) in told.iter().enumerate() {
        for (now, is) in &told[at + 1..] {
            let is_after = now.asked > then.answered;
            if may_become(*was, *is) || (!is_after && may_become(*is, *was)) {
                continue;
            }
            let (one, other) = (state_name(*was), state_name(*is));
            wrong.is(match may_become(*is, *was) {
                true => format!("{id} was {one} and is forgotten"),
                false => format!("{id} was {one} and became {other}"),
            });
        }
        if !may_become(*was, last.state) {
            let (told, found) = (state_name(*was), state_name(last.state));
            wrong.is(format!(
                "{id} was acknowledged as {told} and is {found} in the end"
            ));
        }
    }
}

/// The state that a call's answer tells of.
fn told(call: &Call) -> Option<OrderState> {
    match &call.answer {
        Answer::Order(order) => Some(order.state),
        Answer::Refused(code) if code == "hold_expired" => Some(OrderState::Expired),
        Answer::Refused(_) | Answer::Unknown => None,
    }
}

/// How much there was to judge: a run in which nothing happened proves nothing.
pub(crate) fn summary(history: &History) -> String {
    let unknown = history
        .calls
        .iter()
        .filter(|call| call.answer == Answer::Unknown);
    let refused = |call: &&Call| matches!(call.answer, Answer::Refused(_));
    let buyers: BTreeSet<usize> = history.calls.iter().filter_map(buyer).collect();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for order in history.orders.values().flatten() {
        *states.entry(state_name(order.state)).or_default() += 1;
    }
    let given_back = history.charges.values().filter(|charge| charge.refunds > 0);
    format!(
        "{} buyers, {} requests ({} refused, {} unanswered), {} looks at the books; {} orders: \
         {states:?}; {} charges, {} given back",
        buyers.len(),
        history.calls.len(),
        history.calls.iter().filter(refused).count(),
        unknown.count(),
        history.samples.len(),
        history.orders.len(),
        history.charges.len(),
        given_back.count(),
    )
}

fn buyer(call: &Call) -> Option<usize> {
    match &call.ask {
        Ask::Reserve { key, .. } => Some(key.buyer),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
