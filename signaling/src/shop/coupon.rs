//! Coupons: a code that takes something off the goods of an order, in its time, so often in all
//! and so often for each buyer. Uses are counted by [`super::ledger`]; here is what one is worth.

use super::ShopError;
use super::money::Amount;
use crate::limits::shop::{COUPON_CHARS_MAX, COUPON_USES_MAX};
use crate::protocol::deals::{CouponBody, CouponView};

/// A coupon of a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// Whose goods it is for.
    pub merchant: String,
    /// Its code, in upper case.
    pub code: String,
    /// What it takes off.
    pub cut: Cut,
    /// From when it can be used, Unix ms.
    pub starts_ms: Option<u64>,
    /// Until when, Unix ms.
    pub ends_ms: Option<u64>,
    /// Orders it may be used in.
    pub total: Option<u32>,
    /// The same of one buyer.
    pub per_buyer: Option<u32>,
    /// Least sum of goods; then it is of no use in other currencies.
    pub minimum: Option<Amount>,
    /// Orders it is used in.
    pub taken: u32,
}

/// What a coupon takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// So many hundredths of the goods, 1 to 100.
    Percent(u32),
    /// So much, in this currency alone.
    Amount(Amount),
}

/// Why a coupon takes nothing off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCoupon {
    /// Check the spelling.
    #[error("there is no such coupon")]
    Unknown,
    /// Wait.
    #[error("the coupon cannot be used yet")]
    NotYet {
        /// When it can, Unix ms.
        starts_ms: u64,
    },
    /// It is over.
    #[error("the coupon has expired")]
    Expired,
    /// Somebody else had the last one.
    #[error("the coupon has been used as often as it may be")]
    UsedUp,
    /// They had it themselves.
    #[error("you have used the coupon as often as one buyer may")]
    Used,
    /// Buy more.
    #[error("the coupon is for orders of {0} and more")]
    Minimum(Amount),
    /// Buy in another currency.
    #[error("the coupon is in {0}")]
    Currency(&'static str),
}

impl Coupon {
    /// What it takes off goods of this sum now: never more than they cost, hundredths rounded
    /// down.
    ///
    /// # Errors
    /// Why it takes nothing off. How often it is used already is not looked at.
    pub fn cut(&self, goods: Amount, now_ms: u64) -> Result<Amount, NoCoupon> {
        if let Some(starts_ms) = self.starts_ms.filter(|starts| now_ms < *starts) {
            return Err(NoCoupon::NotYet { starts_ms });
        }
        if self.ends_ms.is_some_and(|ends| now_ms >= ends) {
            return Err(NoCoupon::Expired);
        }
        if let Some(minimum) = self.minimum {
            if !minimum.same_currency(goods) {
                return Err(NoCoupon::Currency(minimum.currency()));
            }
            if goods.minor() < minimum.minor() {
                return Err(NoCoupon::Minimum(minimum));
            }
        }
        match self.cut {
            Cut::Percent(percent) => Ok(goods.percent(percent)),
            Cut::Amount(amount) if !amount.same_currency(goods) => {
                Err(NoCoupon::Currency(amount.currency()))
            }
            Cut::Amount(amount) if amount.minor() > goods.minor() => Ok(goods),
            Cut::Amount(amount) => Ok(amount),
        }
    }

    /// A coupon as its merchant wrote it.
    ///
    /// # Errors
    /// [`ShopError::Coupon`] with the field that cannot be.
    pub fn check(merchant: &str, code: &str, body: &CouponBody) -> Result<Coupon, ShopError> {
        let amount = |field, text: &str| {
            let amount =
                Amount::parse(text, None).map_err(|error| bad(field, error.to_string()))?;
            match amount.minor() {
                0 => Err(bad(field, "must be more than nothing".into())),
                _ => Ok(amount),
            }
        };
        let cut = match (body.percent, body.amount.as_deref()) {
            (Some(percent @ 1..=100), None) => Cut::Percent(percent),
            (Some(_), None) => return Err(bad("percent", "must be from 1 to 100".into())),
            (None, Some(text)) => Cut::Amount(amount("amount", text)?),
            _ => return Err(bad("amount", "give either `percent` or `amount`".into())),
        };
        for (field, uses) in [("total", body.total), ("per_buyer", body.per_buyer)] {
            if uses.is_some_and(|uses| !(1..=COUPON_USES_MAX).contains(&uses)) {
                return Err(bad(field, format!("must be from 1 to {COUPON_USES_MAX}")));
            }
        }
        if body
            .ends_ms
            .is_some_and(|ends| ends <= body.starts_ms.unwrap_or(0))
        {
            return Err(bad("ends_ms", "must be after it starts".into()));
        }
        let minimum = body.minimum.as_deref();
        let minimum = minimum.map(|text| amount("minimum", text)).transpose()?;
        if let (Cut::Amount(amount), Some(minimum)) = (cut, minimum)
            && !amount.same_currency(minimum)
        {
            return Err(bad("minimum", "must be in the currency of `amount`".into()));
        }
        Ok(Coupon {
            merchant: merchant.into(),
            code: check_code(code)?,
            cut,
            starts_ms: body.starts_ms,
            ends_ms: body.ends_ms,
            total: body.total,
            per_buyer: body.per_buyer,
            minimum,
            taken: 0,
        })
    }

    /// The coupon as its merchant sees it.
    pub fn view(&self) -> CouponView {
        let (percent, amount) = match self.cut {
            Cut::Percent(percent) => (Some(percent), None),
            Cut::Amount(amount) => (None, Some(amount.into())),
        };
        CouponView {
            code: self.code.clone(),
            percent,
            amount,
            starts_ms: self.starts_ms,
            ends_ms: self.ends_ms,
            total: self.total,
            per_buyer: self.per_buyer,
            minimum: self.minimum.map(Into::into),
            taken: self.taken,
        }
    }
}

/// A code as it is kept: people write it as they like.
pub fn normal(code: &str) -> String {
    code.trim().to_ascii_uppercase()
}

fn check_code(code: &str) -> Result<String, ShopError> {
    let code = normal(code);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=COUPON_CHARS_MAX).contains(&code.len()) && code.chars().all(is_plain) {
        return Ok(code);
    }
    let why = format!("must be 1 to {COUPON_CHARS_MAX} letters, digits, `-` and `_`");
    Err(bad("code", why))
}

fn bad(field: &'static str, message: String) -> ShopError {
    ShopError::Coupon { field, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Amount {
        Amount::new(minor, "EUR").expect("a price")
    }

    fn body() -> CouponBody {
        CouponBody {
            percent: Some(15),
            ..CouponBody::default()
        }
    }

    fn coupon(spoil: impl FnOnce(&mut CouponBody)) -> Coupon {
        let mut body = body();
        spoil(&mut body);
        Coupon::check("acme", " summer ", &body).expect("a coupon")
    }

    type Spoil = fn(&mut CouponBody);

    fn ten_euros(body: &mut CouponBody) {
        (body.percent, body.amount) = (None, Some("10 EUR".into()));
    }

    #[test]
    fn what_it_takes_off_is_rounded_down_and_never_more_than_all() {
        let off = |coupon: &Coupon, minor| coupon.cut(eur(minor), 0).map(Amount::minor);
        let percent = coupon(|_| ());
        assert_eq!(percent.code, "SUMMER");
        assert_eq!(
            [1_999, 6, 0].map(|minor| off(&percent, minor)),
            [Ok(299), Ok(0), Ok(0)]
        );
        assert_eq!(off(&coupon(|body| body.percent = Some(100)), 777), Ok(777));
        let amount = coupon(ten_euros);
        assert_eq!(
            [1_999, 999].map(|minor| off(&amount, minor)),
            [Ok(1_000), Ok(999)]
        );
        let yen = Amount::new(5, "JPY").expect("a price");
        assert_eq!(amount.cut(yen, 0), Err(NoCoupon::Currency("EUR")));
    }

    #[test]
    fn its_time_and_the_least_sum_are_kept() {
        let coupon = coupon(|body| {
            (body.starts_ms, body.ends_ms) = (Some(10), Some(20));
            body.minimum = Some("50 EUR".into());
        });
        let cut = |minor, now| coupon.cut(eur(minor), now).map(Amount::minor);
        assert_eq!(cut(5_000, 9), Err(NoCoupon::NotYet { starts_ms: 10 }));
        assert_eq!(cut(5_000, 10), Ok(750));
        assert_eq!(cut(4_999, 10), Err(NoCoupon::Minimum(eur(5_000))));
        assert_eq!(cut(5_000, 20), Err(NoCoupon::Expired));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let cases: [(&str, &str, Spoil); 11] = [
            ("code", "", |_| ()),
            ("code", "a b", |_| ()),
            ("percent", "x", |body| body.percent = Some(0)),
            ("percent", "x", |body| body.percent = Some(101)),
            ("amount", "x", |body| body.percent = None),
            ("amount", "x", |body| body.amount = Some("1 EUR".into())),
            ("total", "x", |body| body.total = Some(0)),
            ("per_buyer", "x", |body| body.per_buyer = Some(0)),
            ("ends_ms", "x", |body| body.ends_ms = Some(0)),
            ("minimum", "x", |body| body.minimum = Some("5".into())),
            ("minimum", "x", |body| {
                ten_euros(body);
                body.minimum = Some("5 USD".into());
            }),
        ];
        for (expected, code, spoil) in cases {
            let mut body = body();
            spoil(&mut body);
            match Coupon::check("acme", code, &body) {
                Err(ShopError::Coupon { field, .. }) => assert_eq!(field, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}
