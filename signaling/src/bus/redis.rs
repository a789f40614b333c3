//! The bus over Redis: one channel, JSON letters. Redis keeps nothing for us, so its loss loses
//! nothing but letters; the task reconnects for as long as the server runs.

use anyhow::Context as _;
use futures_util::StreamExt as _;
use redis::aio::{MultiplexedConnection, PubSub};
use tokio::sync::{mpsc, watch};

use super::{BusHealth, Letter};
use crate::limits::{BUS_RETRY, BUS_TIMEOUT};

const CHANNEL: &str = "vitrine:letters:1";

pub(super) fn start(
    url: &str,
    process: String,
    letters: mpsc::Receiver<Letter>,
    deliver: mpsc::Sender<Letter>,
) -> anyhow::Result<watch::Receiver<BusHealth>> {
    let client = redis::Client::open(url).context("--redis")?;
    let (health, reader) = watch::channel(BusHealth::Down);
    let task = Task {
        client,
        process,
        letters,
        deliver,
        health,
    };
    tokio::spawn(task.run());
    Ok(reader)
}

struct Task {
    client: redis::Client,
    process: String,
    letters: mpsc::Receiver<Letter>,
    deliver: mpsc::Sender<Letter>,
    health: watch::Sender<BusHealth>,
}

/// Why a connection's turn ended.
enum End {
    Lost(redis::RedisError),
    Stopped,
}

impl Task {
    async fn run(mut self) {
        let mut was_told = false;
        loop {
            match self.connect().await {
                Ok((publish, hear)) => {
                    tracing::info!("connected to Redis");
                    was_told = false;
                    self.health.send_replace(BusHealth::Up);
                    let end = self.carry(publish, hear).await;
                    self.health.send_replace(BusHealth::Down);
                    match end {
                        End::Lost(error) => tracing::warn!(%error, "Redis lost; shows go on here"),
                        End::Stopped => return,
                    }
                }
                Err(error) if !was_told => {
                    tracing::warn!(%error, "Redis does not answer; shows go on here");
                    was_told = true;
                }
                Err(_) => {}
            }
            if self.pause().await {
                return;
            }
        }
    }

    async fn connect(&self) -> redis::RedisResult<(MultiplexedConnection, PubSub)> {
        let both = async {
            let publish = self.client.get_multiplexed_async_connection().await?;
            let mut hear = self.client.get_async_pubsub().await?;
            hear.subscribe(CHANNEL).await?;
            Ok((publish, hear))
        };
        tokio::time::timeout(BUS_TIMEOUT, both)
            .await
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }

    async fn carry(&mut self, mut publish: MultiplexedConnection, hear: PubSub) -> End {
        let mut hear = hear.into_on_message();
        loop {
            tokio::select! {
                letter = self.letters.recv() => {
                    let Some(letter) = letter else { return End::Stopped };
                    let text = serde_json::to_string(&letter).expect("letters are plain data");
                    let mut command = redis::cmd("PUBLISH");
                    command.arg(CHANNEL).arg(text);
                    if let Err(error) = command.query_async::<i64>(&mut publish).await {
                        return End::Lost(error);
                    }
                }
                message = hear.next() => {
                    let Some(message) = message else {
                        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
                        return End::Lost(broken.into());
                    };
                    match serde_json::from_slice::<Letter>(message.get_payload_bytes()) {
                        Ok(letter) if letter.process == self.process => {}
                        Ok(letter) => if self.deliver.send(letter).await.is_err() {
                            return End::Stopped;
                        },
                        // Another version of us, or a stranger on the channel.
                        Err(error) => tracing::debug!(%error, "letter not understood"),
                    }
                }
            }
        }
    }

    /// Between tries letters are dropped, so that old news does not arrive as new. True: stop.
    async fn pause(&mut self) -> bool {
        let retry = tokio::time::sleep(BUS_RETRY);
        tokio::pin!(retry);
        loop {
            tokio::select! {
                () = &mut retry => return false,
                letter = self.letters.recv() => match letter {
                    Some(_) => metrics::counter!("vitrine_bus_dropped_total").increment(1),
                    None => return true,
                }
            }
        }
    }
}
