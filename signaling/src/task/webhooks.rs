//! Webhooks on the wire: the task that feeds the [`Courier`] from the store, makes the requests
//! it wants, and writes down what came of them. Sending never holds up a sale: it reads the
//! outbox after the orders' transaction, in a task of its own.

mod send;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::clock::now_ms;
use crate::limits::webhooks::{CHANGES_MAX, ORPHAN_MS, OUTBOX_SWEEP, OUTBOX_WATCH};
use crate::protocol::webhook::{Event, EventData};
use crate::shop::ShopHandle;
use crate::store::webhooks::{Noted, Trace, Webhook, WebhookStore};
use crate::webhook::courier::{Courier, Delivery, Input, Output};
use crate::webhook::guard::Guard;
use crate::webhook::schedule::Verdict;
use send::Sender;

/// What HTTP holds. Cheap to clone; the task ends when the last one is gone.
#[derive(Clone)]
pub struct Webhooks {
    /// Endpoints and events.
    pub store: WebhookStore,
    /// Where they may be.
    pub guard: Arc<Guard>,
    shop: ShopHandle,
    changes: mpsc::Sender<String>,
}

impl Webhooks {
    /// Tells the task that an endpoint was added, changed or removed.
    pub async fn changed(&self, id: &str) {
        // The task is gone only when the server stops; it reads everything when it starts again.
        let _ = self.changes.send(id.to_owned()).await;
    }

    /// An event as it is told now.
    pub async fn event(&self, noted: Noted) -> Result<Event, crate::shop::ShopError> {
        event(&self.shop, noted).await
    }
}

/// Starts the task.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn spawn(
    store: WebhookStore,
    guard: Guard,
    shop: ShopHandle,
) -> reqwest::Result<(Webhooks, JoinHandle<()>)> {
    let guard = Arc::new(guard);
    let (changes, receiver) = mpsc::channel(CHANGES_MAX);
    let task = Task {
        store: store.clone(),
        shop: shop.clone(),
        sender: Sender::new(Arc::clone(&guard))?,
        courier: Courier::default(),
        endpoints: HashMap::new(),
        air: JoinSet::new(),
        changes: receiver,
    };
    let handle = Webhooks {
        store,
        guard,
        shop,
        changes,
    };
    Ok((handle, tokio::spawn(task.run())))
}

async fn event(shop: &ShopHandle, noted: Noted) -> Result<Event, crate::shop::ShopError> {
    let order = shop.host_order(&noted.order).await?;
    let at = i128::from(noted.at_ms) * 1_000_000;
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(at);
    let at = at.ok().and_then(|at| {
        at.format(&time::format_description::well_known::Rfc3339)
            .ok()
    });
    Ok(Event {
        kind: format!("order.{}", noted.state),
        timestamp: at.unwrap_or_default(),
        data: EventData {
            show: noted.show,
            seq: noted.seq,
            order_id: noted.order,
            order,
        },
    })
}

struct Task {
    store: WebhookStore,
    shop: ShopHandle,
    sender: Sender,
    courier: Courier,
    /// Those that are enabled.
    endpoints: HashMap<String, Webhook>,
    /// Tries under way. Dropped with the task: what is in the air then is owed still.
    air: JoinSet<(Delivery, Verdict, Trace)>,
    changes: mpsc::Receiver<String>,
}

impl Task {
    async fn run(mut self) {
        self.begin().await;
        let mut watch = tokio::time::interval(OUTBOX_WATCH);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sweep = tokio::time::interval(OUTBOX_SWEEP);
        loop {
            self.carry_out(Trace::default()).await;
            let wait = self
                .courier
                .deadline_ms()
                .map_or(OUTBOX_WATCH, |deadline_ms| {
                    Duration::from_millis(deadline_ms.saturating_sub(now_ms())).min(OUTBOX_WATCH)
                });
            tokio::select! {
                changed = self.changes.recv() => match changed {
                    Some(id) => self.reload(&id).await,
                    None => break,
                },
                Some(landed) = self.air.join_next() => self.landed(landed).await,
                _ = watch.tick() => self.take().await,
                _ = sweep.tick() => self.sweep().await,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// What was owed when the last process ended is owed now.
    async fn begin(&mut self) {
        match self.store.list(None).await {
            Ok(webhooks) => {
                for webhook in webhooks {
                    self.serve(webhook, u64::MAX).await;
                }
            }
            Err(error) => tracing::error!(%error, "webhooks could not be read"),
        }
    }

    async fn serve(&mut self, webhook: Webhook, due_before_ms: u64) {
        if !webhook.is_enabled {
            return;
        }
        let id = webhook.id.clone();
        self.endpoints.insert(id.clone(), webhook);
        let owed = self
            .store
            .owed(&id, due_before_ms, self.courier.room(&id))
            .await;
        for (seq, tries, due_ms) in self.told(owed) {
            let delivery = Delivery {
                endpoint: id.clone(),
                seq,
            };
            self.courier.handle(
                now_ms(),
                Input::Owed {
                    delivery,
                    tries,
                    due_ms,
                },
            );
        }
    }

    async fn reload(&mut self, id: &str) {
        self.endpoints.remove(id);
        self.courier.handle(
            now_ms(),
            Input::Dropped {
                endpoint: id.to_owned(),
            },
        );
        match self.store.get(id).await {
            Ok(Some(webhook)) => {
                self.serve(webhook, u64::MAX).await;
                self.take().await;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a webhook could not be read"),
        }
    }

    /// Turns new events into deliveries.
    async fn take(&mut self) {
        let ids: Vec<String> = self.endpoints.keys().cloned().collect();
        for id in ids {
            let (room, now_ms) = (self.courier.room(&id), now_ms());
            if room == 0 {
                continue;
            }
            let taken = self.store.take(&id, room, now_ms).await;
            for seq in self.told(taken) {
                let delivery = Delivery {
                    endpoint: id.clone(),
                    seq,
                };
                let (tries, due_ms) = (0, now_ms);
                self.courier.handle(
                    now_ms,
                    Input::Owed {
                        delivery,
                        tries,
                        due_ms,
                    },
                );
            }
        }
    }

    /// What another process took and did not send in time is sent by this one; old events go.
    async fn sweep(&mut self) {
        let late_ms = now_ms().saturating_sub(ORPHAN_MS);
        let webhooks: Vec<Webhook> = self.endpoints.values().cloned().collect();
        for webhook in webhooks {
            self.serve(webhook, late_ms).await;
        }
        if let Err(error) = self.store.forget_old(now_ms()).await {
            tracing::warn!(%error, "old events could not be deleted");
        }
    }

    async fn landed(&mut self, landed: Result<(Delivery, Verdict, Trace), tokio::task::JoinError>) {
        let (delivery, verdict, trace) = match landed {
            Ok(landed) => landed,
            // Sending is our own code; its delivery stays owed in the store.
            Err(error) => return tracing::error!(%error, "a webhook's try did not end well"),
        };
        let result = match verdict {
            Verdict::Taken => "taken",
            Verdict::Gone => "gone",
            Verdict::Failed => "failed",
        };
        metrics::counter!("vitrine_webhook_tries_total", "result" => result).increment(1);
        let chance = rand::random::<f64>();
        self.courier.handle(
            now_ms(),
            Input::Tried {
                delivery,
                verdict,
                chance,
            },
        );
        self.carry_out(trace).await;
    }

    async fn carry_out(&mut self, trace: Trace) {
        while let Some(output) = self.courier.poll(now_ms()) {
            match output {
                Output::Send { delivery, .. } => self.send(delivery),
                Output::Keep {
                    delivery,
                    tries,
                    standing,
                } => {
                    let kept = self
                        .store
                        .keep(&delivery, tries, standing, &trace, now_ms())
                        .await;
                    self.told(kept.map(Some));
                }
                Output::Disable { endpoint } => {
                    tracing::info!(webhook = endpoint, "a webhook answered 410 and is disabled");
                    self.endpoints.remove(&endpoint);
                    let disabled = self.store.disable(&endpoint).await;
                    self.told(disabled.map(Some));
                }
            }
        }
    }

    fn send(&mut self, delivery: Delivery) {
        let Some(webhook) = self.endpoints.get(&delivery.endpoint).cloned() else {
            return;
        };
        let (store, shop, sender) = (self.store.clone(), self.shop.clone(), self.sender.clone());
        self.air.spawn(async move {
            let (verdict, trace) = match compose(&store, &shop, &webhook, delivery.seq).await {
                Ok(Some(event)) => sender.post(&webhook, &event, now_ms()).await,
                // Older than a month: nothing is left to send.
                Ok(None) => (Verdict::Taken, Trace::default()),
                Err(error) => (
                    Verdict::Failed,
                    Trace {
                        status: None,
                        error: Some(error),
                    },
                ),
            };
            (delivery, verdict, trace)
        });
    }

    /// The store's trouble is logged; what it could not write is sent again, not lost.
    fn told<T, L: IntoIterator<Item = T> + Default>(&self, result: sqlx::Result<L>) -> L {
        result.unwrap_or_else(|error| {
            tracing::error!(%error, "the webhooks' store failed");
            L::default()
        })
    }
}

async fn compose(
    store: &WebhookStore,
    shop: &ShopHandle,
    webhook: &Webhook,
    seq: u64,
) -> Result<Option<Event>, String> {
    let noted = store.events(&webhook.show, seq.saturating_sub(1), 1).await;
    let noted = noted.map_err(|error| error.to_string())?.pop();
    let Some(noted) = noted.filter(|noted| noted.seq == seq) else {
        return Ok(None);
    };
    event(shop, noted)
        .await
        .map(Some)
        .map_err(|error| error.to_string())
}
