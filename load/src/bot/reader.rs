//! Readers: pages that watch nothing and read the subtitles of a show in one language. They say
//! how late each line came after its last word.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use reqwest::Client;
use signaling::protocol::server::{CaptionView, RoomEvent, ServerMessage};
use tests::words::normal;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

use crate::bot::page;
use crate::socket::unix_ns;

/// What readers do at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing counts yet.
    Coming,
    /// What comes is counted.
    Measuring,
    /// They leave.
    Over,
}

/// What one reader saw while it was measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// Language read.
    pub language: String,
    /// From the end of each line's speech to the line that stays.
    pub lag: Vec<Duration>,
    /// From the end of the speech so far to a line that may change.
    pub shown: Vec<Duration>,
    /// Words of lines that stay.
    pub words: usize,
    /// Speech that was given up.
    pub gap: Duration,
}

/// Joins a show as a reader of `language`; ends with what it saw when the stage is over.
pub(crate) async fn start(
    http: &Client,
    server: &str,
    show: &str,
    language: &str,
    mut stage: watch::Receiver<Stage>,
) -> Result<JoinHandle<Result<Read>>> {
    let visit = page::visit(http, server, show).await?;
    let captions = Some(language.to_owned());
    let (mut socket, joined) = page::join(server, visit.ticket, None, captions).await?;
    let ahead_ms = joined.server_ms as i64 - unix_ms() as i64;
    let mut read = Read {
        language: language.to_owned(),
        ..Read::default()
    };
    let now = stage.clone();
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                () = over(&mut stage) => return Ok(read),
                message = socket.next() => {
                    let message = message.context("the server closed the socket")??;
                    let is_measured = *now.borrow() == Stage::Measuring;
                    if let (Message::Text(text), true) = (message, is_measured) {
                        let now_ms = unix_ms().saturating_add_signed(ahead_ms);
                        read.take(now_ms, serde_json::from_str(&text)?)?;
                    }
                }
            }
        }
    }))
}

/// Waits until readers leave.
async fn over(stage: &mut watch::Receiver<Stage>) {
    // Without a sender the run is over, too.
    let _ = stage.wait_for(|stage| *stage == Stage::Over).await;
}

impl Read {
    fn take(&mut self, now_ms: u64, message: ServerMessage) -> Result<()> {
        let late =
            |caption: &CaptionView| Duration::from_millis(now_ms.saturating_sub(caption.end_ms));
        match message {
            ServerMessage::Partial(caption) => self.shown.push(late(&caption)),
            ServerMessage::Entry(entry) => match entry.event {
                RoomEvent::Caption(caption) if caption.language == self.language => {
                    self.lag.push(late(&caption));
                    self.words += normal(&caption.text).len();
                }
                RoomEvent::CaptionGap {
                    start_ms, end_ms, ..
                } => self.gap += Duration::from_millis(end_ms.saturating_sub(start_ms)),
                _ => {}
            },
            ServerMessage::Bye { reason, .. } => bail!("a reader was sent away: {reason}"),
            _ => {}
        }
        Ok(())
    }
}

/// Captions are stamped with the server's Unix clock.
fn unix_ms() -> u64 {
    unix_ns() / 1_000_000
}
