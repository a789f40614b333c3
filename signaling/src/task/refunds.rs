//! Gives back what is owed: reads it from the store, where it was written with the decision, asks
//! the provider until it is done, and has that written down. A process that ends in the midst of
//! it leaves the debt in the store; several processes asking at once make one refund, for the
//! provider knows it by its key.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::MissedTickBehavior;

use crate::clock::now_ms;
use crate::limits::shop::{REFUNDS_IN_FLIGHT_MAX, REFUNDS_READ_MAX, REFUNDS_WATCH};
use crate::shop::ShopHandle;
use crate::shop::payment::{Charge, refund_wait_ms};

/// Tries of a refund that failed so far, and when the next is due, Unix ms.
type Failed = HashMap<String, (u32, u64)>;

/// Works until it is aborted.
pub async fn run(shop: ShopHandle) {
    let mut watch = tokio::time::interval(REFUNDS_WATCH);
    watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failed = Failed::new();
    let mut forgotten_ms = 0;
    loop {
        watch.tick().await;
        give_back(&shop, &mut failed).await;
        if now_ms().abs_diff(forgotten_ms) > FORGET_EVERY_MS {
            forgotten_ms = now_ms();
            // The store's trouble is logged; an event kept longer does no harm.
            let _ = shop.forget_old_events().await;
        }
    }
}

/// How often old events are forgotten.
const FORGET_EVERY_MS: u64 = 3_600_000;

async fn give_back(shop: &ShopHandle, failed: &mut Failed) {
    let Ok(owed) = shop.owed(REFUNDS_READ_MAX).await else {
        return;
    };
    #[allow(clippy::cast_precision_loss)] // At most a thousand.
    metrics::gauge!("vitrine_shop_refunds_owed").set(owed.len() as f64);
    failed.retain(|id, _| owed.iter().any(|charge| charge.payment == *id));
    let now = now_ms();
    let is_due = |charge: &Charge| {
        let known = failed.get(&charge.payment);
        // Nor does one wait for long when the clock was put back.
        known.is_none_or(|(tries, due)| *due <= now || *due > now + refund_wait_ms(*tries))
    };
    let due: Vec<Charge> = owed.into_iter().filter(is_due).collect();
    let asked = due.into_iter().map(|charge| ask(shop, charge));
    let mut asked = stream::iter(asked).buffer_unordered(REFUNDS_IN_FLIGHT_MAX);
    while let Some((payment, is_done)) = asked.next().await {
        if is_done {
            failed.remove(&payment);
            continue;
        }
        let (tries, due) = failed.entry(payment).or_default();
        *tries = tries.saturating_add(1);
        *due = now_ms() + refund_wait_ms(*tries);
    }
}

/// One try; the payment, and whether it is settled.
async fn ask(shop: &ShopHandle, charge: Charge) -> (String, bool) {
    let payment = charge.payment.clone();
    if let Err(error) = shop.ask_refund(&charge).await {
        metrics::counter!("vitrine_shop_provider_failures_total").increment(1);
        tracing::error!(%error, payment, "a refund is owed and was not given: it is tried again");
        return (payment, false);
    }
    let noted = shop.refunded(charge).await;
    if let Err(error) = &noted {
        tracing::warn!(%error, payment, "a refund was given and not noted: it is asked for again");
    }
    (payment, noted.is_ok())
}
