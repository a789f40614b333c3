//! Shoppers: join over the WebSocket, see the shelf, and buy. What is timed is what a buyer
//! waits for: from tap (order) to confirmation on disk.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use reqwest::Client;
use signaling::protocol::API;
use signaling::protocol::server::{OrderView, ShowState};
use signaling::protocol::shop::{ConfirmBody, QuoteView, ReserveBody, ReserveLine};
use tests::wait::now;

use crate::bot::page::{self, call};
use crate::scenario::Shoppers;

/// What one shopper did.
#[derive(Debug, Default)]
pub(crate) struct Bought {
    /// From tap to confirmation, of each order.
    pub took: Vec<Duration>,
    /// Messages heard over the socket meanwhile.
    pub heard: u64,
}

/// Visits `show` on `server` and buys.
pub(crate) async fn shop(
    http: &Client,
    server: &str,
    show: &str,
    plan: &Shoppers,
) -> Result<Bought> {
    let visit = page::visit(http, server, show).await?;
    let (mut socket, joined) = page::join(server, visit.ticket, None, None)
        .await
        .context("join")?;
    let state = joined.show;
    let product = choose(&state)?;
    let buying = async {
        let mut took = Vec::new();
        for _ in 0..plan.orders_each {
            took.push(buy(http, server, show, &visit.token, &product).await?);
            tokio::time::sleep(Duration::from_millis(plan.pause_ms)).await;
        }
        anyhow::Ok(took)
    };
    tokio::pin!(buying);
    let mut bought = Bought::default();
    loop {
        tokio::select! {
            took = &mut buying => {
                bought.took = took?;
                socket.close(None).await.ok();
                return Ok(bought);
            }
            message = socket.next() => match message {
                Some(message) => {
                    message.context("the socket broke")?;
                    bought.heard += 1;
                }
                None => bail!("the server closed the socket"),
            },
        }
    }
}

/// A variant of what is pinned, else the first that can be bought.
fn choose(show: &ShowState) -> Result<String> {
    let pinned = show.pins.first().map(|pin| pin.product.as_str());
    let mut variants = show
        .products
        .iter()
        .filter(|product| pinned.is_none_or(|pinned| pinned == product.id))
        .flat_map(|product| &product.variants);
    let found = variants.find(|variant| pinned.is_some() || variant.available > 0);
    Ok(found
        .context("nothing on the shelf can be bought")?
        .id
        .clone())
}

async fn buy(
    http: &Client,
    server: &str,
    show: &str,
    token: &str,
    product: &str,
) -> Result<Duration> {
    let quote = format!("{server}{API}/shows/{show}/quotes/{product}");
    let quote: QuoteView = call(http.get(quote).bearer_auth(token))
        .await
        .context("quote")?;
    let tap = now();
    let order: OrderView = call(
        http.post(format!("{server}{API}/shows/{show}/orders"))
            .bearer_auth(token)
            .header("Idempotency-Key", uuid::Uuid::new_v4().to_string())
            .json(&ReserveBody {
                total: quote.unit_price,
                lines: vec![ReserveLine {
                    quote: quote.quote,
                    quantity: 1,
                }],
                country: None,
                coupon: None,
            }),
    )
    .await
    .context("order")?;
    let body = ConfirmBody {
        name: "Load".into(),
        contact: "load@example.org".into(),
        address: None,
    };
    let confirm = format!("{server}{API}/orders/{}/confirm", order.id);
    let _: OrderView = call(http.post(confirm).bearer_auth(token).json(&body))
        .await
        .context("confirm")?;
    Ok(now() - tap)
}
