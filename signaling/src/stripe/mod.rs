//! Stripe Checkout, or another service with its HTTP interface, as the payment provider: a page of
//! theirs for each order, refunds, and signed events. All requests are safe to repeat, by
//! idempotency keys made from what they are about. <https://docs.stripe.com/api>

mod event;
mod form;
#[cfg(test)]
mod tests;

use std::fmt;

use futures_util::future::BoxFuture;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::config;
use crate::limits::shop::{PROVIDER_ANSWER_BYTES_MAX, PROVIDER_TIMEOUT};
use crate::protocol::shop::HostOrderView;
use crate::redacted::Redacted;
use crate::shop::payment::{Charge, Event, PaymentProvider, ProviderError, Unheard};

/// Where we write, at the provider, which order a payment is for.
const ORDER: &str = "vitrine_order";

/// Header with the signature of an event.
pub const SIGNATURE: &str = "stripe-signature";

/// An account at Stripe.
pub struct Stripe {
    client: Client,
    config: config::Stripe,
}

/// A hosted page.
#[derive(Deserialize)]
struct Session {
    url: Option<String>,
}

/// A refund.
#[derive(Deserialize)]
struct Refund {
    status: Option<String>,
}

/// An answer that is a refusal.
#[derive(Deserialize)]
struct Refusal {
    error: RefusalDetails,
}

#[derive(Deserialize)]
struct RefusalDetails {
    code: Option<String>,
    message: Option<String>,
}

/// Why a request gave nothing.
#[derive(Debug)]
struct Failure {
    /// Stripe's code for it, when it was Stripe that said no.
    code: Option<String>,
    why: String,
}

impl Failure {
    fn of(why: impl fmt::Display) -> Failure {
        let why = why.to_string();
        Failure { code: None, why }
    }
}

impl From<Failure> for ProviderError {
    fn from(Failure { why, .. }: Failure) -> ProviderError {
        ProviderError(why)
    }
}

impl Stripe {
    /// The account of these settings.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(config: config::Stripe) -> reqwest::Result<Stripe> {
        // A redirect would carry the key to somebody else.
        let client = Client::builder()
            .timeout(PROVIDER_TIMEOUT)
            .redirect(Policy::none())
            .user_agent(concat!("vitrine/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Stripe { client, config })
    }

    /// Where buyers come back to: the page of their order.
    fn order_page(&self, order: &str) -> String {
        let base = self.config.public_url.as_str().trim_end_matches('/');
        format!("{base}/o/{order}")
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        form: String,
    ) -> Result<T, Failure> {
        let url = format!(
            "{}/v1/{path}",
            self.config.url.as_str().trim_end_matches('/')
        );
        let request = self
            .client
            .post(url)
            .bearer_auth(self.config.key.reveal())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("idempotency-key", key)
            .body(form);
        let failed = |error: reqwest::Error| Failure::of(error.without_url());
        let mut answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > PROVIDER_ANSWER_BYTES_MAX {
                return Err(Failure::of("the answer is too long"));
            }
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(Failure::of);
        }
        let refusal = serde_json::from_slice(&body).map(|Refusal { error }| error);
        let RefusalDetails { code, message } = refusal.unwrap_or(RefusalDetails {
            code: None,
            message: None,
        });
        let why = format!("{status}: {}", message.unwrap_or_default());
        Err(Failure { code, why })
    }

    async fn open(&self, order: &HostOrderView) -> Result<String, ProviderError> {
        let form = form::session(order, &self.order_page(&order.order.id))?;
        let key = format!("session-{}", order.order.id);
        let session: Session = self.post("checkout/sessions", &key, form).await?;
        let url = session.url.and_then(|url| Url::parse(&url).ok());
        let url = url.filter(|url| ["http", "https"].contains(&url.scheme()));
        let url = url.ok_or_else(|| ProviderError("the session has no page".into()))?;
        Ok(url.into())
    }

    async fn give_back(&self, charge: &Charge) -> Result<(), ProviderError> {
        let key = format!("refund-{}", charge.payment);
        match self.post("refunds", &key, form::refund(charge)).await {
            Ok(Refund { status }) => match status.as_deref() {
                Some(bad @ ("failed" | "canceled")) => {
                    Err(ProviderError(format!("the refund has {bad}")))
                }
                _ => Ok(()),
            },
            // By an earlier request whose answer was lost, or by hand.
            Err(Failure { code, .. }) if code.as_deref() == Some("charge_already_refunded") => {
                Ok(())
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

impl PaymentProvider for Stripe {
    fn is_hosted(&self) -> bool {
        true
    }

    fn page<'a>(
        &'a self,
        order: &'a HostOrderView,
    ) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(self.open(order))
    }

    fn refund<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(self.give_back(charge))
    }

    fn hear(
        &self,
        now_ms: u64,
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<Option<Event>, Unheard> {
        let secret: &Redacted<String> = &self.config.webhook_secret;
        event::check(secret.reveal(), signature, body, now_ms)?;
        event::read(body)
    }
}

/// How many of Stripe's units our minor unit is. Stripe counts by ISO 4217's decimals but for
/// these: <https://docs.stripe.com/currencies#special-cases>. `None`: it counts in larger ones.
fn units(currency: &str) -> Option<i64> {
    match currency {
        "ISK" | "UGX" => Some(100),
        "MGA" => None,
        _ => Some(1),
    }
}
