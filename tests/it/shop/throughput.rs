//! Measurement, not a test: reservations per second through the shop's task, every one durable,
//! with group commit and one by one, in turns in one run, beside the disk's own pace.
//!
//! `cargo test --release -p tests --test shop throughput -- --ignored --nocapture`

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use signaling::clock;
use signaling::protocol::shop::ReserveLine;
use signaling::shop::catalog::Format;
use signaling::shop::store::DEFAULT_MERCHANT;
use signaling::shop::{ReserveRequest, ShopHandle};
use signaling::store::sqlite::SqliteStore;
use signaling::task::shop::{self, ShopConfig};

use super::SHOW;

const BUYERS: usize = 256;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);

#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> Instant {
    Instant::now()
}

/// One buyer after the other answer, with a new key each time.
async fn buy(shop: ShopHandle, buyer: String, end: Instant) -> Vec<Duration> {
    let quote = shop.quote(SHOW, "rug", None).await.expect("on the shelf");
    let mut waits = Vec::new();
    while now() < end {
        let request = ReserveRequest {
            show: SHOW.into(),
            buyer: buyer.clone(),
            key: waits.len().to_string(),
            request_hash: [0; 32],
            lines: vec![ReserveLine {
                quote: quote.quote.clone(),
                quantity: 1,
            }],
            country: None,
            total: quote.unit_price.clone(),
        };
        let asked = now();
        shop.reserve(request).await.expect("plenty of rugs");
        waits.push(asked.elapsed());
    }
    waits
}

/// Orders per second and the waits, sorted.
async fn measure(batch_requests_max: usize) -> anyhow::Result<(f64, Vec<Duration>)> {
    let directory = tempfile::tempdir_in(".")?;
    let store = Arc::new(SqliteStore::open(&directory.path().join("vitrine.db")).await?);
    let config = ShopConfig {
        batch_requests_max,
        ..ShopConfig::new(*b"measured")
    };
    let (shop, _notices, _task) = shop::spawn(store, &config, Arc::new(clock::now_ms));
    let catalogue = b"id,title,price,currency,stock\nrug,Rug,99,EUR,10000000\n";
    shop.import(DEFAULT_MERCHANT, SHOW, Format::Csv, catalogue)
        .await?;
    let start = now();
    let buyers = (0..BUYERS).map(|n| tokio::spawn(buy(shop.clone(), n.to_string(), start + ROUND)));
    let mut waits = Vec::new();
    for buyer in join_all(buyers).await {
        waits.extend(buyer?);
    }
    let per_second = waits.len() as f64 / start.elapsed().as_secs_f64();
    waits.sort_unstable();
    Ok((per_second, waits))
}

/// How often this disk makes a page durable in a second.
fn disk_pace() -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile_in(".")?;
    let (start, mut count) = (now(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn throughput() -> anyhow::Result<()> {
    let (mut grouped, mut single) = (0.0, 0.0);
    for round in 1..=ROUNDS {
        println!("round {round}: fdatasync {:.0}/s", disk_pace()?);
        for (name, batch, sum) in [
            ("grouped", 512, &mut grouped),
            ("one by one", 1, &mut single),
        ] {
            let (per_second, waits) = measure(batch).await?;
            let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
            let (p50, p99) = (at(0.5), at(0.99));
            println!("  {name}: {per_second:.0} reservations/s, p50 {p50:.1?}, p99 {p99:.1?}");
            *sum += per_second;
        }
    }
    println!("group commit brings {:.1} times as many", grouped / single);
    Ok(())
}
