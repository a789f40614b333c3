//! The shop through its HTTP door, in the real server.

mod backup;
mod buyer;
mod doors;
mod jepsen;
mod kill9;
mod merchant;

use signaling::protocol::client::Role;
use tests::server::{Disk, Server};

/// The name of the show in these tests.
const SHOW: &str = "gala";

fn serve(disk: &Disk) -> anyhow::Result<Server> {
    Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), disk, &[])
}

/// Imports a catalogue of `id,title,price,currency,stock` rows.
async fn import(url: &str, disk: &Disk, rows: &str) -> anyhow::Result<()> {
    let answer = reqwest::Client::new()
        .post(format!("{url}/api/v1/shows/{SHOW}/products"))
        .bearer_auth(disk.token(SHOW, Role::Host))
        .header("content-type", "text/csv")
        .body(format!("id,title,price,currency,stock\n{rows}"))
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
