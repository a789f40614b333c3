//! The bus of one process: members of one hub hear each other. A server alone has no neighbours
//! and hears nothing; tests put several on one hub.

use tokio::sync::{broadcast, mpsc, watch};

use super::{BusHealth, Letter};
use crate::limits::BUS_OUTBOX_MAX;

/// What members of one process share.
#[derive(Debug, Clone)]
pub struct LocalHub(broadcast::Sender<Letter>);

impl Default for LocalHub {
    fn default() -> Self {
        LocalHub(broadcast::channel(BUS_OUTBOX_MAX).0)
    }
}

pub(super) fn start(
    hub: &LocalHub,
    process: String,
    mut letters: mpsc::Receiver<Letter>,
    deliver: mpsc::Sender<Letter>,
) -> watch::Receiver<BusHealth> {
    let (health, reader) = watch::channel(BusHealth::Alone);
    let (send, mut hear) = (hub.0.clone(), hub.0.subscribe());
    tokio::spawn(async move {
        // Holding the sender keeps `until` waiting instead of returning early.
        let _health = health;
        loop {
            tokio::select! {
                letter = letters.recv() => match letter {
                    // An error says that nobody else listens.
                    Some(letter) => drop(send.send(letter)),
                    None => break,
                },
                heard = hear.recv() => match heard {
                    Ok(letter) if letter.process == process => {}
                    Ok(letter) => if deliver.send(letter).await.is_err() { break },
                    Err(broadcast::error::RecvError::Lagged(count)) => {
                        metrics::counter!("vitrine_bus_dropped_total").increment(count);
                    }
                    Err(broadcast::error::RecvError::Closed) => break,
                },
            }
        }
    });
    reader
}
