//! Who takes the buyers' money and tells the servers of it, as payment providers do: late, often
//! twice, in any order, and again until somebody takes it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tests::stripe_shaped::{Event, StripeShaped};

use super::buyer::World;
use super::history::Charge;

/// The latest an event is told for the first time.
const LATE_MS_MAX: u64 = 1_500;
/// Pause between two tries.
const AGAIN: Duration = Duration::from_millis(100);

/// The provider and what it still has to tell.
pub(crate) struct Cashier {
    pub provider: StripeShaped,
    untold: Mutex<Vec<Event>>,
    is_closed: AtomicBool,
}

impl Cashier {
    pub(crate) async fn open() -> anyhow::Result<Cashier> {
        Ok(Cashier {
            provider: StripeShaped::start().await?,
            untold: Mutex::default(),
            is_closed: AtomicBool::new(false),
        })
    }

    /// Nobody pays any more.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Takes the money on a page.
    pub(crate) fn take(&self, page: &str) {
        let event = self.provider.pay(page).expect("a page that a server gave");
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        if rand::random_bool(0.2) {
            untold.push(event.clone());
        }
        untold.push(event);
    }

    /// An event that is to be told, any.
    fn next(&self) -> Option<Event> {
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        let any = rand::random_range(0..untold.len().max(1));
        (!untold.is_empty()).then(|| untold.swap_remove(any))
    }

    /// All the money, as the provider's books say.
    pub(crate) fn charges(&self) -> impl Iterator<Item = (String, Charge)> {
        self.provider.taken().into_iter().map(|(payment, taken)| {
            let (order, refunds) = (taken.order, taken.refunds);
            (payment, Charge { order, refunds })
        })
    }
}

/// Tells events until nobody pays any more and all are told.
pub(crate) async fn tell(world: Arc<World>) {
    let mut telling = tokio::task::JoinSet::new();
    loop {
        let is_last = world.cashier.is_closed.load(Ordering::Acquire);
        while let Some(event) = world.cashier.next() {
            let world = Arc::clone(&world);
            telling.spawn(async move {
                let late = rand::random_range(0..LATE_MS_MAX);
                tokio::time::sleep(Duration::from_millis(late)).await;
                loop {
                    let any = rand::random_range(0..world.urls.len());
                    let told = world.cashier.provider.tell(&world.urls[any], &event).await;
                    if told.is_ok_and(|(status, _)| status == 204) {
                        return;
                    }
                    tokio::time::sleep(AGAIN).await;
                }
            });
        }
        if is_last {
            break;
        }
        tokio::time::sleep(AGAIN).await;
    }
    while telling.join_next().await.is_some() {}
}
