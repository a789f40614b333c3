//! The shop's door: what rooms and HTTP hold. Writing goes through the inbox of the shop's task,
//! reading straight to the store. What merchants ask is in [`merchant`], what is about money in
//! [`payments`].

mod merchant;
mod payments;

use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::order::{Contact, OrderId};
use super::payment::PaymentProvider;
use super::quote::{Offer, Signer};
use super::store::{Command, OrderStore, StoreError};
use super::{Answer, Reply, Request, ShopError, address, check_quantity, pricing};
use crate::limits::shop::{ORDER_LINES_MAX, PAGES_OPENING_MAX};
use crate::protocol::server::{Money, OrderView, ProductView};
use crate::protocol::shop::{
    BasketBody, BasketView, ConfirmBody, HostOrderView, QuoteView, ReserveLine,
};
use crate::redacted::Redacted;

/// A request on its way to the shop's task, and where the answer goes.
pub type Door = (oneshot::Sender<Answer>, Request);

/// The server's clock, Unix ms, passed in so that tests have their own.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What a buyer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveRequest {
    /// Show name.
    pub show: String,
    /// Who asks: the grant's participant. Idempotency keys are theirs alone.
    pub buyer: String,
    /// Idempotency key, chosen by the buyer's page.
    pub key: String,
    /// SHA-256 of the request's body, to tell a repeated request from another.
    pub request_hash: [u8; 32],
    /// What is bought.
    pub lines: Vec<ReserveLine>,
    /// Where it is sent.
    pub country: Option<String>,
    /// Code of a coupon.
    pub coupon: Option<String>,
    /// The total the buyer saw.
    pub total: Money,
}

/// A reservation.
#[derive(Debug, Clone, PartialEq)]
pub struct Reserved {
    /// The order as it is now.
    pub order: OrderView,
    /// It was made by an earlier request with the same key.
    pub is_repeat: bool,
}

/// The shop, for those who use it. Cheap to clone. The shop's task ends when the last handle is
/// gone and everything asked has been answered.
#[derive(Clone)]
pub struct ShopHandle {
    inbox: mpsc::Sender<Door>,
    store: Arc<dyn OrderStore>,
    signer: Arc<Signer>,
    clock: Clock,
    provider: Arc<dyn PaymentProvider>,
    /// For the payment pages that are being opened.
    opening: Arc<Semaphore>,
}

impl ShopHandle {
    /// A handle on a shop's inbox; made by `task::shop::spawn`.
    pub fn new(
        inbox: mpsc::Sender<Door>,
        store: Arc<dyn OrderStore>,
        signer: Arc<Signer>,
        clock: Clock,
        provider: Arc<dyn PaymentProvider>,
    ) -> Self {
        Self {
            inbox,
            store,
            signer,
            clock,
            provider,
            opening: Arc::new(Semaphore::new(PAGES_OPENING_MAX)),
        }
    }

    /// The shelf of a show in running order, with the stock of this moment.
    pub async fn products(&self, show: &str) -> Result<Vec<ProductView>, ShopError> {
        self.store.shelf(show).await.map_err(unavailable)
    }

    /// A signed price of a variant, in a currency or in its first one.
    pub async fn quote(
        &self,
        show: &str,
        variant: &str,
        currency: Option<&str>,
    ) -> Result<QuoteView, ShopError> {
        let wanted = [variant.to_owned()];
        let offer = self.offers(show, &wanted, currency).await?.remove(0);
        Ok(self.signer.sign(&offer, (self.clock)()))
    }

    /// What a basket costs, with a signed quote for each line.
    pub async fn price(&self, show: &str, basket: BasketBody) -> Result<BasketView, ShopError> {
        let count = basket.lines.len();
        if !(1..=ORDER_LINES_MAX).contains(&count) {
            return Err(ShopError::Lines {
                max: ORDER_LINES_MAX,
            });
        }
        for line in &basket.lines {
            check_quantity(line.quantity)?;
        }
        let variants = basket.lines.iter().map(|line| line.variant.clone());
        let variants: Vec<_> = variants.collect();
        if let Some(at) = (1..count).find(|&at| variants[..at].contains(&variants[at])) {
            return Err(ShopError::Twice(variants[at].clone()));
        }
        let offers = self
            .offers(show, &variants, basket.currency.as_deref())
            .await?;
        let merchant = offers[0].merchant.clone();
        if let Some(other) = offers.iter().find(|offer| offer.merchant != merchant) {
            return Err(ShopError::Merchants(merchant, other.merchant.clone()));
        }
        let zones = self.store.zones(&merchant).await.map_err(unavailable)?;
        let quantities = basket.lines.iter().map(|line| line.quantity);
        let lines = offers.into_iter().zip(quantities).collect();
        let now_ms = (self.clock)();
        let coupon = match &basket.coupon {
            Some(code) => Some(self.usable_coupon(&merchant, code).await?),
            None => None,
        };
        let coupon = coupon.as_ref().map(|coupon| (coupon, now_ms));
        let priced = pricing::price(lines, &zones, basket.country.as_deref(), coupon)?;
        Ok(self.signer.sign_basket(&priced, now_ms))
    }

    /// The offers of variants, in their order.
    async fn offers(
        &self,
        show: &str,
        variants: &[String],
        currency: Option<&str>,
    ) -> Result<Vec<Offer>, ShopError> {
        let found = self.store.offers(show, variants, currency).await;
        let found = found.map_err(unavailable)?;
        let find = |variant: &String| {
            let offer = found.iter().find(|offer| offer.variant == *variant);
            let offer = offer.ok_or_else(|| ShopError::UnknownVariant(variant.clone()))?;
            match currency {
                Some(wanted) if offer.terms.price.currency() != wanted => {
                    Err(ShopError::Currency {
                        variant: variant.clone(),
                        wanted: wanted.into(),
                    })
                }
                _ => Ok(offer.clone()),
            }
        };
        variants.iter().map(find).collect()
    }

    /// Holds stock for a buyer. On disk when it returns.
    pub async fn reserve(&self, request: ReserveRequest) -> Result<Reserved, ShopError> {
        let id = OrderId::from_random(rand::random());
        match self.ask(Request::Reserve { id, request }).await? {
            Reply::Reserved(reserved) => Ok(reserved),
            other => unreachable!("a reservation is answered by Reserved, not {other:?}"),
        }
    }

    /// Buys what an order reserved, or readies it for the payment page. On disk when it returns.
    pub async fn confirm(&self, order: &str, body: ConfirmBody) -> Result<OrderView, ShopError> {
        let country = body.address.as_ref().map(|address| address.country.clone());
        let contact = check_contact(body)?;
        self.ask_order(Command::Confirm {
            order: OrderId::from_text(order),
            contact,
            country,
            is_hosted: self.provider.is_hosted(),
        })
        .await
    }

    /// Gives up what an order holds.
    pub async fn cancel(&self, order: &str) -> Result<OrderView, ShopError> {
        let order = OrderId::from_text(order);
        self.ask_order(Command::Cancel { order }).await
    }

    /// An order, by its unguessable id.
    pub async fn get(&self, order: &str) -> Result<OrderView, ShopError> {
        let order = self
            .store
            .order(&OrderId::from_text(order))
            .await
            .map_err(unavailable)?;
        order.ok_or(ShopError::UnknownOrder)
    }

    /// One order with what its host needs; none when it was erased.
    pub async fn host_order(&self, order: &str) -> Result<Option<HostOrderView>, ShopError> {
        let order = OrderId::from_text(order);
        self.store.host_order(&order).await.map_err(unavailable)
    }

    /// The orders of a show, newest first, with what the host needs to send the goods.
    pub async fn list(&self, show: &str) -> Result<Vec<HostOrderView>, ShopError> {
        self.store.orders(show).await.map_err(unavailable)
    }

    async fn ask_order(&self, command: Command) -> Result<OrderView, ShopError> {
        order_in(self.ask(Request::Command(command)).await?)
    }

    /// Full inbox: refuse at once, so that a flash sale's wave gets an answer, not a timeout.
    async fn ask(&self, request: Request) -> Answer {
        let (ticket, answer) = oneshot::channel();
        self.inbox
            .try_send((ticket, request))
            .map_err(|e| match e {
                TrySendError::Full(_) => {
                    metrics::counter!("vitrine_shop_refused_busy_total").increment(1);
                    ShopError::Busy
                }
                TrySendError::Closed(_) => ShopError::Unavailable,
            })?;
        answer.await.unwrap_or(Err(ShopError::Unavailable))
    }
}

fn order_in(reply: Reply) -> Result<OrderView, ShopError> {
    match reply {
        Reply::Order(order) => Ok(order),
        other => unreachable!("a change of an order is answered by Order, not {other:?}"),
    }
}

fn unavailable(error: StoreError) -> ShopError {
    tracing::error!(error = %error, cause = %error.cause, "store could not be read");
    ShopError::Unavailable
}

/// A name, and an address that a person or a parcel can be sent to.
fn check_contact(body: ConfirmBody) -> Result<Contact, ShopError> {
    let name = check_line("name", &body.name)?;
    let contact = check_line("contact", &body.contact)?;
    let digits = contact.chars().filter(char::is_ascii_digit).count();
    let is_mail = contact
        .split_once('@')
        .is_some_and(|(who, at)| !who.is_empty() && at.len() > 2);
    if !is_mail && digits < 6 {
        let message = "is neither an e-mail address nor a telephone number".into();
        return Err(ShopError::Contact {
            field: "contact",
            message,
        });
    }
    let address = body.address.as_ref().map(address::check).transpose();
    let address = address.map_err(|(field, message)| ShopError::Contact { field, message })?;
    Ok(Contact {
        name: Redacted::new(name),
        contact: Redacted::new(contact),
        address: address.map(Redacted::new),
    })
}

fn check_line(field: &'static str, text: &str) -> Result<String, ShopError> {
    let line = address::line(field, text);
    line.map_err(|(field, message)| ShopError::Contact { field, message })
}
