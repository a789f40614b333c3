//! The shop as its task runs it: handle, inbox, real database, and a clock of the test's own.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;

use super::*;
use crate::protocol::server::{Money, OrderState, OrderView};
use crate::protocol::shop::{AddressBody, ConfirmBody, QuoteView, ReserveLine};
use crate::shop::catalog::Format;
use crate::shop::payment::Invoice;
use crate::shop::store::DEFAULT_MERCHANT;
use crate::shop::{ReserveRequest, Reserved, ShopError};
use crate::store::sql::SqlStore;

const SHOW: &str = "gala";

/// A shop on a real database, with a clock of the test's own.
struct Stall {
    shop: ShopHandle,
    notices: mpsc::Receiver<ShopNotice>,
    store: Arc<SqlStore>,
    clock: Arc<AtomicU64>,
    _directory: tempfile::TempDir,
}

impl Stall {
    async fn open(catalogue: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = Arc::new(open_store(directory.path()).await);
        let clock = Arc::new(AtomicU64::new(1_000_000));
        let time = Arc::clone(&clock);
        let config = ShopConfig::new(*b"a key for tests");
        let (shop, notices, _) = spawn(
            store.clone(),
            &config,
            Arc::new(move || time.load(Ordering::SeqCst)),
            Arc::new(Invoice),
        );
        let file = format!("id,title,price,currency,stock\n{catalogue}");
        shop.import(DEFAULT_MERCHANT, SHOW, Format::Csv, file.as_bytes())
            .await
            .expect("a catalogue");
        Self {
            shop,
            notices,
            store,
            clock,
            _directory: directory,
        }
    }

    async fn books(&self, product: &str) -> (u32, u32, u32) {
        let books = self
            .store
            .books(product)
            .await
            .expect("the disk works")
            .expect("a product");
        (books.total, books.held, books.sold)
    }

    async fn quote(&self, product: &str) -> QuoteView {
        self.shop
            .quote(SHOW, product, None)
            .await
            .expect("on the shelf")
    }

    /// The next notice that is about what the test asks.
    async fn notice(&mut self, wanted: impl Fn(&ShopNotice) -> bool) -> ShopNotice {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), self.notices.recv()).await;
            let notice = next
                .expect("a notice within 10 s")
                .expect("the shop is open");
            if wanted(&notice) {
                return notice;
            }
        }
    }
}

async fn open_store(directory: &Path) -> SqlStore {
    SqlStore::file(&directory.join("vitrine.db"))
        .await
        .expect("a database")
}

fn ask(quote: &QuoteView, buyer: &str, key: &str, quantity: u32) -> ReserveRequest {
    ReserveRequest {
        show: SHOW.into(),
        buyer: buyer.into(),
        key: key.into(),
        request_hash: [0; 32],
        total: times(&quote.unit_price, quantity),
        lines: vec![ReserveLine {
            quote: quote.quote.clone(),
            quantity,
        }],
        country: None,
        coupon: None,
    }
}

fn times(price: &Money, quantity: u32) -> Money {
    Money {
        minor: price.minor * i64::from(quantity),
        ..price.clone()
    }
}

fn row_in_lisbon(code: &str) -> AddressBody {
    AddressBody {
        lines: vec!["1 Row".into()],
        postal_code: Some(code.into()),
        city: "Lisboa".into(),
        region: None,
        country: "PT".into(),
    }
}

fn ada() -> ConfirmBody {
    ConfirmBody {
        name: "Ada".into(),
        contact: "ada@example.org".into(),
        address: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_buys_every_piece_and_not_one_more() {
    const PIECES: u32 = 40;
    let stall = Stall::open(&format!("lamp,Lamp,49.90,EUR,{PIECES}\n")).await;
    let quote = stall.quote("lamp").await;
    // 200 buyers, each twice with one key, as a double click does; half of the winners give up.
    let buyer = |n: u32| {
        let (shop, quote) = (stall.shop.clone(), &quote);
        async move {
            let request = ask(quote, &format!("buyer-{n}"), "first", 1);
            let (first, second) =
                tokio::join!(shop.reserve(request.clone()), shop.reserve(request));
            match (first, second) {
                (Ok(first), Ok(second)) => {
                    assert_eq!(first.order.id, second.order.id, "one key, one order");
                    assert_ne!(first.is_repeat, second.is_repeat);
                    let order = &first.order.id;
                    let end = if n.is_multiple_of(2) {
                        shop.confirm(order, ada()).await
                    } else {
                        shop.cancel(order).await
                    };
                    Some(end.expect("our own order"))
                }
                (Err(ShopError::SoldOut { .. }), Err(ShopError::SoldOut { .. })) => None,
                // Between the two clicks somebody gave up and the second one won.
                (Err(ShopError::SoldOut { .. }), Ok(won)) => Some(won.order),
                other => panic!("neither sold nor sold out: {other:?}"),
            }
        }
    };
    let orders: Vec<OrderView> = join_all((0..200).map(buyer))
        .await
        .into_iter()
        .flatten()
        .collect();
    let ids: BTreeSet<_> = orders.iter().map(|order| &order.id).collect();
    assert_eq!(ids.len(), orders.len(), "no order twice");
    let count = |state| orders.iter().filter(|o| o.state == state).count() as u32;
    let (total, held, sold) = stall.books("lamp").await;
    assert_eq!(total, PIECES);
    assert_eq!(
        (held, sold),
        (count(OrderState::Reserved), count(OrderState::Confirmed))
    );
    assert!(
        sold > 0 && held + sold <= PIECES,
        "sold {sold}, held {held}"
    );
}

#[tokio::test]
async fn what_the_viewer_saw_is_what_is_charged() {
    let stall = Stall::open("lamp,Lamp,49.90,EUR,5\n").await;
    let seen = stall.quote("lamp").await;
    let dearer = b"id,title,price,currency,stock\nlamp,Lamp,59.90,EUR,5\n";
    stall
        .shop
        .import(DEFAULT_MERCHANT, SHOW, Format::Csv, dearer)
        .await
        .expect("a catalogue");
    let refused = stall.shop.reserve(ask(&seen, "ada", "1", 1)).await;
    let Err(ShopError::Stale(fresh)) = refused else {
        panic!("stale: {refused:?}")
    };
    let fresh = &fresh.quotes[0];
    assert_eq!((fresh.unit_price.minor, fresh.available), (5990, 5));
    assert_eq!(stall.books("lamp").await, (5, 0, 0), "nothing was held");
    let Reserved { order, .. } = stall
        .shop
        .reserve(ask(fresh, "ada", "1", 2))
        .await
        .expect("the new price");
    assert_eq!(
        (order.lines[0].unit_price.minor, order.total.minor),
        (5990, 11980)
    );

    stall.clock.fetch_add(300_000, Ordering::SeqCst);
    let late = stall.shop.reserve(ask(fresh, "eve", "1", 1)).await;
    assert!(
        matches!(late, Err(ShopError::Stale(_))),
        "a quote ends: {late:?}"
    );
    let again = stall
        .shop
        .reserve(ask(fresh, "ada", "1", 2))
        .await
        .expect("a retry");
    assert!(
        again.is_repeat,
        "a retry finds its order after the quote's end"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_at_the_door() {
    let stall = Stall::open("lamp,Lamp,49.90,EUR,5\n").await;
    let quote = stall.quote("lamp").await;
    let shop = &stall.shop;
    for quantity in [0, 1_001, u32::MAX] {
        let refused = shop.reserve(ask(&quote, "ada", "1", quantity)).await;
        assert_eq!(refused, Err(ShopError::Quantity { max: 1_000 }));
    }
    let forged = QuoteView {
        quote: quote.quote.replace('.', "x."),
        ..quote.clone()
    };
    let refused = shop.reserve(ask(&forged, "ada", "1", 1)).await;
    assert_eq!(refused, Err(ShopError::ForgedQuote));
    let elsewhere = ReserveRequest {
        show: "other".into(),
        ..ask(&quote, "ada", "1", 1)
    };
    assert_eq!(shop.reserve(elsewhere).await, Err(ShopError::ForgedQuote));
    let unknown = shop.quote(SHOW, "mug", None).await;
    assert_eq!(unknown, Err(ShopError::UnknownVariant("mug".into())));
    assert_eq!(shop.get("AAAA").await, Err(ShopError::UnknownOrder));
    assert_eq!(shop.cancel("AAAA").await, Err(ShopError::UnknownOrder));
    for (contact, field) in [
        (
            ConfirmBody {
                name: " ".into(),
                ..ada()
            },
            "name",
        ),
        (
            ConfirmBody {
                contact: "nowhere".into(),
                ..ada()
            },
            "contact",
        ),
        (
            ConfirmBody {
                address: Some(row_in_lisbon("1100")),
                ..ada()
            },
            "address.postal_code",
        ),
    ] {
        let refused = shop.confirm("AAAA", contact).await;
        let Err(ShopError::Contact { field: found, .. }) = refused else {
            panic!("the {field} is wrong: {refused:?}");
        };
        assert_eq!(found, field);
    }
    assert_eq!(stall.books("lamp").await, (5, 0, 0));
}

#[tokio::test]
async fn a_hold_that_runs_out_gives_the_stock_back_and_says_so() {
    let mut stall = Stall::open("lamp,Lamp,49.90,EUR,2\n").await;
    let quote = stall.quote("lamp").await;
    let held = stall
        .shop
        .reserve(ask(&quote, "ada", "1", 2))
        .await
        .expect("two pieces");
    let is_stock = |n: &ShopNotice| matches!(n, ShopNotice::Stock { .. });
    let stock = |available| ShopNotice::Stock {
        shows: vec![SHOW.into()],
        product: "lamp".into(),
        variant: "lamp".into(),
        available,
    };
    assert_eq!(stall.notice(is_stock).await, stock(0));
    let end = held.order.expires_ms.expect("a hold has an end");
    assert_eq!(end, stall.clock.load(Ordering::SeqCst) + 600_000);
    stall.clock.store(end, Ordering::SeqCst);
    assert_eq!(stall.notice(is_stock).await, stock(2));
    let told = stall.notice(|n| matches!(n, ShopNotice::Order(_))).await;
    let ShopNotice::Order(order) = told else {
        unreachable!("it was asked for")
    };
    assert_eq!(
        (order.id, order.state),
        (held.order.id.clone(), OrderState::Expired)
    );
    assert_eq!(stall.books("lamp").await, (2, 0, 0));
    let late = stall.shop.confirm(&held.order.id, ada()).await;
    assert_eq!(late, Err(ShopError::HoldExpired));
}

#[tokio::test]
async fn the_host_sees_whom_to_send_to_and_the_feed_does_not() {
    let mut stall = Stall::open("lamp,Lamp,49.90,EUR,2\n").await;
    let quote = stall.quote("lamp").await;
    let order = stall
        .shop
        .reserve(ask(&quote, "ada", "1", 1))
        .await
        .expect("a piece")
        .order;
    let body = ConfirmBody {
        address: Some(row_in_lisbon("1100-148")),
        ..ada()
    };
    let order = stall.shop.confirm(&order.id, body).await.expect("in time");
    assert_eq!(
        (order.state, order.buyer.as_deref()),
        (OrderState::Confirmed, Some("Ada"))
    );
    let listed = stall.shop.list(SHOW).await.expect("the disk works");
    let address = listed[0].address.as_deref();
    assert_eq!(
        (listed.len(), address),
        (1, Some("1 Row, 1100-148 Lisboa, PT"))
    );
    let is_confirmed =
        |n: &ShopNotice| matches!(n, ShopNotice::Order(o) if o.state == OrderState::Confirmed);
    let ShopNotice::Order(told) = stall.notice(is_confirmed).await else {
        unreachable!()
    };
    assert_eq!(told.buyer, None);
}

#[tokio::test]
async fn the_task_ends_with_its_last_handle() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = Arc::new(open_store(directory.path()).await);
    let config = ShopConfig::new(*b"key");
    let (shop, _notices, task) = spawn(store, &config, Arc::new(|| 1_000_000), Arc::new(Invoice));
    drop(shop);
    tokio::time::timeout(Duration::from_secs(10), task)
        .await
        .expect("it ends")
        .expect("calmly");
}
