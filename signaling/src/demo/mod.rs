//! The demo show: a pre-encoded clip published through the WHIP door, its catalogue imported
//! through the shop's door, and a scripted host who pins each product over the WebSocket as it is
//! spoken of. It is a client of the server like any other and reaches into none of its rooms.

mod api;
mod clip;
mod director;
mod host;
mod publisher;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock;

pub use api::{Api, ApiError};
pub use clip::{Clip, ClipError};

/// The show's name in URLs.
pub const SHOW: &str = "demo";
/// The show's title.
pub const TITLE: &str = "Marlow: the spring collection";
/// How the speaker and the scripted host are called.
pub const HOST_NAME: &str = "Joe at Marlow";

/// First wait after a failure; it doubles up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_millis(500);
/// Longest wait between two attempts: a visitor should not wait longer for the show to be back.
const RETRY_MAX: Duration = Duration::from_secs(10);
/// An attempt that lasted this long was a success, so the next wait is short again.
const STEADY_MS: u64 = 30_000;

/// When the clip's first loop began, while the show is on air.
pub(crate) type OnAir = Option<Instant>;

/// What went wrong in one attempt.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The server refused a request or could not be reached.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The peer connection failed.
    #[error("peer connection: {0}")]
    Peer(#[from] webrtc::error::Error),
    /// The WebSocket failed.
    #[error("web socket: {0}")]
    Socket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    /// A step took too long or the other side ended it.
    #[error("{0}")]
    Ended(String),
}

/// Runs the demo show on a server until the future is dropped: one host, whose voice comes by
/// WHIP and whose hands are on a WebSocket.
///
/// # Errors
/// When the embedded clip is damaged; anything later is logged and tried again.
pub async fn run(api: Api) -> Result<(), ClipError> {
    let clip = Clip::embedded()?;
    let (on_air, watch_air) = watch::channel(None);
    tokio::join!(
        forever("publisher", async || {
            let result = publisher::publish(&api, &clip, &on_air).await;
            on_air.send_replace(None);
            result
        }),
        forever("host", async || {
            host::host(&api, &clip, watch_air.clone()).await
        }),
    );
    Ok(())
}

/// Runs one part again and again, with growing pauses while it fails quickly.
async fn forever(part: &'static str, attempt: impl AsyncFn() -> Result<(), DemoError>) {
    let mut pause = RETRY_MIN;
    loop {
        let began_ms = clock::now_ms();
        let error = match attempt().await {
            Ok(()) => "ended".to_owned(),
            Err(error) => error.to_string(),
        };
        if clock::now_ms().saturating_sub(began_ms) > STEADY_MS {
            pause = RETRY_MIN;
        }
        tracing::warn!(part, error, again_in = ?pause, "the demo show stumbled");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MAX);
    }
}
