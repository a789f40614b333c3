//! From the host's click to every viewer's socket.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::tests::wait::now;
use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Client;
use signaling::protocol::client::ClientMessage;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;

use super::sale::{PRODUCT, price};
use super::three;
use crate::bench::row::Row;
use crate::bot::page;
use crate::report::Percentiles;

/// Pause between clicks: a host's hand, and time for the last viewer.
const PAUSE: Duration = Duration::from_millis(250);
/// Longest wait for the last viewer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all viewers listen for, and when each heard it.
#[derive(Debug, Default)]
pub(crate) struct Ears {
    heard: Mutex<Heard>,
    all: Notify,
}

#[derive(Debug, Default)]
struct Heard {
    /// Part of the awaited message; empty: none is awaited.
    wanted: String,
    since: Option<Instant>,
    waits: Vec<Duration>,
    viewers: usize,
}

impl Ears {
    /// A viewer's message came in.
    pub(crate) fn hear(&self, text: &str) {
        let mut heard = self.heard();
        let Some(since) = heard.since.filter(|_| text.contains(&heard.wanted)) else {
            return;
        };
        heard.waits.push(now() - since);
        if heard.waits.len() == heard.viewers {
            self.all.notify_one();
        }
    }

    /// From now on this is awaited by so many.
    fn listen(&self, wanted: String, viewers: usize) {
        *self.heard() = Heard {
            wanted,
            since: Some(now()),
            waits: Vec::with_capacity(viewers),
            viewers,
        };
    }

    /// When each viewer heard it.
    async fn waits(&self) -> Result<Vec<Duration>> {
        let all = tokio::time::timeout(PATIENCE, self.all.notified()).await;
        let heard = std::mem::take(&mut *self.heard());
        if all.is_err() {
            let (count, viewers) = (heard.waits.len(), heard.viewers);
            bail!(
                "{count} of {viewers} viewers heard `{}` within {PATIENCE:?}",
                heard.wanted
            );
        }
        Ok(heard.waits)
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host, at the console.
pub(crate) struct Host<'a> {
    http: &'a Client,
    url: &'a str,
    token: &'a str,
    say: futures_util::stream::SplitSink<page::Socket, Message>,
    ears: Arc<Ears>,
    viewers: usize,
    clicks: u32,
    is_pinned: bool,
}

/// How long the clicks of a situation took to each viewer.
pub(crate) struct Clicks {
    pins: Vec<Duration>,
    drops: Vec<Duration>,
}

impl<'a> Host<'a> {
    /// Opens the console; what it hears is read and thrown away.
    pub(crate) async fn come(
        http: &'a Client,
        url: &'a str,
        token: &'a str,
        (ears, viewers): (Arc<Ears>, usize),
    ) -> Result<Host<'a>> {
        let ticket = ::tests::ws::ticket(url, token).await?;
        let (socket, _) = page::join(url, ticket, None, None).await?;
        let (say, mut hear) = socket.split();
        tokio::spawn(async move { while let Some(Ok(_)) = hear.next().await {} });
        Ok(Host {
            http,
            url,
            token,
            say,
            ears,
            viewers,
            clicks: 0,
            is_pinned: false,
        })
    }

    /// Pins (or unpins) and changes the price, so many times each.
    pub(crate) async fn click(&mut self, times: u32) -> Result<Clicks> {
        let (mut pins, mut drops) = (Vec::new(), Vec::new());
        for _ in 0..times {
            pins.extend(self.pin().await.context("pin")?);
            tokio::time::sleep(PAUSE).await;
            drops.extend(self.drop_price().await.context("price")?);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Clicks { pins, drops })
    }

    /// Puts the product over the picture, or takes it off: the same click.
    async fn pin(&mut self) -> Result<Vec<Duration>> {
        self.clicks += 1;
        let (request, product) = (self.clicks, PRODUCT.to_owned());
        self.is_pinned = !self.is_pinned;
        let (click, wanted) = if self.is_pinned {
            (ClientMessage::Pin { request, product }, "\"pinned\"")
        } else {
            (ClientMessage::Unpin { request, product }, "\"unpinned\"")
        };
        let click = Message::text(serde_json::to_string(&click)?);
        self.ears.listen(wanted.into(), self.viewers);
        self.say.send(click).await?;
        self.ears.waits().await
    }

    async fn drop_price(&mut self) -> Result<Vec<Duration>> {
        self.clicks += 1;
        let cents = 10_000 + self.clicks;
        self.ears
            .listen(format!("\"minor\":{cents},"), self.viewers);
        price(self.http, self.url, self.token, cents).await?;
        self.ears.waits().await
    }
}

impl Clicks {
    pub(crate) fn rows(&self, beside: &str, viewers: usize) -> Vec<Row> {
        let row = |what: &str, waits: &Vec<Duration>| {
            let what = format!("{what} to {viewers} viewers' sockets, beside {beside}");
            let p95 = Percentiles::of(waits.iter().copied()).p95;
            Row::at_most(&what, "p95 at most 150 ms", p95, 150.0, three(waits))
        };
        vec![
            row("from the host's pin", &self.pins),
            row("from the host's price", &self.drops),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_was_clicked_is_heard_once_by_each() {
        let ears = Ears::default();
        ears.hear("{\"event\":\"pinned\"}");
        ears.listen("\"pinned\"".into(), 2);
        for text in [
            "{\"event\":\"pinned\"}",
            "{\"event\":\"unpinned\"}",
            "{\"event\":\"pinned\"}",
        ] {
            ears.hear(text);
        }
        assert_eq!(ears.waits().await.unwrap().len(), 2);
    }
}
