//! How orders are paid: the port to a payment provider, what it tells us, and the plain invoice.
//! Card data never comes near this server: a provider has a page of its own, and tells us by
//! signed events what happened there. What an event means for its order is decided in
//! [`super::ledger`], inside the store's transaction.

use futures_util::future::BoxFuture;

use super::order::OrderId;
use crate::protocol::shop::HostOrderView;

/// Money that a provider took for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The provider's id of the payment.
    pub payment: String,
    /// For which order.
    pub order: OrderId,
    /// How much, in minor units.
    pub minor: i64,
    /// Of this currency, an ISO 4217 code.
    pub currency: String,
}

/// What became of money, as a provider tells it or as a refund of ours ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It was paid.
    Charged(Charge),
    /// All of it went back.
    Refunded(Charge),
}

impl News {
    /// The money it is about.
    pub fn charge(&self) -> &Charge {
        match self {
            News::Charged(charge) | News::Refunded(charge) => charge,
        }
    }
}

/// An event of a provider, to be taken once however often it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The provider's id of the event.
    pub id: String,
    /// What happened.
    pub news: News,
}

/// What is done with the money of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It pays its order.
    Kept,
    /// It is owed to whoever paid.
    Owed,
    /// It went back.
    Refunded,
}

/// Why an event is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// There is no provider that sends events.
    #[error("this server takes no events of payments")]
    Nobody,
    /// Not signed, or by somebody else.
    #[error("the event is not signed with this server's secret")]
    Signature,
    /// Signed too long ago, or by a clock that is far ahead: it may be a recording.
    #[error("the signature is not of the last five minutes")]
    Stale,
    /// Signed, and not what the provider documents.
    #[error("the event cannot be read: {0}")]
    Malformed(String),
}

/// Why a provider did not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProviderError(pub String);

/// Somebody who takes money for the merchant.
pub trait PaymentProvider: Send + Sync + 'static {
    /// Whether buyers pay on a page of the provider's before an order is theirs.
    fn is_hosted(&self) -> bool;

    /// The address of the page where this order is paid. Asked again for the same order it is the
    /// same page.
    fn page<'a>(&'a self, order: &'a HostOrderView)
    -> BoxFuture<'a, Result<String, ProviderError>>;

    /// Gives all of a charge back. Asked again for the same charge it is the same refund.
    fn refund<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<(), ProviderError>>;

    /// Reads an event; none when it is of no concern here.
    fn hear(
        &self,
        now_ms: u64,
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<Option<Event>, Unheard>;
}

/// Pay later: an order is bought when it is confirmed, its buyer owes the money, and the host says
/// when it has come.
pub struct Invoice;

impl PaymentProvider for Invoice {
    fn is_hosted(&self) -> bool {
        false
    }

    fn page<'a>(&'a self, _: &'a HostOrderView) -> BoxFuture<'a, Result<String, ProviderError>> {
        let why = "orders are paid by invoice".to_owned();
        Box::pin(async { Err(ProviderError(why)) })
    }

    /// Only money that a provider took before can be owed: it waits until that one is back.
    fn refund<'a>(&'a self, _: &'a Charge) -> BoxFuture<'a, Result<(), ProviderError>> {
        let why = "the provider that took it is not configured any more".to_owned();
        Box::pin(async { Err(ProviderError(why)) })
    }

    fn hear(&self, _: u64, _: Option<&str>, _: &[u8]) -> Result<Option<Event>, Unheard> {
        Err(Unheard::Nobody)
    }
}

/// How long to wait before a refund is tried again that failed so many times: a second, doubled up
/// to ten minutes. It is owed until it is done, so there is no last try.
pub fn refund_wait_ms(tries: u32) -> u64 {
    (1_000_u64 << tries.saturating_sub(1).min(10)).min(600_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refunds_are_tried_again_for_ever_and_ever_less_often() {
        let waits = [1, 2, 3, 10, 11, 1_000, u32::MAX].map(refund_wait_ms);
        assert_eq!(
            waits,
            [1_000, 2_000, 4_000, 512_000, 600_000, 600_000, 600_000]
        );
    }
}
