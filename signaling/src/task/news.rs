//! News for the rooms from outside: the shop's notices and other processes' letters.

use std::collections::BTreeSet;

use tokio::sync::mpsc;

use super::hub::Hub;
use super::room::is_shelf_hint;
use crate::bus::{Letter, News};
use crate::room::Input;
use crate::shop::{ShopHandle, ShopNotice};

/// What the shop says goes to the rooms of the shows it names. Products that came together are
/// read from the shelf once, in running order.
pub async fn carry_notices(mut notices: mpsc::Receiver<ShopNotice>, hub: Hub, shop: ShopHandle) {
    while let Some(first) = notices.recv().await {
        let mut changed = BTreeSet::new();
        let mut next = Some(first);
        while let Some(notice) = next {
            match notice {
                ShopNotice::Product { shows, .. } => changed.extend(shows),
                ShopNotice::Stock {
                    shows,
                    product,
                    variant,
                    available,
                } => {
                    tell_all(&hub, &shows, &Input::Stock(product, variant, available)).await;
                }
                ShopNotice::ProductRemoved { shows, product } => {
                    tell_all(&hub, &shows, &Input::ProductRemoved(product)).await;
                }
                ShopNotice::Order(order) => {
                    if let Some(room) = hub.get(&order.show) {
                        room.order(order).await;
                    }
                }
            }
            next = notices.try_recv().ok();
        }
        for show in changed {
            read_shelf(&hub, &shop, &show).await;
        }
    }
}

async fn tell_all(hub: &Hub, shows: &[String], input: &Input) {
    for room in shows.iter().filter_map(|show| hub.get(show)) {
        room.tell(input.clone()).await;
    }
}

/// The room takes what differs from what it shows.
async fn read_shelf(hub: &Hub, shop: &ShopHandle, show: &str) {
    let Some(room) = hub.get(show) else { return };
    match shop.products(show).await {
        Ok(shelf) => {
            let order = shelf.iter().map(|product| product.id.clone()).collect();
            for product in shelf {
                room.tell(Input::Product(product)).await;
            }
            room.tell(Input::Order(order)).await;
        }
        Err(error) => tracing::warn!(show, %error, "shelf not read"),
    }
}

/// What other processes say goes to the room of the show. Stock is read again from the store:
/// a letter may be late, the store is not.
pub async fn carry_letters(mut letters: mpsc::Receiver<Letter>, hub: Hub, shop: ShopHandle) {
    while let Some(Letter {
        process,
        show,
        news,
    }) = letters.recv().await
    {
        let Some(room) = hub.get(&show) else { continue };
        match news {
            News::Viewers(count) => room.tell(Input::RemoteViewers(process, count)).await,
            News::Judged(judgement) => room.tell(Input::RemoteJudgement(*judgement)).await,
            News::Reactions(counts) => room.tell(Input::RemoteReactions(counts)).await,
            News::Event(event) if is_shelf_hint(&event) => read_shelf(&hub, &shop, &show).await,
            News::Event(event) => room.tell(Input::Remote(*event)).await,
        }
    }
}
