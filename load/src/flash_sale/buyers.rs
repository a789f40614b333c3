//! Those who buy: each has visited the show, listens on a WebSocket as a page does, and has an
//! HTTP connection that is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use reqwest::Client;
use signaling::protocol::shop::{QuoteView, ReserveBody, ReserveLine};
use tokio_tungstenite::tungstenite::Message;

use super::SHOW;
use super::clicks::Ears;
use super::sale::PRODUCT;
use super::wire::{Line, address};
use crate::bot::page;

/// Buyers that come in at once.
const COMING_MAX: usize = 32;

/// A buyer.
pub(crate) struct Buyer {
    /// Where orders go.
    pub line: Line,
    /// The request up to the idempotency key, and from after it.
    parts: (Vec<u8>, Vec<u8>),
    request: Vec<u8>,
    orders: u64,
}

impl Buyer {
    /// Reserves a piece, each time with a new key; the status of the answer.
    pub(crate) async fn reserve(&mut self) -> Result<u16> {
        self.orders += 1;
        self.request.clear();
        self.request.extend_from_slice(&self.parts.0);
        self.request
            .extend_from_slice(self.orders.to_string().as_bytes());
        self.request.extend_from_slice(&self.parts.1);
        let answer = self.line.ask(&self.request).await?;
        if answer.status >= 400 && answer.status != 503 {
            anyhow::bail!(
                "{}: {}",
                answer.status,
                String::from_utf8_lossy(answer.body)
            );
        }
        Ok(answer.status)
    }
}

/// All of them.
pub(crate) struct Crowd {
    /// Those who buy.
    pub buyers: Vec<Buyer>,
    ears: Arc<Ears>,
    lost: Arc<AtomicU64>,
}

impl Crowd {
    /// Lets so many buyers come.
    pub(crate) async fn come(http: &Client, url: &str, count: usize) -> Result<Crowd> {
        let ears = Arc::new(Ears::default());
        let lost = Arc::new(AtomicU64::new(0));
        let quote = format!("{url}/api/v1/shows/{SHOW}/quotes/{PRODUCT}");
        let quote: QuoteView = page::call(http.get(quote)).await.context("quote")?;
        let body = order_body(quote)?;
        let coming = (0..count).map(|_| {
            let (ears, lost, body) = (Arc::clone(&ears), Arc::clone(&lost), &body);
            async move {
                let visit = page::visit(http, url, SHOW).await?;
                let (socket, _) = page::join(url, visit.ticket, None, None).await?;
                tokio::spawn(listen(socket, ears, lost));
                anyhow::Ok(Buyer {
                    line: Line::open(url).await?,
                    parts: order(address(url)?, &visit.token, body),
                    request: Vec::new(),
                    orders: 0,
                })
            }
        });
        let buyers = iter(coming)
            .buffer_unordered(COMING_MAX)
            .try_collect()
            .await;
        Ok(Crowd {
            buyers: buyers.context("a buyer could not come")?,
            ears,
            lost,
        })
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.buyers.len()
    }

    /// What they hear of the host.
    pub(crate) fn ears(&self) -> Arc<Ears> {
        Arc::clone(&self.ears)
    }

    /// Buyers whose WebSocket has ended.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Hears everything, as a page does; understands only what was clicked.
async fn listen(mut socket: page::Socket, ears: Arc<Ears>, lost: Arc<AtomicU64>) {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            ears.hear(&text);
        }
    }
    lost.fetch_add(1, Ordering::Relaxed);
}

/// What is ordered: one piece.
fn order_body(quote: QuoteView) -> Result<String> {
    let order = ReserveBody {
        total: quote.unit_price,
        lines: vec![ReserveLine {
            quote: quote.quote,
            quantity: 1,
        }],
        country: None,
        coupon: None,
    };
    Ok(serde_json::to_string(&order)?)
}

/// The request before and after the idempotency key.
fn order(host: &str, token: &str, body: &str) -> (Vec<u8>, Vec<u8>) {
    let head = format!(
        "POST /api/v1/shows/{SHOW}/orders HTTP/1.1\r\nHost: {host}\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nIdempotency-Key: ",
        body.len()
    );
    (head.into_bytes(), format!("\r\n\r\n{body}").into_bytes())
}
