//! What buyers, hosts and the payment provider ask about money. Asking the provider never holds
//! up the shop's task: it happens here, outside of every transaction.

use super::{ShopHandle, order_in, unavailable};
use crate::limits::shop::EVENTS_KEPT_MS;
use crate::protocol::server::{OrderState, OrderView};
use crate::protocol::shop::HostWish;
use crate::shop::order::OrderId;
use crate::shop::payment::{Charge, News, ProviderError};
use crate::shop::store::Command;
use crate::shop::{Answer, Request, ShopError};

impl ShopHandle {
    /// The address of the page where a pending order is paid; the same when it is asked again.
    pub async fn pay(&self, order: &str) -> Result<String, ShopError> {
        if !self.provider.is_hosted() {
            return Err(ShopError::NoPage);
        }
        let found = self.host_order(order).await?;
        let found = found.ok_or(ShopError::UnknownOrder)?;
        let is_over = found
            .order
            .expires_ms
            .is_some_and(|end| end <= (self.clock)());
        match found.order.state {
            OrderState::Pending if !is_over => {}
            OrderState::Pending | OrderState::Expired => return Err(ShopError::HoldExpired),
            state => return Err(ShopError::OrderState(state)),
        }
        let Ok(_permit) = self.opening.try_acquire() else {
            return Err(ShopError::Busy);
        };
        self.provider.page(&found).await.map_err(|error| {
            metrics::counter!("vitrine_shop_provider_failures_total").increment(1);
            tracing::error!(%error, "a payment page could not be opened");
            ShopError::NoProvider
        })
    }

    /// Takes an event of the payment provider. On disk when it returns.
    pub async fn hear(&self, signature: Option<&str>, body: &[u8]) -> Result<(), ShopError> {
        let event = self.provider.hear((self.clock)(), signature, body);
        let Some(event) = event.map_err(ShopError::Unheard)? else {
            return Ok(());
        };
        let id = event.id.clone();
        match self.wait(Command::Hear(event)).await {
            Ok(_) => Ok(()),
            // Of another server with the same account, or of before a backup: never ours to refund.
            Err(ShopError::UnknownOrder) => {
                tracing::warn!(
                    event = id,
                    "an event of the payment provider is about no order"
                );
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Does what a host of the show says of an order of it.
    pub async fn host(
        &self,
        show: &str,
        order: &str,
        wish: HostWish,
    ) -> Result<OrderView, ShopError> {
        self.ask_order(Command::Host {
            show: show.into(),
            order: OrderId::from_text(order),
            wish,
        })
        .await
    }

    /// Charges that are owed back, the longest first.
    pub async fn owed(&self, limit: i64) -> Result<Vec<Charge>, ShopError> {
        self.store.owed(limit).await.map_err(unavailable)
    }

    /// Has the provider give a charge back.
    pub async fn ask_refund(&self, charge: &Charge) -> Result<(), ProviderError> {
        self.provider.refund(charge).await
    }

    /// Writes down that a charge went back.
    pub async fn refunded(&self, charge: Charge) -> Result<(), ShopError> {
        let learnt = self.wait(Command::Learn(News::Refunded(charge))).await;
        order_in(learnt?).map(drop)
    }

    /// Forgets events that the provider does not send again.
    pub async fn forget_old_events(&self) -> Result<(), ShopError> {
        let before = (self.clock)().saturating_sub(EVENTS_KEPT_MS);
        self.store.forget_events(before).await.map_err(unavailable)
    }

    /// Waits for a place in a full inbox: what is about money that has moved is not refused.
    async fn wait(&self, command: Command) -> Answer {
        let (ticket, answer) = tokio::sync::oneshot::channel();
        let sent = self.inbox.send((ticket, Request::Command(command))).await;
        sent.map_err(|_| ShopError::Unavailable)?;
        answer.await.unwrap_or(Err(ShopError::Unavailable))
    }
}
