//! Limits beside the stock: of each buyer for a product, of a flash deal and of a coupon in all and
//! for each. What counts are the pieces that orders hold or have, as [`stake`] says, and the coupons
//! of those that are open or bought; so what is given back can be had again. A buyer is who asked,
//! and from the confirmation on also who can be reached there: two tabs of one person are one buyer.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Ledger;
use crate::shop::coupon::NoCoupon;
use crate::shop::order::{Contact, Line, Order, Stake, stake, uses_coupon};
use crate::shop::pricing::NoPrice;
use crate::shop::store::Refusal;

/// What there is only so much of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A product, by its id.
    Product(String),
    /// A flash deal, by its id.
    Deal(String),
    /// A coupon, by its merchant and code.
    Coupon(String, String),
}

/// Whose share it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// Who asked for the order.
    Buyer(String),
    /// Who is reached there, in lower case.
    Contact(String),
}

/// How much of something there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ration {
    /// In all.
    pub total: Option<u32>,
    /// For each buyer.
    pub per_buyer: Option<u32>,
    /// How much is taken.
    pub taken: u32,
}

/// The limits of a transaction.
#[derive(Debug, Default)]
pub(super) struct Rations {
    /// As read, and how much is taken now.
    rations: BTreeMap<Scope, (Ration, u32)>,
    shares: HashMap<(Scope, Who), u32>,
}

/// A deal, what was taken of it, what is.
type DealCount = (String, u32, u32);
/// The merchant and code of a coupon, how often it was used, how often it is.
type CouponCount = (String, String, u32, u32);

/// What somebody wants, or has.
pub(super) type Pieces = BTreeMap<Scope, u32>;

impl Rations {
    /// The first limit that these pieces would pass.
    pub(super) fn passed(&self, wanted: &Pieces, who: &[Who]) -> Option<Refusal> {
        wanted.iter().find_map(|(scope, pieces)| {
            let (ration, taken) = self.rations.get(scope)?;
            let left = ration.total.map(|total| total.saturating_sub(*taken));
            if let Some(available) = left.filter(|left| pieces > left) {
                return Some(match scope {
                    Scope::Coupon(..) => Refusal::NoPrice(NoPrice::Coupon(NoCoupon::UsedUp)),
                    _ => Refusal::DealLimit { available },
                });
            }
            let left = who.iter().filter_map(|who| self.left(scope, who)).min();
            let available = left.filter(|left| pieces > left)?;
            Some(own_limit(scope, available))
        })
    }

    fn share(&self, scope: &Scope, who: &Who) -> u32 {
        let share = self.shares.get(&(scope.clone(), who.clone()));
        share.copied().unwrap_or(0)
    }

    /// What somebody may still have, where each buyer has a limit.
    fn left(&self, scope: &Scope, who: &Who) -> Option<u32> {
        let (ration, _) = self.rations.get(scope)?;
        Some(ration.per_buyer?.saturating_sub(self.share(scope, who)))
    }

    /// They are taken, or given back.
    fn count(&mut self, pieces: Pieces, who: &[Who], is_taken: bool) {
        let count = |counted: &mut u32, pieces: u32| {
            *counted = match is_taken {
                true => *counted + pieces,
                false => counted.saturating_sub(pieces),
            }
        };
        for (scope, pieces) in pieces {
            let Some((_, taken)) = self.rations.get_mut(&scope) else {
                continue;
            };
            count(taken, pieces);
            for who in who {
                let share = self.shares.entry((scope.clone(), who.clone()));
                count(share.or_default(), pieces);
            }
        }
    }

    /// Deals and coupons of which more or less is taken: as read, as it shall be.
    pub(super) fn writes(self) -> (Vec<DealCount>, Vec<CouponCount>) {
        let (mut deals, mut coupons) = (Vec::new(), Vec::new());
        for (scope, (Ration { taken: read, .. }, taken)) in self.rations {
            match scope {
                Scope::Deal(id) if taken != read => deals.push((id, read, taken)),
                Scope::Coupon(merchant, code) if taken != read => {
                    coupons.push((merchant, code, read, taken));
                }
                _ => {}
            }
        }
        (deals, coupons)
    }
}

/// Pieces of these lines, by what there is only so much of.
pub(super) fn pieces<'a>(lines: impl Iterator<Item = &'a Line>) -> Pieces {
    let mut pieces = Pieces::new();
    for line in lines {
        let deal = line.deal.clone().map(Scope::Deal);
        for scope in [Scope::Product(line.product.clone())]
            .into_iter()
            .chain(deal)
        {
            *pieces.entry(scope).or_default() += line.quantity;
        }
    }
    pieces
}

/// Who buys an order.
pub(super) fn buyers(order: &Order) -> Vec<Who> {
    let buyer = Who::Buyer(order.buyer.clone());
    let contact = order.contact.as_ref().map(reached_at);
    [buyer].into_iter().chain(contact).collect()
}

/// Who is reached there.
pub fn reached_at(contact: &Contact) -> Who {
    // As the tables' index has it.
    Who::Contact(contact.contact.reveal().to_ascii_lowercase())
}

/// The use that an order makes of a coupon.
pub(super) fn coupon_use(order: &Order) -> Option<(Scope, u32)> {
    let code = order.coupon.clone()?;
    Some((Scope::Coupon(order.merchant.clone(), code), 1))
}

fn own_limit(scope: &Scope, available: u32) -> Refusal {
    match scope {
        Scope::Coupon(..) => Refusal::NoPrice(NoPrice::Coupon(NoCoupon::Used)),
        _ => Refusal::BuyerLimit { available },
    }
}

/// What an order holds, has and uses.
fn staked(order: &Order) -> Pieces {
    let has = |line: &&Line| stake(order.state, line.hold_mode) != Stake::None;
    let mut staked = pieces(order.lines.iter().filter(has));
    if uses_coupon(order.state) {
        staked.extend(coupon_use(order));
    }
    staked
}

impl Ledger {
    /// Products and deals that the orders and offers read so far name.
    pub fn scopes(&self) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let lines = || self.orders.values().flat_map(|entry| &entry.order.lines);
        let offers = || self.offers.values();
        let products = lines().map(|line| line.product.as_str());
        let deals = lines().filter_map(|line| line.deal.as_deref());
        (
            products
                .chain(offers().map(|offer| offer.product.as_str()))
                .collect(),
            deals
                .chain(offers().filter_map(|offer| offer.deal.as_deref()))
                .collect(),
        )
    }

    /// Coupons that the orders read so far use, or that these codes name for the merchants of the
    /// offers: merchant and code.
    pub fn coupons<'a>(&'a self, codes: &[&'a str]) -> BTreeSet<(&'a str, &'a str)> {
        let orders = self.orders.values().map(|entry| &entry.order);
        let used = orders.filter_map(|order| Some((&*order.merchant, order.coupon.as_deref()?)));
        let merchants = self.merchants();
        let named = merchants
            .iter()
            .flat_map(|&m| codes.iter().map(move |&code| (m, code)));
        used.chain(named).collect()
    }

    /// Buyers of the orders read so far, and where they are reached.
    pub fn buyers(&self) -> impl Iterator<Item = Who> {
        self.orders.values().flat_map(|entry| buyers(&entry.order))
    }

    /// A limit that was read.
    pub fn read_ration(&mut self, scope: Scope, ration: Ration) {
        self.rations.rations.insert(scope, (ration, ration.taken));
    }

    /// Pieces that somebody was read to have; what one has by several rows adds up.
    pub fn read_share(&mut self, scope: Scope, who: Who, pieces: u32) {
        *self.rations.shares.entry((scope, who)).or_default() += pieces;
    }

    /// The limit of a buyer that an order would pass beside what they have by other orders, whoever
    /// asked for those.
    pub(super) fn share_passed(&self, order: &Order, contact: &Contact) -> Option<Refusal> {
        let who = reached_at(contact);
        let mut wanted = pieces(order.lines.iter());
        wanted.extend(coupon_use(order));
        wanted.iter().find_map(|(scope, pieces)| {
            let has_others = self.rations.share(scope, &who) > 0;
            let left = self.rations.left(scope, &who);
            let available = left.filter(|left| has_others && pieces > left)?;
            Some(own_limit(scope, available))
        })
    }

    /// Counts what an order holds or has as taken, or as given back.
    pub(super) fn ration(&mut self, order: &Order, is_taken: bool) {
        self.rations.count(staked(order), &buyers(order), is_taken);
    }
}
