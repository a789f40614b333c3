//! A buyer who does what a page does: fetch a quote, order with a key, confirm or give up, and
//! after a broken connection ask again with the same key.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use signaling::protocol::server::{OrderState, OrderView};

use super::SHOW;

/// What the buyer will do with what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Confirm,
    Cancel,
    Leave,
}

/// One purchase, from the first click to the last answer.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    pub(crate) product: &'static str,
    pub(crate) quantity: u32,
    pub(crate) end: End,
    pub(crate) key: String,
    /// The body that was sent, repeated as it was.
    pub(crate) body: Option<Value>,
    /// What the server has acknowledged so far.
    pub(crate) acknowledged: Option<OrderView>,
    /// The server said no: sold out.
    pub(crate) is_refused: bool,
}

impl Purchase {
    pub(crate) fn new(product: &'static str, quantity: u32, end: End, key: String) -> Self {
        let (body, acknowledged, is_refused) = (None, None, false);
        Self {
            product,
            quantity,
            end,
            key,
            body,
            acknowledged,
            is_refused,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        let wanted = match self.end {
            End::Confirm => OrderState::Confirmed,
            End::Cancel => OrderState::Cancelled,
            End::Leave => OrderState::Reserved,
        };
        self.is_refused
            || self
                .acknowledged
                .as_ref()
                .is_some_and(|order| order.state == wanted)
    }
}

/// The server is gone, or its disk; ask again when it is back.
#[derive(Debug)]
pub(crate) struct Gone;

/// A buyer at a server.
pub(crate) struct Buyer {
    pub(crate) client: Client,
    pub(crate) token: String,
}

impl Buyer {
    /// Brings a purchase to its end, or as far as the server lives.
    pub(crate) async fn carry_on(&self, url: &str, purchase: &mut Purchase) -> Result<(), Gone> {
        if purchase.body.is_none() {
            let path = format!("{url}/api/v1/shows/{SHOW}/quotes/{}", purchase.product);
            let (status, quote) = send(self.client.get(path)).await?;
            assert_eq!(status, StatusCode::OK, "{quote}");
            let body = body(&quote, purchase.quantity);
            purchase.body = Some(body);
        }
        if purchase.acknowledged.is_none() {
            self.reserve(url, purchase).await?;
        }
        self.finish(url, purchase).await
    }

    async fn reserve(&self, url: &str, purchase: &mut Purchase) -> Result<(), Gone> {
        let request = self
            .client
            .post(format!("{url}/api/v1/shows/{SHOW}/orders"))
            .bearer_auth(&self.token)
            .header("idempotency-key", &purchase.key)
            .json(&purchase.body);
        let (status, answer) = send(request).await?;
        match (status, answer["code"].as_str()) {
            (StatusCode::CREATED | StatusCode::OK, _) => {
                purchase.acknowledged = Some(order(answer));
            }
            (StatusCode::CONFLICT, Some("sold_out")) => purchase.is_refused = true,
            // It may have been done or not.
            (StatusCode::SERVICE_UNAVAILABLE, _) => return Err(Gone),
            other => panic!("{other:?} for {purchase:?}: {answer}"),
        }
        Ok(())
    }

    async fn finish(&self, url: &str, purchase: &mut Purchase) -> Result<(), Gone> {
        let Some(held) = purchase
            .acknowledged
            .clone()
            .filter(|_| !purchase.is_over())
        else {
            return Ok(());
        };
        let path = format!("{url}/api/v1/orders/{}", held.id);
        let request = match purchase.end {
            End::Confirm => {
                let contact = json!({"name": "Ada", "contact": "ada@example.org"});
                self.client.post(format!("{path}/confirm")).json(&contact)
            }
            End::Cancel => self.client.post(format!("{path}/cancel")),
            End::Leave => return Ok(()),
        };
        let (status, answer) = send(request).await?;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return Err(Gone);
        }
        assert_eq!(status, StatusCode::OK, "{purchase:?}: {answer}");
        purchase.acknowledged = Some(order(answer));
        Ok(())
    }
}

/// The order that a page makes of one quote.
pub(crate) fn body(quote: &Value, quantity: u32) -> Value {
    let mut total = quote["unit_price"].clone();
    total["minor"] = json!(total["minor"].as_i64().unwrap_or(0) * i64::from(quantity));
    json!({"lines": [{"quote": quote["quote"], "quantity": quantity}], "total": total})
}

fn order(answer: Value) -> OrderView {
    serde_json::from_value(answer).expect("an order in the answer")
}

/// The status and the JSON of an answer that came whole; anything less counts as not said.
pub(crate) async fn send(request: RequestBuilder) -> Result<(StatusCode, Value), Gone> {
    let answer = request.send().await.map_err(|_| Gone)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(|_| Gone)?;
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
