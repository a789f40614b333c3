//! Money: minor units and an ISO 4217 currency, exact and checked. No floating point anywhere.

use std::fmt;

use iso_currency::Currency;

use crate::limits::shop::{PRICE_MINOR_MAX, TOTAL_MINOR_MAX};
use crate::protocol::server::Money;

/// An amount that can be charged: not negative, not above [`TOTAL_MINOR_MAX`] (what a merchant
/// writes: not above [`PRICE_MINOR_MAX`]), in a currency that has a minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

/// Why a text or a calculation gave no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// No such code.
    #[error("`{0}` is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    /// Gold, funds and test codes.
    #[error("`{0}` has no minor unit, so nothing can be priced in it")]
    NoMinorUnit(String),
    /// The text names no currency and none was given beside it.
    #[error("`{0}` names no currency")]
    MissingCurrency(String),
    /// The text names another currency than the one given beside it.
    #[error("`{text}` is not in {expected}")]
    CurrencyMismatch {
        /// The text.
        text: String,
        /// The currency given beside it.
        expected: String,
    },
    /// Not digits with at most one dot.
    #[error("`{0}` is not an amount; write it like 19.90")]
    NotAnAmount(String),
    /// A comma can mean decimals or thousands.
    #[error(
        "`{0}` has a comma; write decimals with a dot and no thousands separator, like 1299.90"
    )]
    Comma(String),
    /// Below zero.
    #[error("`{0}` is negative")]
    Negative(String),
    /// More decimals than the currency has.
    #[error("`{text}` has {found} decimals, {currency} has {exponent}")]
    Decimals {
        /// The text.
        text: String,
        /// Decimals in it.
        found: usize,
        /// The currency.
        currency: &'static str,
        /// Decimals of the currency.
        exponent: u8,
    },
    /// Beyond what we handle.
    #[error("the amount is more than {PRICE_MINOR_MAX} minor units")]
    TooLarge,
    /// A sum beyond what a page can show exactly.
    #[error("the sum is more than {TOTAL_MINOR_MAX} minor units")]
    SumTooLarge,
}

impl Amount {
    /// An amount of minor units. Refuses what [`Amount`] cannot be.
    pub fn new(minor: i64, currency: &str) -> Result<Self, MoneyError> {
        let currency = parse_currency(currency)?;
        match minor {
            ..0 => Err(MoneyError::Negative(minor.to_string())),
            0..=TOTAL_MINOR_MAX => Ok(Self { minor, currency }),
            _ => Err(MoneyError::SumTooLarge),
        }
    }

    /// Reads `19.90 EUR`, or `19.90` when the currency is known from beside it.
    pub fn parse(text: &str, currency: Option<&str>) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (number, named) = match text.split_once(' ') {
            Some((number, code)) => (number, Some(parse_currency(code.trim())?)),
            None => (text, None),
        };
        let beside = currency.map(parse_currency).transpose()?;
        let currency = match (named, beside) {
            (Some(named), Some(beside)) if named != beside => {
                return Err(MoneyError::CurrencyMismatch {
                    text: text.into(),
                    expected: beside.code().into(),
                });
            }
            (Some(currency), _) | (None, Some(currency)) => currency,
            (None, None) => return Err(MoneyError::MissingCurrency(text.into())),
        };
        let minor = parse_minor(number, currency)?;
        Ok(Self { minor, currency })
    }

    /// Minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// ISO 4217 code.
    pub fn currency(self) -> &'static str {
        self.currency.code()
    }

    /// Decimals of the currency.
    pub fn exponent(self) -> u8 {
        exponent(self.currency).expect("an Amount's currency has a minor unit: checked when made")
    }

    /// The decimal number alone, like `19.90`.
    pub fn number(self) -> String {
        let exponent = usize::from(self.exponent());
        let digits = format!("{:0width$}", self.minor, width = exponent + 1);
        let (whole, decimals) = digits.split_at(digits.len() - exponent);
        let dot = if exponent == 0 { "" } else { "." };
        format!("{whole}{dot}{decimals}")
    }

    /// Nothing, in this currency.
    pub fn zero(self) -> Self {
        Self { minor: 0, ..self }
    }

    /// The price of several pieces. Never wraps.
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        self.checked(self.minor.checked_mul(i64::from(quantity)))
    }

    /// So many hundredths of it, rounded down.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        let minor = i128::from(self.minor) * i128::from(percent) / 100;
        let minor = i64::try_from(minor).unwrap_or(self.minor);
        Self { minor, ..self }
    }

    /// What is left of it when that much is taken off, in the same currency; nothing at least.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        let minor = (self.minor - other.minor).max(0);
        Self { minor, ..self }
    }

    /// The sum of two amounts. Never wraps.
    ///
    /// # Panics
    /// When they are in different currencies: callers have compared them.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        assert!(
            self.same_currency(other),
            "amounts that are added are in one currency"
        );
        self.checked(self.minor.checked_add(other.minor))
    }

    fn checked(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        match minor {
            Some(minor) if minor <= TOTAL_MINOR_MAX => Ok(Self { minor, ..self }),
            _ => Err(MoneyError::SumTooLarge),
        }
    }

    /// Whether both are in one currency, so that they can be compared.
    pub fn same_currency(self, other: Self) -> bool {
        self.currency == other.currency
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.currency())
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Money {
            minor: amount.minor,
            currency: amount.currency().into(),
            exponent: amount.exponent(),
        }
    }
}

/// Decimals of a currency, when money can be counted in it.
fn exponent(currency: Currency) -> Option<u8> {
    currency
        .exponent()
        .and_then(|exponent| u8::try_from(exponent).ok())
}

fn parse_currency(code: &str) -> Result<Currency, MoneyError> {
    let code = code.trim();
    let currency = Currency::from_code(&code.to_ascii_uppercase())
        .ok_or_else(|| MoneyError::UnknownCurrency(code.into()))?;
    match exponent(currency) {
        Some(_) => Ok(currency),
        None => Err(MoneyError::NoMinorUnit(code.into())),
    }
}

fn parse_minor(text: &str, currency: Currency) -> Result<i64, MoneyError> {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.contains(',') {
        return Err(MoneyError::Comma(text.into()));
    }
    if text.starts_with(['-', '\u{2212}']) {
        return Err(MoneyError::Negative(text.into()));
    }
    let (whole, decimals) = text
        .split_once('.')
        .map_or((text, None), |(w, d)| (w, Some(d)));
    if !all_digits(whole) || !decimals.is_none_or(all_digits) {
        return Err(MoneyError::NotAnAmount(text.into()));
    }
    let decimals = decimals.unwrap_or("");
    let exponent = exponent(currency).expect("parse_currency lets no other currency through");
    if decimals.len() > usize::from(exponent) {
        return Err(MoneyError::Decimals {
            text: text.into(),
            found: decimals.len(),
            currency: currency.code(),
            exponent,
        });
    }
    let digits = format!("{whole}{decimals:0<width$}", width = usize::from(exponent));
    match digits.trim_start_matches('0') {
        "" => Ok(0),
        digits => match digits.parse::<i64>() {
            Ok(minor) if minor <= PRICE_MINOR_MAX => Ok(minor),
            _ => Err(MoneyError::TooLarge),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, currency beside it, minor units and currency found or the message.
    type Case = (
        &'static str,
        Option<&'static str>,
        Result<(i64, &'static str), &'static str>,
    );

    fn check(cases: &[Case]) {
        for (text, currency, expected) in cases {
            let found = Amount::parse(text, *currency);
            let found = found.as_ref().map(|a| (a.minor(), a.currency()));
            let found = found.map_err(ToString::to_string);
            assert_eq!(
                found,
                expected.map_err(str::to_owned),
                "`{text}` beside {currency:?}"
            );
        }
    }

    #[test]
    fn exact_amounts_of_every_exponent() {
        check(&[
            ("19.90 EUR", None, Ok((1990, "EUR"))),
            ("19.90", Some("EUR"), Ok((1990, "EUR"))),
            (" 19.9 eur ", Some("EUR"), Ok((1990, "EUR"))),
            ("0.07", Some("USD"), Ok((7, "USD"))),
            ("0", Some("USD"), Ok((0, "USD"))),
            ("007", Some("JPY"), Ok((7, "JPY"))),
            ("1500 JPY", None, Ok((1500, "JPY"))),
            ("1.234", Some("KWD"), Ok((1234, "KWD"))),
            ("8.5", Some("KWD"), Ok((8500, "KWD"))),
            ("10000000000", Some("EUR"), Ok((1_000_000_000_000, "EUR"))),
        ]);
    }

    #[test]
    fn every_mistake_says_what_is_wrong() {
        check(&[
            (
                "19.999",
                Some("EUR"),
                Err("`19.999` has 3 decimals, EUR has 2"),
            ),
            ("15.5", Some("JPY"), Err("`15.5` has 1 decimals, JPY has 0")),
            (
                "19,90",
                Some("EUR"),
                Err(
                    "`19,90` has a comma; write decimals with a dot and no thousands separator, \
                     like 1299.90",
                ),
            ),
            ("-5", Some("EUR"), Err("`-5` is negative")),
            (
                "5",
                Some("EUX"),
                Err("`EUX` is not an ISO 4217 currency code"),
            ),
            (
                "5",
                Some("XAU"),
                Err("`XAU` has no minor unit, so nothing can be priced in it"),
            ),
            ("5 USD", Some("EUR"), Err("`5 USD` is not in EUR")),
            ("5", None, Err("`5` names no currency")),
            (
                "five",
                Some("EUR"),
                Err("`five` is not an amount; write it like 19.90"),
            ),
            (
                "1e3",
                Some("EUR"),
                Err("`1e3` is not an amount; write it like 19.90"),
            ),
            (
                "19.",
                Some("EUR"),
                Err("`19.` is not an amount; write it like 19.90"),
            ),
            (
                ".5",
                Some("EUR"),
                Err("`.5` is not an amount; write it like 19.90"),
            ),
            (
                "1.2.3",
                Some("EUR"),
                Err("`1.2.3` is not an amount; write it like 19.90"),
            ),
            (
                "",
                Some("EUR"),
                Err("`` is not an amount; write it like 19.90"),
            ),
            (
                "10000000000.01",
                Some("EUR"),
                Err("the amount is more than 1000000000000 minor units"),
            ),
            (
                "99999999999999999999999",
                Some("EUR"),
                Err("the amount is more than 1000000000000 minor units"),
            ),
        ]);
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for (minor, currency) in [
            (0, "EUR"),
            (7, "EUR"),
            (1990, "EUR"),
            (5, "JPY"),
            (12, "KWD"),
        ] {
            let amount = Amount::new(minor, currency).expect("a valid amount");
            assert_eq!(Amount::parse(&amount.to_string(), None), Ok(amount));
        }
    }

    #[test]
    fn sums_never_wrap() {
        let most = Amount::new(PRICE_MINOR_MAX, "EUR").expect("the highest price");
        assert_eq!(
            most.times(1000).map(Amount::minor),
            Ok(1_000_000_000_000_000)
        );
        let huge = Amount {
            minor: i64::MAX,
            ..most
        };
        assert_eq!(huge.times(2), Err(MoneyError::SumTooLarge));
        assert_eq!(huge.plus(huge), Err(MoneyError::SumTooLarge));
        let all = Amount {
            minor: TOTAL_MINOR_MAX,
            ..most
        };
        assert_eq!(all.plus(all.zero()), Ok(all));
        assert_eq!(
            all.plus(Amount { minor: 1, ..all }),
            Err(MoneyError::SumTooLarge)
        );
    }
}
