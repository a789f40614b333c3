//! Reservations: what stands against one, and the order that it makes.

use super::rations::{buyers, coupon_use, pieces};
use super::{Entry, Ledger, offer_keys};
use crate::protocol::server::OrderState;
use crate::shop::coupon::{Coupon, NoCoupon};
use crate::shop::money::Amount;
use crate::shop::order::{Line, Order};
use crate::shop::pricing::{self, NoPrice, Priced};
use crate::shop::quote::Offer;
use crate::shop::store::{Outcome, Refusal, Reserve};

impl Ledger {
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
        self.take(&order);
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
        let coupon = self.coupon(&merchant, reserve)?;
        let priced = pricing::price(lines, zones, reserve.country.as_deref(), coupon);
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
        let order = new_order(reserve, merchant, priced, shipping, self.now_ms);
        let mut wanted = pieces(order.lines.iter());
        wanted.extend(coupon_use(&order));
        match self.rations.passed(&wanted, &buyers(&order)) {
            Some(limit) => Err(limit),
            None => Ok(order),
        }
    }

    /// The coupon that a reservation names, and the moment of its use.
    fn coupon(&self, merchant: &str, reserve: &Reserve) -> Result<Option<(&Coupon, u64)>, Refusal> {
        let Some(code) = reserve.coupon.clone() else {
            return Ok(None);
        };
        let coupon = self.coupons.get(&(merchant.to_owned(), code));
        let coupon = coupon.ok_or(Refusal::NoPrice(NoPrice::Coupon(NoCoupon::Unknown)))?;
        Ok(Some((coupon, self.now_ms)))
    }
}

fn new_order(
    reserve: &Reserve,
    merchant: String,
    priced: Priced,
    shipping: Amount,
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
        deal: offer.deal,
    };
    Order {
        id: reserve.id.clone(),
        merchant,
        show: reserve.show.clone(),
        lines: priced.lines.into_iter().map(line).collect(),
        country: reserve.country.clone(),
        coupon: reserve.coupon.clone(),
        discount: priced.discount,
        shipping,
        total: priced.total,
        state: OrderState::Reserved,
        expires_ms: reserve.expires_ms,
        created_ms: now_ms,
        buyer: reserve.buyer.clone(),
        key: reserve.key.clone(),
        request_hash: reserve.request_hash,
        contact: None,
    }
}
