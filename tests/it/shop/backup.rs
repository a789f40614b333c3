//! `vitrine backup` while a crowd buys, and `vitrine restore`: the copy has every order that was
//! acknowledged before it was begun, and its books are the sum of its orders.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use signaling::protocol::client::Role;
use signaling::protocol::server::{OrderState, OrderView};
use signaling::shop::store::OrderStore as _;
use signaling::store::sql::SqlStore;
use tests::server::Disk;

use super::buyer::{Buyer, End, Purchase, send};
use super::{SHOW, import, serve};

const BUYERS: usize = 16;
const PIECES: u32 = 100_000;

/// Runs the program beside the server.
fn vitrine(command: &str, file: &Path, disk: &Disk, more: &[&str]) -> anyhow::Result<Output> {
    let output = Command::new(env!("CARGO_BIN_EXE_vitrine-tested"))
        .arg(command)
        .arg(file)
        .arg("--data")
        .arg(disk.path())
        .args(more)
        .output()?;
    Ok(output)
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains(why), "{told}");
}

/// What all were told, as it was told last.
#[derive(Default)]
struct Crowd {
    orders: Mutex<Vec<OrderView>>,
    is_over: AtomicBool,
}

impl Crowd {
    async fn buy(self: Arc<Self>, url: String, token: String) {
        let client = reqwest::Client::new();
        let buyer = Buyer { client, token };
        for number in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let end = [End::Confirm, End::Cancel, End::Leave][number % 3];
            let mut purchase = Purchase::new("rug", 2, end, number.to_string());
            let bought = buyer.carry_on(&url, &mut purchase).await;
            bought.expect("the server lives");
            let order = purchase.acknowledged.expect("plenty of rugs");
            self.orders.lock().expect("no panic").push(order);
        }
    }

    fn told(&self) -> Vec<OrderView> {
        self.orders.lock().expect("no panic").clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_in_a_sale_restores_to_books_that_add_up() -> anyhow::Result<()> {
    let (disk, copies) = (Disk::new()?, tempfile::tempdir()?);
    let server = serve(&disk)?;
    import(server.url(), &disk, &format!("rug,Rug,99,EUR,{PIECES}\n")).await?;
    let crowd = Arc::new(Crowd::default());
    let buyers: Vec<_> = (0..BUYERS)
        .map(|_| (server.url().to_owned(), disk.token(SHOW, Role::Viewer)))
        .map(|(url, token)| tokio::spawn(Arc::clone(&crowd).buy(url, token)))
        .collect();
    let (mut before, mut file) = (Vec::new(), copies.path().join("none"));
    for number in 0..3 {
        // Each has more to copy than the one before.
        let more = before.len() + 50;
        while crowd.told().len() < more {
            tokio::task::yield_now().await;
        }
        before = crowd.told();
        file = copies.path().join(format!("copy-{number}"));
        let output = vitrine("backup", &file, &disk, &[])?;
        assert!(output.status.success(), "{output:?}");
    }
    refused(&vitrine("backup", &file, &disk, &[])?, "exists already");
    refused(&vitrine("restore", &file, &disk, &[])?, "exists already");
    refused(
        &vitrine("restore", &file, &disk, &["--replace"])?,
        "stop it first",
    );
    crowd.is_over.store(true, Ordering::Relaxed);
    for buyer in join_all(buyers).await {
        buyer?;
    }
    server.kill()?;

    let other = Disk::new()?;
    let output = vitrine("restore", &file, &other, &[])?;
    assert!(output.status.success(), "{output:?}");
    let server = serve(&other)?;
    let (mut held, mut sold, mut found) = (0, 0, Vec::new());
    let client = reqwest::Client::new();
    for order in crowd.told() {
        let path = format!("{}/api/v1/orders/{}", server.url(), order.id);
        let (status, body) = send(client.get(path)).await.expect("the server lives");
        if status == 404 {
            continue;
        }
        let copied: OrderView = serde_json::from_value(body)?;
        match copied.state {
            OrderState::Reserved => held += copied.lines[0].quantity,
            OrderState::Confirmed => sold += copied.lines[0].quantity,
            _ => {}
        }
        found.push(copied);
    }
    for order in &before {
        assert!(
            found.contains(order),
            "acknowledged before, not in the copy: {order:?}"
        );
    }
    let store = SqlStore::file(&other.path().join("vitrine.db")).await?;
    let books = store.books("rug").await?.expect("a product");
    assert_eq!((books.total, books.held, books.sold), (PIECES, held, sold));
    println!(
        "{} orders before the copy, {} in it",
        before.len(),
        found.len()
    );
    Ok(())
}

#[tokio::test]
async fn a_damaged_copy_is_not_restored_and_a_replaced_database_is_kept() -> anyhow::Result<()> {
    let (disk, copies) = (Disk::new()?, tempfile::tempdir()?);
    let server = serve(&disk)?;
    import(server.url(), &disk, "rug,Rug,99,EUR,5\n").await?;
    let file = copies.path().join("copy");
    assert!(vitrine("backup", &file, &disk, &[])?.status.success());
    server.kill()?;

    let whole = std::fs::read(&file)?;
    let bad = copies.path().join("bad");
    std::fs::write(&bad, &whole[..whole.len() / 2])?;
    refused(
        &vitrine("restore", &bad, &disk, &["--replace"])?,
        "is damaged",
    );
    std::fs::write(
        &bad,
        "no database at all, but quite long enough to be looked at",
    )?;
    refused(
        &vitrine("restore", &bad, &disk, &["--replace"])?,
        "is damaged",
    );
    let none = copies.path().join("none");
    refused(
        &vitrine("restore", &none, &disk, &["--replace"])?,
        "there is no database",
    );

    let output = vitrine("restore", &file, &disk, &["--replace"])?;
    assert!(output.status.success(), "{output:?}");
    for file in ["vitrine.db", "vitrine.db.replaced"] {
        let store = SqlStore::file(&disk.path().join(file)).await?;
        assert!(store.books("rug").await?.is_some(), "{file}");
    }
    Ok(())
}
