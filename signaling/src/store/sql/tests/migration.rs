//! A database of an earlier release keeps its catalogue, stock and orders.

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;
use crate::store::database::Kind;
use crate::store::migrations::migrations;

/// The shop's tables of the first release, with a lamp of which one piece is held.
const FIRST: [&str; 6] = [
    include_str!("../../../../migrations/0001_shop.sql"),
    "INSERT INTO products VALUES
     ('lamp', 'Lamp', 'Warm.', '[\"/l.webp\"]', '{\"pt\":\"Candeeiro\"}', 4990, 6990, 'EUR', 3)",
    "INSERT INTO stock VALUES ('lamp', 5, 1, 1)",
    "INSERT INTO shelf VALUES ('gala', 'lamp', 1)",
    "INSERT INTO orders VALUES ('held', 'gala', 'lamp', 'Lamp', 1, 4990, 'EUR', 'reserved', 900,
     1, 1, 'ada', 'key-held', zeroblob(32), NULL, NULL, NULL)",
    "INSERT INTO orders VALUES ('sold', 'gala', 'lamp', 'Lamp', 1, 4990, 'EUR', 'confirmed', 900,
     2, 2, 'eve', 'key-sold', zeroblob(32), 'Eve', 'eve@example.org', NULL)",
];

async fn make_first_release(place: &Place) {
    let options = SqliteConnectOptions::new()
        .filename(place.file())
        .create_if_missing(true)
        .foreign_keys(true);
    let mut old = options.connect().await.expect("a database");
    for sql in FIRST {
        sqlx::raw_sql(sql)
            .execute(&mut old)
            .await
            .expect("the first release's SQL");
    }
    // What the migrator would have written down, so that it does not run the first one again.
    let migrator = migrations(Kind::Sqlite);
    let first = migrator.iter().find(|migration| migration.version == 1);
    let checksum = first.expect("the first migration").checksum.to_vec();
    sqlx::raw_sql(
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
         checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
    )
    .execute(&mut old)
    .await
    .expect("the migrator's table");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (1, 'shop', true, ?, 0)",
    )
    .bind(checksum)
    .execute(&mut old)
    .await
    .expect("the migrator's row");
    old.close().await.expect("closed");
}

#[tokio::test]
async fn a_database_of_the_first_release_is_taken_over() {
    let place = Place::new();
    make_first_release(&place).await;
    let store = SqlStore::file(&place.file()).await.expect("migrated");
    assert_eq!(books(&store, "lamp").await, (5, 1, 1));
    let shelf = store.shelf(SHOW).await.expect("the disk works");
    let [lamp] = shelf.as_slice() else {
        panic!("one product: {shelf:?}")
    };
    assert_eq!((lamp.price.minor, lamp.available), (4990, 3));
    assert_eq!(lamp.compare_at.as_ref().map(|m| m.minor), Some(6990));
    assert_eq!(
        (&*lamp.merchant, &*lamp.translations["pt"]),
        ("default", "Candeeiro")
    );
    assert_eq!(quote(&store, "lamp").await.terms.version, 3);
    let orders = store.orders(SHOW).await.expect("the disk works");
    let told: Vec<_> = orders
        .iter()
        .map(|o| {
            (
                &*o.order.id,
                &*o.order.lines[0].variant,
                o.order.total.minor,
            )
        })
        .collect();
    assert_eq!(told, [("sold", "lamp", 4990), ("held", "lamp", 4990)]);
    let applied = apply_all(&store, 900, &[]).await;
    assert_eq!(applied.changes.expired[0].id, "held");
    assert_eq!(books(&store, "lamp").await, (5, 0, 1));
}
