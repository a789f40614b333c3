//! The shop's task: drain the inbox, one transaction for all of it (group commit), answer all.
//! While the disk works, the next batch gathers; so load makes batches larger, not queues longer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior};

use crate::limits::shop::{BATCH_REQUESTS_MAX, INBOX_REQUESTS_MAX, NOTICES_MAX, STORE_WATCH_MS};
use crate::shop::payment::PaymentProvider;
use crate::shop::quote::Signer;
use crate::shop::store::OrderStore;
use crate::shop::{Answer, Clock, Door, Output, Shop, ShopHandle, ShopNotice};

/// How the shop behaves.
#[derive(Clone)]
pub struct ShopConfig {
    /// The key that signs quotes; used for nothing else.
    pub quote_key: Vec<u8>,
    /// How long an unpaid order holds stock.
    pub hold: Duration,
    /// How long a quoted price stands.
    pub quote: Duration,
    /// Most requests in one transaction; fewer only to measure what batching brings.
    pub batch_requests_max: usize,
}

impl ShopConfig {
    /// Ten minutes to pay, five minutes to decide.
    pub fn new(quote_key: impl Into<Vec<u8>>) -> Self {
        Self {
            quote_key: quote_key.into(),
            hold: Duration::from_secs(600),
            quote: Duration::from_secs(300),
            batch_requests_max: BATCH_REQUESTS_MAX,
        }
    }
}

/// Starts the shop: its handle, what the rooms should be told, and the task, which ends when
/// the last handle is dropped and everything asked has been answered.
pub fn spawn(
    store: Arc<dyn OrderStore>,
    config: &ShopConfig,
    clock: Clock,
    provider: Arc<dyn PaymentProvider>,
) -> (ShopHandle, mpsc::Receiver<ShopNotice>, JoinHandle<()>) {
    let signer = Arc::new(Signer::new(&config.quote_key, millis(config.quote)));
    let (inbox, requests) = mpsc::channel(INBOX_REQUESTS_MAX);
    let (notices, receiver) = mpsc::channel(NOTICES_MAX);
    let handle = ShopHandle::new(
        inbox,
        Arc::clone(&store),
        Arc::clone(&signer),
        clock.clone(),
        provider,
    );
    let shop = Shop::new(signer, millis(config.hold), config.batch_requests_max);
    let task = Task {
        shop,
        store,
        clock,
        requests,
        notices,
    };
    (handle, receiver, tokio::spawn(task.run()))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4)
}

struct Task {
    shop: Shop<oneshot::Sender<Answer>>,
    store: Arc<dyn OrderStore>,
    clock: Clock,
    requests: mpsc::Receiver<Door>,
    notices: mpsc::Sender<ShopNotice>,
}

/// What ended a wait.
#[expect(
    clippy::large_enum_variant,
    reason = "lives on the stack from wake to match, one at a time"
)]
enum Wake {
    Asked(Door),
    Closed,
    Told,
    RoomsGone,
    Deadline,
    Watch,
}

impl Task {
    async fn run(mut self) {
        let mut watch = tokio::time::interval(Duration::from_millis(STORE_WATCH_MS));
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_listened = true;
        loop {
            self.settle().await;
            match self.wake(&mut watch, is_listened).await {
                Wake::Asked(first) => self.take(first),
                Wake::Closed => break,
                Wake::RoomsGone => is_listened = false,
                Wake::Watch => self.look().await,
                Wake::Told | Wake::Deadline => {}
            }
        }
    }

    /// Waits for the next thing to happen. A notice goes out when the rooms have space for it;
    /// until then it waits in the machine's outbox and the shop goes on selling.
    async fn wake(&mut self, watch: &mut Interval, is_listened: bool) -> Wake {
        let now = (self.clock)();
        let wait = self.until_deadline(now);
        tokio::select! {
            request = self.requests.recv() => request.map_or(Wake::Closed, Wake::Asked),
            permit = self.notices.reserve(), if is_listened && self.shop.has_notice(now) => {
                match (permit, self.shop.next_notice(now)) {
                    (Ok(permit), Some(notice)) => {
                        permit.send(notice);
                        Wake::Told
                    }
                    _ => Wake::RoomsGone,
                }
            }
            () = tokio::time::sleep(wait) => Wake::Deadline,
            _ = watch.tick() => Wake::Watch,
        }
    }

    /// Takes what waits, one batch of it: the rest stays in the inbox, whose bound then holds.
    fn take(&mut self, first: Door) {
        let now = (self.clock)();
        let waiting = std::iter::from_fn(|| self.requests.try_recv().ok());
        for (ticket, request) in std::iter::once(first)
            .chain(waiting)
            .take(BATCH_REQUESTS_MAX)
        {
            self.shop.ask(now, ticket, request);
        }
    }

    /// Carries out what the machine decided, until it wants nothing more.
    async fn settle(&mut self) {
        self.shop.tick((self.clock)());
        while let Some(output) = self.shop.poll() {
            match output {
                // Nobody waits any more when the receiver is gone; the order stands, and a
                // retry with the same key finds it.
                Output::Answer(ticket, answer) => drop(ticket.send(answer)),
                Output::Commit(commands) => self.commit(commands).await,
            }
        }
    }

    async fn commit(&mut self, commands: Vec<crate::shop::store::Command>) {
        match self.store.apply((self.clock)(), &commands).await {
            Ok(applied) => {
                metrics::counter!("vitrine_shop_commits_total").increment(1);
                metrics::histogram!("vitrine_shop_batch_requests").record(commands.len() as f64);
                self.shop.committed((self.clock)(), applied);
            }
            Err(error) => {
                let requests = commands.len();
                tracing::error!(%error, cause = %error.cause, requests, "batch was not committed");
                self.shop.failed((self.clock)());
            }
        }
    }

    /// Another process may sell from the same store.
    async fn look(&mut self) {
        match self.store.watch().await {
            Ok(Some(observed)) => self.shop.observed(observed),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "store could not be watched")
            }
        }
    }

    /// The wall clock may jump: it is looked at again at every watch tick, whatever this says.
    fn until_deadline(&self, now_ms: u64) -> Duration {
        let Some(deadline) = self.shop.deadline_ms(now_ms) else {
            return Duration::from_millis(STORE_WATCH_MS);
        };
        Duration::from_millis(deadline.saturating_sub(now_ms).min(STORE_WATCH_MS))
    }
}

#[cfg(test)]
mod tests;
