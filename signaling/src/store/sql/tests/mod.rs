//! The contracts of [`OrderStore`] and of the stores beside it, run on real SQLite files and on
//! PostgreSQL.

mod analytics;
mod catalogue;
mod coupons;
mod deals;
mod laws;
mod migration;
mod moderation;
mod payments;

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;

use super::*;
use crate::config;
use crate::protocol::server::OrderState;
use crate::redacted::Redacted;
use crate::shop::catalog::{Format, read};
use crate::shop::order::Contact;
use crate::shop::quote::Quote;
use crate::shop::store::{DEFAULT_MERCHANT, Refusal, Reserve};

pub(super) const SHOW: &str = "gala";
pub(super) const HOLD_MS: u64 = 1_000;

/// A database of its own: a file, or with `VITRINE_TEST_POSTGRES` one in that cluster
/// (`with-postgres`).
pub(super) struct Place {
    directory: tempfile::TempDir,
    database: OnceCell<config::Database>,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
            database: OnceCell::new(),
        }
    }

    /// The file, also when the other tests use PostgreSQL.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.path().join("vitrine.db")
    }

    pub(super) async fn database(&self) -> Database {
        let database = Database::open(self.database.get_or_init(|| self.make()).await).await;
        database.expect("a database")
    }

    pub(super) async fn open(&self) -> SqlStore {
        let store = SqlStore::of(&self.database().await).await;
        store.expect("the books in it")
    }

    async fn make(&self) -> config::Database {
        let Ok(cluster) = std::env::var("VITRINE_TEST_POSTGRES") else {
            return config::Database::File(self.file());
        };
        let name = format!("vitrine_{:x}", rand::random::<u64>());
        let mut admin = PgConnection::connect(&cluster).await.expect("the cluster");
        let create = sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")));
        create.execute(&mut admin).await.expect("a database");
        let (server, _) = cluster.rsplit_once('/').expect("a URL with a name");
        config::Database::Postgres(Redacted::new(format!("{server}/{name}")))
    }
}

pub(super) fn import(rows: &str) -> Command {
    let file = format!("id,title,price,currency,stock\n{rows}");
    let products = read(Format::Csv, file.as_bytes()).expect("a catalogue");
    Command::Import {
        merchant: DEFAULT_MERCHANT.into(),
        show: Some(SHOW.into()),
        products,
    }
}

pub(super) async fn apply_all(store: &SqlStore, now: u64, commands: &[Command]) -> Applied {
    store.apply(now, commands).await.expect("the disk works")
}

pub(super) async fn apply(store: &SqlStore, now: u64, command: Command) -> Outcome {
    apply_all(store, now, &[command]).await.outcomes.remove(0)
}

pub(super) async fn offer(store: &SqlStore, variant: &str) -> Option<Offer> {
    let wanted = [variant.to_owned()];
    let offers = store.offers(SHOW, &wanted, None).await;
    offers.expect("the disk works").pop()
}

pub(super) async fn quote(store: &SqlStore, variant: &str) -> Quote {
    let offer = offer(store, variant).await.expect("on the shelf");
    Quote {
        show: offer.show,
        variant: offer.variant,
        terms: offer.terms,
        expires_ms: u64::MAX,
    }
}

pub(super) fn reserve(now: u64, id: &str, quote: &Quote, quantity: u32) -> Command {
    order(now, id, &[(quote, quantity)])
}

/// A reservation of several lines by who saw their right sum.
pub(super) fn order(now: u64, id: &str, lines: &[(&Quote, u32)]) -> Command {
    let sum = |(quote, quantity): &(&Quote, u32)| {
        quote.terms.unit_price(*quantity).minor() * i64::from(*quantity)
    };
    Command::Reserve(Reserve {
        id: OrderId::from_text(id),
        show: SHOW.into(),
        buyer: "ada".into(),
        key: format!("key-{id}"),
        request_hash: [7; 32],
        lines: lines
            .iter()
            .map(|(quote, n)| ((*quote).clone(), *n))
            .collect(),
        country: None,
        coupon: None,
        total_minor: lines.iter().map(sum).sum(),
        expires_ms: now + HOLD_MS,
    })
}

pub(super) fn confirm(id: &str) -> Command {
    let contact = Contact {
        name: Redacted::new("Ada".into()),
        contact: Redacted::new("ada@example.org".into()),
        address: None,
    };
    Command::Confirm {
        order: OrderId::from_text(id),
        contact,
        country: None,
        is_hosted: false,
    }
}

pub(super) fn cancel(id: &str) -> Command {
    Command::Cancel {
        order: OrderId::from_text(id),
    }
}

pub(super) async fn books(store: &SqlStore, product: &str) -> (u32, u32, u32) {
    let books = store
        .books(product)
        .await
        .expect("the disk works")
        .expect("a product");
    (books.total, books.held, books.sold)
}

fn state(outcome: &Outcome) -> (OrderState, bool) {
    match outcome {
        Outcome::Reserved { order, is_repeat } | Outcome::Order { order, is_repeat } => {
            (order.state, *is_repeat)
        }
        other => panic!("an order, not {other:?}"),
    }
}

#[tokio::test]
async fn pieces_move_from_free_to_held_to_sold_or_back() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,5\n")).await;
    let quote = quote(&store, "lamp").await;
    for (id, pieces) in [("a", 2), ("b", 1), ("c", 1)] {
        let made = apply(&store, 0, reserve(0, id, &quote, pieces)).await;
        assert_eq!(state(&made), (OrderState::Reserved, false));
    }
    assert_eq!(books(&store, "lamp").await, (5, 4, 0));
    assert_eq!(
        state(&apply(&store, 999, confirm("a")).await),
        (OrderState::Confirmed, false)
    );
    assert_eq!(
        state(&apply(&store, 999, cancel("b")).await),
        (OrderState::Cancelled, false)
    );
    assert_eq!(books(&store, "lamp").await, (5, 1, 2));

    let applied = apply_all(&store, 1_000, &[confirm("c")]).await;
    let expired: Vec<_> = applied
        .changes
        .expired
        .iter()
        .map(|o| o.id.as_str())
        .collect();
    assert_eq!(expired, ["c"]);
    assert_eq!(
        applied.outcomes,
        [Outcome::Refused(Refusal::State(OrderState::Expired))]
    );
    assert_eq!(applied.next_expiry_ms, None);
    assert_eq!(books(&store, "lamp").await, (5, 0, 2));
}

#[tokio::test]
async fn repeated_requests_change_nothing() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,5\n")).await;
    let quote = quote(&store, "lamp").await;
    // Twice in one batch, again later, after the price changed and the stock is gone.
    let ask = reserve(0, "a", &quote, 5);
    let applied = apply_all(&store, 0, &[ask.clone(), ask.clone()]).await;
    let states: Vec<_> = applied.outcomes.iter().map(state).collect();
    assert_eq!(
        states,
        [(OrderState::Reserved, false), (OrderState::Reserved, true)]
    );
    apply(&store, 0, import("lamp,Lamp,59.90,EUR,5\n")).await;
    assert_eq!(
        state(&apply(&store, 1, ask.clone()).await),
        (OrderState::Reserved, true)
    );
    assert_eq!(
        state(&apply(&store, 1, confirm("a")).await),
        (OrderState::Confirmed, false)
    );
    assert_eq!(
        state(&apply(&store, 9_999, confirm("a")).await),
        (OrderState::Confirmed, true)
    );
    assert_eq!(
        state(&apply(&store, 9_999, ask.clone()).await),
        (OrderState::Confirmed, true)
    );
    assert_eq!(books(&store, "lamp").await, (5, 0, 5));

    let Command::Reserve(other) = ask else {
        unreachable!("it is a reservation")
    };
    let other = Command::Reserve(Reserve {
        request_hash: [8; 32],
        ..other
    });
    assert_eq!(
        apply(&store, 1, other).await,
        Outcome::Refused(Refusal::KeyMismatch)
    );
    let mut other = confirm("a");
    if let Command::Confirm { contact, .. } = &mut other {
        contact.name = Redacted::new("Eve".into());
    }
    let other = apply(&store, 1, other).await;
    assert_eq!(other, Outcome::Refused(Refusal::ContactMismatch));
    let refused = apply(&store, 1, cancel("a")).await;
    assert_eq!(
        refused,
        Outcome::Refused(Refusal::State(OrderState::Confirmed))
    );
}

#[tokio::test]
async fn one_refusal_does_not_touch_the_others_of_its_batch() {
    let place = Place::new();
    let store = place.open().await;
    apply(
        &store,
        0,
        import("lamp,Lamp,49.90,EUR,3\nmug,Mug,8,EUR,1\n"),
    )
    .await;
    let (lamp, mug) = (quote(&store, "lamp").await, quote(&store, "mug").await);
    apply(&store, 0, import("mug,Mug,9,EUR,1\n")).await;
    let batch = [
        reserve(0, "a", &lamp, 2),
        reserve(0, "b", &lamp, 2),
        reserve(0, "c", &mug, 1),
        confirm("nobody"),
        reserve(0, "d", &lamp, 1),
    ];
    let applied = apply_all(&store, 0, &batch).await;
    let told = applied.outcomes.iter().map(|o| match o {
        Outcome::Refused(Refusal::SoldOut { available, .. }) => format!("only {available}"),
        Outcome::Refused(Refusal::Stale(now)) => format!("now {}", now.total),
        Outcome::Refused(refusal) => format!("{refusal:?}"),
        _ => "done".into(),
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        ["done", "only 1", "now 9.00 EUR", "UnknownOrder", "done"]
    );
    let levels: Vec<_> = applied
        .changes
        .levels
        .iter()
        .map(|l| (&*l.variant, l.available))
        .collect();
    assert_eq!(
        levels,
        [("lamp", 0)],
        "one level per variant, mug did not move"
    );
}

#[tokio::test]
async fn an_import_is_whole_or_nothing() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,3\n")).await;
    let before = quote(&store, "lamp").await;
    apply(&store, 0, reserve(0, "a", &before, 2)).await;
    apply(&store, 0, confirm("a")).await;

    let refused = apply(&store, 0, import("mug,Mug,8,EUR,1\nlamp,Lamp,1,EUR,1\n")).await;
    let Outcome::Refused(Refusal::Rows(rows)) = refused else {
        panic!("mistakes: {refused:?}")
    };
    assert_eq!(
        (rows.len(), rows[0].row, rows[0].field.as_str()),
        (1, 3, "stock")
    );
    assert!(offer(&store, "mug").await.is_none());
    assert_eq!(quote(&store, "lamp").await, before);

    // The same file again changes neither price version nor stock; a new price does.
    apply(&store, 0, import("lamp,A lamp,49.90,EUR,3\n")).await;
    assert_eq!(quote(&store, "lamp").await, before);
    assert_eq!(books(&store, "lamp").await, (3, 0, 2));
    apply(&store, 0, import("lamp,A lamp,49.90,USD,4\n")).await;
    let after = quote(&store, "lamp").await.terms;
    assert_eq!(
        (after.version, after.price.currency()),
        (before.terms.version + 1, "USD")
    );
    let shelf = store.shelf(SHOW).await.expect("the disk works");
    let shelf: Vec<_> = shelf
        .iter()
        .map(|p| (&*p.id, &*p.title, p.available))
        .collect();
    assert_eq!(shelf, [("lamp", "A lamp", 2)]);
}

#[tokio::test]
async fn a_shelf_is_set_in_running_order() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("a,A,1,EUR,1\nb,B,1,EUR,1\nc,C,1,EUR,1\n")).await;
    let shelve = |products: &[&str]| Command::Shelve {
        merchant: DEFAULT_MERCHANT.into(),
        show: SHOW.into(),
        products: products.iter().map(ToString::to_string).collect(),
    };
    let applied = apply_all(&store, 0, &[shelve(&["c", "a"])]).await;
    assert_eq!(applied.changes.removed, [(SHOW.to_owned(), "b".to_owned())]);
    let shelf = store.shelf(SHOW).await.expect("the disk works");
    assert_eq!(shelf.iter().map(|p| &*p.id).collect::<Vec<_>>(), ["c", "a"]);
    let unknown = apply(&store, 0, shelve(&["a", "z"])).await;
    assert_eq!(
        unknown,
        Outcome::Refused(Refusal::UnknownProduct("z".into()))
    );
    assert_eq!(store.shelf(SHOW).await.expect("the disk works").len(), 2);
}

#[tokio::test]
async fn holds_that_ran_out_while_the_server_was_away_are_released() {
    let place = Place::new();
    let store = place.open().await;
    apply(&store, 0, import("lamp,Lamp,49.90,EUR,3\n")).await;
    let quote = quote(&store, "lamp").await;
    apply(&store, 0, reserve(0, "a", &quote, 1)).await;
    let applied = apply_all(&store, 500, &[reserve(500, "b", &quote, 1)]).await;
    assert_eq!(applied.next_expiry_ms, Some(1_000));
    drop(store);
    let store = place.open().await;
    assert_eq!(books(&store, "lamp").await, (3, 2, 0));
    let applied = apply_all(&store, 1_200, &[]).await;
    assert_eq!(applied.changes.expired.len(), 1);
    assert_eq!(applied.next_expiry_ms, Some(1_500));
    assert_eq!(books(&store, "lamp").await, (3, 1, 0));
}

#[tokio::test]
async fn what_another_process_sells_is_seen() {
    let place = Place::new();
    let (ours, theirs) = (place.open().await, place.open().await);
    apply(&ours, 0, import("lamp,Lamp,49.90,EUR,3\n")).await;
    assert_eq!(
        ours.watch().await.expect("the disk works"),
        None,
        "our own writes are known"
    );
    let quote = quote(&theirs, "lamp").await;
    apply(&theirs, 0, reserve(0, "a", &quote, 2)).await;
    let seen = ours
        .watch()
        .await
        .expect("the disk works")
        .expect("somebody wrote");
    assert_eq!(
        (seen.changes.levels[0].available, seen.next_expiry_ms),
        (1, Some(HOLD_MS))
    );
    let refused = apply(&ours, 0, reserve(0, "b", &quote, 2)).await;
    assert!(matches!(
        refused,
        Outcome::Refused(Refusal::SoldOut { available: 1, .. })
    ));
}
