//! The shop through its HTTP door, in the real server.

mod buyer;
mod doors;
mod kill9;
mod merchant;
mod throughput;

use signaling::protocol::client::Role;
use tests::server::{Disk, Server};

/// The name of the show in these tests.
const SHOW: &str = "gala";

fn serve(disk: &Disk) -> anyhow::Result<Server> {
    Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), disk, &[])
}

/// Imports a catalogue of `id,title,price,currency,stock` rows.
async fn import(server: &Server, disk: &Disk, rows: &str) -> anyhow::Result<()> {
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/shows/{SHOW}/products", server.url()))
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
