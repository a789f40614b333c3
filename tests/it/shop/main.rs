//! The shop through its HTTP door, in the real server.

mod backup;
mod buyer;
mod coupons;
mod deals;
mod doors;
mod jepsen;
mod kill9;
mod merchant;
mod stripe;

use signaling::protocol::client::Role;
use tests::server::{Disk, Server};

/// The name of the show in these tests.
const SHOW: &str = "gala";

fn serve(disk: &Disk) -> anyhow::Result<Server> {
    Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), disk, &[])
}

/// Imports a catalogue of `id,title,price,currency,stock` rows.
async fn import(url: &str, disk: &Disk, rows: &str) -> anyhow::Result<()> {
    import_csv(url, disk, format!("id,title,price,currency,stock\n{rows}")).await
}

async fn import_csv(url: &str, disk: &Disk, csv: String) -> anyhow::Result<()> {
    let answer = reqwest::Client::new()
        .post(format!("{url}/api/v1/shows/{SHOW}/products"))
        .bearer_auth(disk.token(SHOW, Role::Host))
        .header("content-type", "text/csv")
        .body(csv)
        .send()
        .await?;
    let status = answer.status();
    anyhow::ensure!(
        status.is_success(),
        "import: {status} {}",
        answer.text().await?
    );
    Ok(())
}
