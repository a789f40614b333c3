//! The sale itself, in a closed loop (each buyer orders again when answered) and in an open one
//! (orders come when they come).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ::tests::wait::now;
use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use rand::RngExt as _;
use reqwest::Client;
use serde_json::json;
use tokio::time::{sleep_until, timeout_at};

use super::buyers::{Buyer, Crowd};
use super::{PIECES, SHOW};

/// What is sold.
pub(crate) const PRODUCT: &str = "lamp";
/// Time that does not count: caches fill, batches find their size.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long answers are waited for after the last order of the open loop.
const DRAIN: Duration = Duration::from_secs(20);

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Sold {
    /// Of each acknowledged order, how long its buyer waited.
    pub waits: Vec<Duration>,
    /// Other answers, by status.
    pub refused: BTreeMap<u16, u64>,
    /// In which time.
    time: Duration,
}

impl Sold {
    /// Acknowledged orders in a second.
    pub(crate) fn per_s(&self) -> f64 {
        self.waits.len() as f64 / self.time.as_secs_f64()
    }

    fn take(&mut self, status: u16, wait: Duration) {
        match status {
            201 => self.waits.push(wait),
            other => *self.refused.entry(other).or_default() += 1,
        }
    }

    fn all(time: Duration, sold: Vec<Sold>) -> Sold {
        let mut all = Sold {
            time,
            ..Sold::default()
        };
        for one in sold {
            all.waits.extend(one.waits);
            for (status, count) in one.refused {
                *all.refused.entry(status).or_default() += count;
            }
        }
        all
    }
}

/// The measured part of a sale.
#[derive(Debug, Clone, Copy)]
struct Window {
    start: Instant,
    end: Instant,
}

impl Window {
    fn after_warm_up(time: Duration) -> Window {
        let start = now() + WARM_UP;
        Window {
            start,
            end: start + time,
        }
    }
}

/// The show, and a product that does not run out.
pub(crate) async fn stock(http: &Client, url: &str, host: &str) -> Result<()> {
    let show = json!({"name": SHOW, "title": "Flash sale"});
    let made = http.post(format!("{url}/api/v1/shows")).bearer_auth(host);
    let status = made.json(&show).send().await?.status();
    ensure!(
        status.is_success() || status == reqwest::StatusCode::CONFLICT,
        "the show could not be made: {status}"
    );
    let lamp = format!("{PRODUCT},Lamp,49.90,EUR,{PIECES}\n");
    import(http, url, host, &lamp).await
}

/// Imports a product that stands beside the one that is sold, at a price in cents: quotes of the
/// one that is sold would end with its price.
pub(crate) async fn price(http: &Client, url: &str, host: &str, cents: u32) -> Result<()> {
    let (euros, cents) = (cents / 100, cents % 100);
    import(
        http,
        url,
        host,
        &format!("vase,Vase,{euros}.{cents:02},EUR,10\n"),
    )
    .await
}

async fn import(http: &Client, url: &str, host: &str, row: &str) -> Result<()> {
    let import = http.post(format!("{url}/api/v1/shows/{SHOW}/products"));
    let import = import.bearer_auth(host).header("content-type", "text/csv");
    let file = format!("id,title,price,currency,stock\n{row}");
    let answer = import.body(file).send().await?;
    let status = answer.status();
    ensure!(
        status.is_success(),
        "import: {status}: {}",
        answer.text().await?
    );
    Ok(())
}

/// So many buyers order, each again as soon as it is answered.
pub(crate) async fn closed(crowd: &mut Crowd, in_flight: usize, time: Duration) -> Result<Sold> {
    let window = Window::after_warm_up(time);
    let buyers = crowd.buyers.iter_mut().take(in_flight);
    let sold = try_join_all(buyers.map(|buyer| repeat(buyer, window))).await?;
    Ok(Sold::all(time, sold))
}

async fn repeat(buyer: &mut Buyer, window: Window) -> Result<Sold> {
    let mut sold = Sold::default();
    loop {
        let asked = now();
        let status = buyer.reserve().await?;
        let answered = now();
        if answered >= window.end {
            return Ok(sold);
        }
        if answered >= window.start {
            sold.take(status, answered - asked);
        }
    }
}

/// Orders come at this rate, whatever becomes of those before: a Poisson process for each buyer,
/// who queues when the last order is still unanswered. Waits count from the moment that was
/// meant, so that a server that stalls cannot hide those it kept from coming.
pub(crate) async fn open(crowd: &mut Crowd, per_s: f64, time: Duration) -> Result<Sold> {
    let each_per_s = per_s / crowd.len() as f64;
    let window = Window::after_warm_up(time);
    let begin = now();
    let buyers = crowd.buyers.iter_mut();
    let sold = buyers.map(|buyer| arrive(buyer, begin, each_per_s, window));
    Ok(Sold::all(time, try_join_all(sold).await?))
}

async fn arrive(buyer: &mut Buyer, begin: Instant, per_s: f64, window: Window) -> Result<Sold> {
    let (mut sold, mut meant) = (Sold::default(), begin);
    let patience = window.end + DRAIN;
    loop {
        // The gaps of a Poisson process; 1 - [0, 1) has a logarithm.
        let gap = -(1.0 - rand::rng().random::<f64>()).ln() / per_s;
        meant += Duration::from_secs_f64(gap);
        if meant >= window.end {
            return Ok(sold);
        }
        sleep_until(meant.into()).await;
        let status = timeout_at(patience.into(), buyer.reserve()).await;
        let status = status.map_err(|_| anyhow::anyhow!("no answer within {DRAIN:?}"))??;
        if meant >= window.start {
            sold.take(status, now() - meant);
        }
    }
}
