//! Real clients against the real server: FFmpeg publishes, aiortc plays, the `webrtc` crate does
//! both, and peers of the harness look at what came through, packet by packet.

mod aiortc;
mod captions;
mod ffmpeg;
mod loss;
mod webrtc_crate;

use std::time::Duration;

use anyhow::Result;
use reqwest::Client;
use signaling::protocol::client::Role;
use tests::peer::Receiver;
use tests::server::{Disk, Server};
use tests::session::{Player, Publisher, Received};
use tests::whip;

/// The show of these tests.
const SHOW: &str = "gala";
/// Patience with a connection on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with its data and its doors.
struct Stage {
    server: Server,
    disk: Disk,
    http: Client,
}

impl Stage {
    fn new() -> Result<Stage> {
        Stage::with(&[])
    }

    fn with(arguments: &[&str]) -> Result<Stage> {
        let disk = Disk::new()?;
        let server = Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), &disk, arguments)?;
        Ok(Stage {
            server,
            disk,
            http: whip::client()?,
        })
    }

    fn whip(&self) -> String {
        format!("{}/whip/{SHOW}", self.server.url())
    }

    fn whep(&self) -> String {
        format!("{}/whep/{SHOW}", self.server.url())
    }

    fn token(&self) -> String {
        self.disk.token(SHOW, Role::Host)
    }

    /// Makes the show before anybody publishes, so that players may come first.
    async fn open(&self) -> Result<()> {
        let show =
            serde_json::json!({ "name": SHOW, "title": "Gala", "kind": "live", "private": false });
        let url = format!("{}/api/v1/shows", self.server.url());
        let answer = self
            .http
            .post(url)
            .bearer_auth(self.token())
            .json(&show)
            .send()
            .await?;
        let status = answer.status();
        anyhow::ensure!(
            status.is_success(),
            "show: {status}: {}",
            answer.text().await?
        );
        Ok(())
    }

    /// Puts the feed on air.
    async fn publish(&self) -> Result<Publisher> {
        Publisher::start(&self.http, &self.whip(), Some(&self.token())).await
    }

    /// Sits down in front of it.
    async fn play(&self, ability: Receiver) -> Result<Player> {
        Player::start(&self.http, &self.whep(), ability, 0).await
    }
}

/// Waits until a player has seen enough.
async fn until(
    what: &str,
    player: &Player,
    enough: impl Fn(&Received) -> bool,
) -> Result<Received> {
    let end = tests::wait::now() + PATIENCE;
    loop {
        let received = player.received();
        if enough(&received) {
            return Ok(received);
        }
        anyhow::ensure!(
            tests::wait::now() < end,
            "waited {PATIENCE:?} in vain: {what}; connected: {}, packets: {}",
            received.connected,
            received.total()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the first video packet that was given to a player starts a VP8 key frame. The payload
/// descriptor of the feed has a picture id of two octets (RFC 7741 §4.2).
fn starts_with_vp8_keyframe(received: &Received) -> bool {
    received.first.values().any(|payload| {
        matches!(payload[..], [0x90, 0x80, id, _, tag, ..] if id & 0x80 != 0 && tag & 1 == 0)
    })
}
