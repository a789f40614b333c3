//! In the manner of Jepsen: hundreds of buyers with retries at two servers on one store, while
//! servers are killed, connections cut, clocks put forward and back and the store crashed, and a
//! payment provider tells late and twice of money. The whole history is written down and judged by [`checker`], which is tested itself with planted
//! oversells, losses and duplicates.
//!
//! `SHOP_SECONDS` is for how long (20), `SHOP_SEED` runs one again: the same wishes and blows,
//! though not the same interleaving.

mod buyer;
mod cashier;
mod checker;
mod history;
mod nemesis;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::future::{join_all, try_join_all};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Client;
use serde_json::json;
use signaling::config;
use signaling::protocol::client::Role;
use signaling::protocol::server::OrderView;
use signaling::redacted::Redacted;
use signaling::shop::store::{Books, OrderStore};
use signaling::store::database::Database;
use signaling::store::sql::SqlStore;
use tests::postgres::Postgres;
use tests::server::Disk;

use super::{SHOW, import_csv};
use buyer::{Buyer, World, send};
use cashier::Cashier;
use history::{Answer, History, Limit, Recorder, Sample, Scarce, Seen};
use nemesis::Nemesis;

/// One variant with plenty, one scarce, one rare and for the first who pay, one with limits.
const SHELF: [(&str, u32); 4] = [
    ("rug", 100_000),
    ("lamp", 900),
    ("cup", 12),
    ("mug", 100_000),
];
const FIRST_PAID: &str = "cup";
/// Of this each may have so many, and by the flash deal all and each so many.
const LIMITED: &str = "mug";
const PER_BUYER: u32 = 5;
const DEAL_TOTAL: u32 = 150;
const DEAL_PER_BUYER: u32 = 3;
const DEAL_MINOR: i64 = 990;
/// One for each buyer, for so many of them.
const COUPON: &str = "GALA";
const COUPON_TOTAL: u32 = 120;
const BUYERS: usize = 200;
const SERVERS: usize = 2;
/// How often the books are looked at.
const LOOK: Duration = Duration::from_millis(50);

async fn run(mut nemesis: Nemesis, cashier: Cashier, store: Arc<dyn OrderStore>) -> Result<()> {
    let seed: u64 = match std::env::var("SHOP_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => rand::random(),
    };
    let seconds = std::env::var("SHOP_SECONDS").map_or(Ok(20), |text| text.parse())?;
    println!("SHOP_SEED={seed} SHOP_SECONDS={seconds}");
    let mut random = StdRng::seed_from_u64(seed);

    let urls: Vec<String> = nemesis
        .nodes
        .iter()
        .map(|node| node.proxy.url().to_owned())
        .collect();
    open_shop(&urls[0], nemesis.disk()).await?;
    let stock = SHELF.map(|(id, stock)| (id.to_owned(), stock));
    let world = Arc::new(World {
        urls,
        recorder: Recorder::new(stock),
        cashier,
        is_over: AtomicBool::new(false),
    });
    let buyers: Vec<_> = (0..BUYERS)
        .map(|number| {
            let token = nemesis.disk().token(SHOW, Role::Viewer);
            Buyer::new(&world, number, token, random.random())
        })
        .map(|buyer| tokio::spawn(buyer.buy()))
        .collect();
    let looks = tokio::spawn(look(Arc::clone(&world), Arc::clone(&store)));
    let telling = tokio::spawn(cashier::tell(Arc::clone(&world)));
    let raged = nemesis.rage(random, Duration::from_secs(seconds)).await;
    world.is_over.store(true, Ordering::Relaxed);
    raged?;
    let buyers = join_all(buyers).await;
    looks.await?;

    nemesis.calm()?;
    for buyer in buyers {
        buyer?.settle().await?;
    }
    world.cashier.close();
    telling.await?;
    settled(store.as_ref()).await?;
    read_all(&world).await?;
    world.recorder.write(|history| {
        history.first_paid.insert(FIRST_PAID.to_owned());
        history.limits = limits().into();
        history.charges.extend(world.cashier.charges());
    });
    for (product, _) in SHELF {
        let books = store.books(product).await?.context("a product")?;
        let note = (product.to_owned(), sample(books));
        world.recorder.write(|history| history.books.extend([note]));
    }
    judge(&world.recorder.end())
}

/// The shelf, a coupon and a flash deal.
async fn open_shop(url: &str, disk: &Disk) -> Result<()> {
    let mode = |id| {
        if id == FIRST_PAID {
            "first_paid"
        } else {
            "hold"
        }
    };
    let limit = |id| {
        if id == LIMITED {
            PER_BUYER.to_string()
        } else {
            String::new()
        }
    };
    let rows = SHELF.map(|(id, stock)| {
        let (mode, limit) = (mode(id), limit(id));
        format!("{id},{id},19.90,EUR,{stock},{mode},{limit}\n")
    });
    let csv = format!(
        "id,title,price,currency,stock,hold,per_buyer\n{}",
        rows.concat()
    );
    import_csv(url, disk, csv).await?;
    announce(url, &disk.token(SHOW, Role::Host)).await
}

/// What each buyer and all of them may have.
fn limits() -> [Limit; 3] {
    let limit = |of, total, per_buyer| Limit {
        of,
        total,
        per_buyer: Some(per_buyer),
    };
    let limited = LIMITED.to_owned();
    [
        limit(Scarce::Pieces(limited.clone()), None, PER_BUYER),
        limit(
            Scarce::Deal(limited, DEAL_MINOR),
            Some(DEAL_TOTAL),
            DEAL_PER_BUYER,
        ),
        limit(Scarce::Coupon(COUPON.to_owned()), Some(COUPON_TOTAL), 1),
    ]
}

/// A coupon, and a flash deal from the beginning, longer than most clocks jump.
async fn announce(url: &str, host: &str) -> Result<()> {
    let client = Client::new();
    let coupon = json!({"percent": 10, "total": COUPON_TOTAL, "per_buyer": 1});
    let coupon = client
        .put(format!("{url}/api/v1/coupons/{COUPON}"))
        .json(&coupon);
    let deal = json!({"product": LIMITED, "prices": ["9.90 EUR"], "length_s": 1_200,
        "total": DEAL_TOTAL, "per_buyer": DEAL_PER_BUYER});
    let deal = client
        .post(format!("{url}/api/v1/shows/{SHOW}/deals"))
        .json(&deal);
    for request in [coupon, deal] {
        let answer = send(request.bearer_auth(host)).await;
        let (status, answer) = answer.context("an answer")?;
        ensure!(status < 300, "{answer}");
    }
    Ok(())
}

/// Says what happened, and whether the shop kept its word.
fn judge(history: &History) -> Result<()> {
    println!("{}", checker::summary(history));
    let (looks, orders) = (history.samples.len(), history.orders.len());
    ensure!(looks > 100 && orders > 100, "too little happened to judge");
    let wrong = checker::check(history);
    let first: Vec<String> = wrong.iter().take(20).map(ToString::to_string).collect();
    ensure!(
        wrong.is_empty(),
        "{} violations:\n{}",
        wrong.len(),
        first.join("\n")
    );
    Ok(())
}

/// Waits until nobody is owed anything: servers work it off in calm.
async fn settled(store: &dyn OrderStore) -> Result<()> {
    let settle = async {
        while !store.owed(1).await?.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
        anyhow::Ok(())
    };
    let settled = tokio::time::timeout(Duration::from_secs(60), settle).await;
    settled.context("refunds are owed and not given")?
}

/// Looks at the books until it is over, beside the servers.
async fn look(world: Arc<World>, store: Arc<dyn OrderStore>) {
    let mut pace = tokio::time::interval(LOOK);
    while !world.is_over.load(Ordering::Relaxed) {
        pace.tick().await;
        for (product, _) in SHELF {
            // A crashed store says nothing; the next look will.
            if let Ok(Some(books)) = store.books(product).await {
                let note = (product.to_owned(), sample(books));
                world.recorder.write(|history| history.samples.push(note));
            }
        }
    }
}

fn sample(books: Books) -> Sample {
    let Books { total, held, sold } = books;
    Sample { total, held, sold }
}

/// Every order that anybody was told of, as it is in the end.
async fn read_all(world: &World) -> Result<()> {
    let client = Client::new();
    let told: Vec<String> = world.recorder.write(|history| {
        let orders = history.calls.iter().filter_map(|call| match &call.answer {
            Answer::Order(order) => Some(order.id.clone()),
            _ => None,
        });
        orders
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    });
    for ids in told.chunks(32) {
        let read = ids.iter().map(async |id| {
            let request = client.get(format!("{}/api/v1/orders/{id}", world.urls[0]));
            let (status, body) = send(request).await.context("an answer in calm")?;
            ensure!(status == 200 || status == 404, "{status}: {body}");
            let found = (status == 200).then(|| serde_json::from_value::<OrderView>(body));
            anyhow::Ok((id.clone(), found.transpose()?.map(Seen::from)))
        });
        let read = try_join_all(read).await?;
        world.recorder.write(|history| history.orders.extend(read));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_sqlite_keep_their_word_whatever_happens() -> Result<()> {
    let cashier = Cashier::open().await?;
    let nemesis = Nemesis::start(SERVERS, None, &cashier.provider).await?;
    let store = SqlStore::file(&nemesis.disk().path().join("vitrine.db")).await?;
    run(nemesis, cashier, Arc::new(store)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_postgres_keep_their_word_whatever_happens() -> Result<()> {
    let cluster = Postgres::start()?;
    let config = config::Database::Postgres(Redacted::new(cluster.url()));
    let cashier = Cashier::open().await?;
    let nemesis = Nemesis::start(SERVERS, Some(cluster), &cashier.provider).await?;
    let store = SqlStore::of(&Database::open(&config).await?).await?;
    run(nemesis, cashier, Arc::new(store)).await
}
