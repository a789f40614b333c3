//! Between processes that serve the same shows: room events fan out, viewer counts are told.
//! Best effort by design: a lost bus costs neither an order (the store arbitrates) nor a picture
//! (media knows no bus); rooms go on with what happens in their own process.

mod local;
mod redis;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub use local::LocalHub;

use crate::limits::{BUS_INBOX_MAX, BUS_OUTBOX_MAX};
use crate::protocol::chat::Judgement;
use crate::protocol::server::RoomEvent;
use crate::room::Counts;

/// What processes tell each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// Who sent it; nobody reads their own.
    pub process: String,
    /// Show it is about.
    pub show: String,
    /// What it says.
    pub news: News,
}

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Something happened in the show.
    Event(Box<RoomEvent>),
    /// Something was done to keep its chat in order.
    Judged(Box<Judgement>),
    /// Viewers of the sender's process tapped.
    Reactions(Counts),
    /// People watching in the sender's process.
    Viewers(u32),
}

/// Whether letters travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusHealth {
    /// One process, no neighbours.
    Alone,
    /// Connected.
    Up,
    /// Lost; being tried again.
    Down,
}

/// One process's place on the bus. Cheap to clone; no call waits.
#[derive(Debug, Clone)]
pub struct Bus {
    process: String,
    outbox: mpsc::Sender<Letter>,
    health: tokio::sync::watch::Receiver<BusHealth>,
}

impl Bus {
    /// On a hub inside this process.
    #[must_use]
    pub fn local(hub: &LocalHub, process: String) -> (Bus, mpsc::Receiver<Letter>) {
        let (outbox, letters) = mpsc::channel(BUS_OUTBOX_MAX);
        let (deliver, inbox) = mpsc::channel(BUS_INBOX_MAX);
        let health = local::start(hub, process.clone(), letters, deliver);
        (
            Bus {
                process,
                outbox,
                health,
            },
            inbox,
        )
    }

    /// On Redis. Starts whether or not Redis answers, and keeps trying.
    ///
    /// # Errors
    /// When the URL cannot be one of Redis.
    pub fn redis(url: &str, process: String) -> anyhow::Result<(Bus, mpsc::Receiver<Letter>)> {
        let (outbox, letters) = mpsc::channel(BUS_OUTBOX_MAX);
        let (deliver, inbox) = mpsc::channel(BUS_INBOX_MAX);
        let health = redis::start(url, process.clone(), letters, deliver)?;
        Ok((
            Bus {
                process,
                outbox,
                health,
            },
            inbox,
        ))
    }

    /// Tells the other processes; dropped and counted when nothing goes out.
    pub fn tell(&self, show: &str, news: News) {
        let letter = Letter {
            process: self.process.clone(),
            show: show.to_owned(),
            news,
        };
        if self.outbox.try_send(letter).is_err() {
            metrics::counter!("vitrine_bus_dropped_total").increment(1);
        }
    }

    /// Whether letters travel now.
    #[must_use]
    pub fn health(&self) -> BusHealth {
        *self.health.borrow()
    }

    /// Waits until letters travel, or do not.
    pub async fn until(&self, wanted: BusHealth) {
        let mut health = self.health.clone();
        // The sender lives as long as the bus; without it there is nothing to wait for.
        let _ = health.wait_for(|health| *health == wanted).await;
    }
}

#[cfg(test)]
mod tests;
