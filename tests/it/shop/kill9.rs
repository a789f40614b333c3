//! `kill -9` while a crowd buys, several times over one database: at any moment, and at each stage
//! of a commit; and a disk that fails or is full. Afterwards every acknowledged order is there as
//! it was acknowledged, no request made two orders, and the stock adds up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use signaling::protocol::client::Role;
use signaling::protocol::server::{OrderState, OrderView};
use signaling::protocol::shop::ProductList;
use tests::fault::Fault;
use tests::server::{Disk, Server};
use tokio::sync::Notify;

use super::buyer::{Buyer, End, Gone, Purchase, send};
use super::{SHOW, import, serve};

/// One product with plenty, one scarce, one rare.
const SHELF: [(&str, u32); 3] = [("rug", 100_000), ("lamp", 150), ("cup", 7)];
const BUYERS: usize = 24;
const LIVES: u32 = 6;

/// Answers heard so far, and a bell for when there are enough of them.
struct Tally {
    heard: AtomicU32,
    enough: u32,
    bell: Notify,
}

/// A buyer with all their purchases, carried from server to server.
struct Shopper {
    buyer: Buyer,
    random: StdRng,
    purchases: Vec<Purchase>,
}

impl Shopper {
    fn new(disk: &Disk, seed: u64) -> Self {
        let client = reqwest::Client::new();
        let buyer = Buyer {
            client,
            token: disk.token(SHOW, Role::Viewer),
        };
        Self {
            buyer,
            random: StdRng::seed_from_u64(seed),
            purchases: Vec::new(),
        }
    }

    /// First what was left open, with the same keys, then new purchases, until the server dies.
    async fn storm(mut self, url: &str, tally: &Tally) -> Self {
        let open = async {
            self.settle(url).await?;
            loop {
                let wish = self.wish();
                self.purchases.push(wish);
                let purchase = self.purchases.last_mut().expect("just pushed");
                self.buyer.carry_on(url, purchase).await?;
                if tally.heard.fetch_add(1, Ordering::Relaxed) + 1 == tally.enough {
                    tally.bell.notify_one();
                }
            }
        };
        let Err::<(), Gone>(Gone) = open.await else {
            unreachable!("it goes on until the end")
        };
        self
    }

    /// Brings everything that was left open to its end.
    async fn settle(&mut self, url: &str) -> Result<(), Gone> {
        for purchase in self
            .purchases
            .iter_mut()
            .filter(|purchase| !purchase.is_over())
        {
            self.buyer.carry_on(url, purchase).await?;
        }
        Ok(())
    }

    fn wish(&mut self) -> Purchase {
        // Three of five want the rug, so that most answers are orders.
        let (product, _) = SHELF[self.random.random_range(0..5_usize).saturating_sub(2)];
        let quantity = self.random.random_range(1..4);
        let end = match self.random.random_range(0..10) {
            0..6 => End::Confirm,
            6..8 => End::Cancel,
            _ => End::Leave,
        };
        let key = format!("key-{}", self.purchases.len());
        Purchase::new(product, quantity, end, key)
    }
}

/// One life of the server: the crowd buys until it is killed, or nobody is served any more.
async fn live_and_die(
    server: Server,
    crowd: Vec<Shopper>,
    enough: u32,
) -> anyhow::Result<Vec<Shopper>> {
    let url: Arc<str> = server.url().into();
    let tally = Arc::new(Tally {
        heard: AtomicU32::new(0),
        enough,
        bell: Notify::new(),
    });
    let shoppers: Vec<_> = crowd
        .into_iter()
        .map(|shopper| {
            let (url, tally) = (Arc::clone(&url), Arc::clone(&tally));
            tokio::spawn(async move { shopper.storm(&url, &tally).await })
        })
        .collect();
    let mut crowd = join_all(shoppers);
    let crowd = tokio::select! {
        () = tally.bell.notified() => {
            server.kill()?;
            crowd.await
        }
        gone = &mut crowd => gone,
    };
    crowd.into_iter().map(|shopper| Ok(shopper?)).collect()
}

async fn check(server: &Server, disk: &Disk, crowd: &[Shopper]) -> anyhow::Result<()> {
    let known: Vec<&Purchase> = crowd
        .iter()
        .flat_map(|shopper| &shopper.purchases)
        .collect();
    let mut taken: BTreeMap<&str, u32> = BTreeMap::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let client = reqwest::Client::new();
    for purchase in &known {
        let Some(told) = &purchase.acknowledged else {
            assert!(
                purchase.is_refused,
                "every request was answered in the end: {purchase:?}"
            );
            continue;
        };
        let path = format!("{}/api/v1/orders/{}", server.url(), told.id);
        let (status, found) = send(client.get(path)).await.expect("the server lives");
        assert_eq!(status, 200, "an acknowledged order is lost: {told:?}");
        let found: OrderView = serde_json::from_value(found)?;
        assert_eq!(&found, told, "an order is not what was acknowledged");
        assert_eq!(found.lines[0].quantity, purchase.quantity);
        if let Some(other) = seen.insert(found.id, &purchase.key) {
            panic!("{} and {other} share an order", purchase.key);
        }
        if matches!(found.state, OrderState::Reserved | OrderState::Confirmed) {
            *taken.entry(purchase.product).or_default() += purchase.quantity;
        }
    }
    // An order that nobody knows of would be missing here.
    let path = format!("{}/api/v1/shows/{SHOW}/products", server.url());
    let shelf: ProductList = client.get(path).send().await?.json().await?;
    for (product, total) in SHELF {
        let view = shelf
            .products
            .iter()
            .find(|view| view.id == product)
            .expect("on the shelf");
        let taken = taken.get(product).copied().unwrap_or(0);
        assert_eq!(
            view.available + taken,
            total,
            "the stock of {product} does not add up"
        );
        println!("{product}: {taken} sold or held, {} free", view.available);
    }
    let path = format!("{}/api/v1/shows/{SHOW}/orders", server.url());
    let host = disk.token(SHOW, Role::Host);
    let (_, list) = send(client.get(path).bearer_auth(host))
        .await
        .expect("the server lives");
    for order in list["orders"].as_array().expect("a list") {
        let id = order["id"].as_str().expect("an id");
        assert!(
            seen.contains_key(id),
            "an order that no request made: {order}"
        );
    }
    println!(
        "{} orders acknowledged, {} refused",
        seen.len(),
        known.len() - seen.len()
    );
    Ok(())
}

/// The stages of a commit, as SQLite makes it: pages go into the log, the log to the disk, and now
/// and then from there into the database, which goes to the disk before the log begins anew.
fn fault(random: &mut StdRng) -> Fault {
    let (call, most) = [("pwrite64", 900), ("fdatasync", 60)][random.random_range(0..2)];
    let effects = ["signal=KILL", "signal=KILL", "error=EIO", "error=ENOSPC"];
    Fault {
        call,
        effect: effects[random.random_range(0..effects.len())],
        // The opening of the database has a hundred writes by itself.
        at: random.random_range(1..most),
    }
}

fn serve_with(disk: &Disk, fault: Fault) -> anyhow::Result<Server> {
    let command = fault.command(env!("CARGO_BIN_EXE_vitrine-tested"));
    Server::start_as(command, disk, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_the_shop_forgets_nothing() -> anyhow::Result<()> {
    check_lives(|disk, _| serve(disk)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_stage_of_a_commit_the_shop_forgets_nothing() -> anyhow::Result<()> {
    check_lives(|disk, random| {
        let fault = fault(random);
        println!("{fault:?}");
        // It may not even live to open its doors.
        serve_with(disk, fault).or_else(|_| serve(disk))
    })
    .await
}

async fn check_lives(
    start: impl Fn(&Disk, &mut StdRng) -> anyhow::Result<Server>,
) -> anyhow::Result<()> {
    let seed: u64 = match std::env::var("SHOP_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => rand::random(),
    };
    println!("SHOP_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let disk = Disk::new()?;
    let rows = SHELF
        .map(|(id, stock)| format!("{id},{id},19.90,EUR,{stock}\n"))
        .concat();
    let first = serve(&disk)?;
    import(first.url(), &disk, &rows).await?;
    first.kill()?;

    let mut crowd: Vec<_> = (0..BUYERS)
        .map(|_| Shopper::new(&disk, random.random()))
        .collect();
    for _ in 0..LIVES {
        let server = start(&disk, &mut random)?;
        crowd = live_and_die(server, crowd, random.random_range(20..600)).await?;
    }
    let server = serve(&disk)?;
    for shopper in &mut crowd {
        shopper
            .settle(server.url())
            .await
            .expect("the server lives");
    }
    check(&server, &disk, &crowd).await
}
