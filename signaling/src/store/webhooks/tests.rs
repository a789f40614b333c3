//! The laws of the webhook tables, on a real database file.

use super::*;

async fn open(data: &tempfile::TempDir) -> WebhookStore {
    let opened = Database::file(&data.path().join("vitrine.db")).await;
    WebhookStore::of(&opened.expect("opened"))
}

async fn note(store: &WebhookStore, show: &str, seqs: std::ops::RangeInclusive<u64>, at_ms: u64) {
    for seq in seqs {
        let query = sqlx::query(
            "INSERT INTO outbox (show, seq, state, order_id, at_ms) VALUES ($1, $2, 'reserved', 'o', $3)",
        );
        let query = query.bind(show).bind(sql(seq)).bind(sql(at_ms));
        query.execute(&store.0).await.expect("noted");
    }
}

fn hook(id: &str) -> Webhook {
    Webhook {
        id: id.into(),
        show: "gala".into(),
        url: "https://example.org/".into(),
        secret: Secret::fresh(),
        old_secret: None,
        is_enabled: true,
        taken: 0,
        created_ms: 1,
    }
}

async fn owed(store: &WebhookStore) -> Vec<u64> {
    let owed = store.owed("a", u64::MAX, 100).await.expect("read");
    owed.into_iter().map(|(seq, ..)| seq).collect()
}

#[tokio::test]
async fn events_become_deliveries_once_whichever_process_asks() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let (one, two) = (open(&data).await, open(&data).await);
    note(&one, "gala", 1..=2, 1).await;
    note(&one, "other", 1..=9, 1).await;
    assert!(one.add(&hook("a")).await.expect("added"));
    note(&one, "gala", 3..=5, 1).await;
    assert_eq!(
        one.take("a", 2, 7).await.expect("taken"),
        [3, 4],
        "from its making on"
    );
    assert_eq!(two.take("a", 9, 8).await.expect("taken"), [5]);
    assert!(one.take("a", 9, 9).await.expect("taken").is_empty());
    assert_eq!(owed(&one).await, [3, 4, 5]);

    let delivery = |seq| Delivery {
        endpoint: "a".into(),
        seq,
    };
    let trace = Trace {
        status: Some(200),
        error: None,
    };
    one.keep(&delivery(3), 1, Standing::Delivered, &trace, 10)
        .await
        .expect("kept");
    one.keep(&delivery(4), 1, Standing::Owed(99), &Trace::default(), 10)
        .await
        .expect("kept");
    let late = one.owed("a", 50, 9).await.expect("read");
    assert_eq!(late, [(5, 0, 8)], "what is due later is left");
    let told = one.deliveries("a").await.expect("read");
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.seq, one.state, one.status, one.due_ms))
        .collect();
    let (owed_, delivered) = (DeliveryState::Owed, DeliveryState::Delivered);
    let wanted = [
        (5, owed_, None, Some(8)),
        (4, owed_, None, Some(99)),
        (3, delivered, Some(200), None),
    ];
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn a_replay_begins_again_and_enables() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let store = open(&data).await;
    assert!(store.add(&hook("a")).await.expect("added"));
    note(&store, "gala", 1..=3, 1).await;
    store.take("a", 9, 1).await.expect("taken");
    store.disable("a").await.expect("disabled");
    note(&store, "gala", 4..=4, 1).await;
    assert!(
        store.take("a", 9, 1).await.expect("taken").is_empty(),
        "nothing while disabled"
    );
    assert!(owed(&store).await.is_empty());
    store.replay("a", 2).await.expect("replayed");
    assert_eq!(store.take("a", 9, 1).await.expect("taken"), [3, 4]);
    store.replay("a", 99).await.expect("replayed");
    assert!(
        store.take("a", 9, 1).await.expect("taken").is_empty(),
        "never forward"
    );
}

#[tokio::test]
async fn secrets_overlap_for_a_day_and_endpoints_are_few() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let store = open(&data).await;
    let first = hook("a");
    assert!(store.add(&first).await.expect("added"));
    let second = Secret::fresh();
    store.rotate("a", &second, 1_000).await.expect("rotated");
    let found = store.get("a").await.expect("read").expect("there");
    assert!(found.secrets(1_000 + OLD_SECRET_MS - 1) == [second.clone(), first.secret]);
    assert!(found.secrets(1_000 + OLD_SECRET_MS) == [second]);
    for n in 1..ENDPOINTS_PER_SHOW_MAX {
        assert!(store.add(&hook(&n.to_string())).await.expect("added"));
    }
    assert!(!store.add(&hook("more")).await.expect("asked"));
    store.remove("a").await.expect("removed");
    assert!(store.add(&hook("more")).await.expect("added"));
}

#[tokio::test]
async fn old_events_go_but_numbers_go_on() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let store = open(&data).await;
    assert!(store.add(&hook("a")).await.expect("added"));
    note(&store, "gala", 1..=3, 1).await;
    store.take("a", 9, 1).await.expect("taken");
    store
        .forget_old((OUTBOX_DAYS_MAX + 1) * DAY_MS)
        .await
        .expect("forgotten");
    let left = store.events("gala", 0, 9).await.expect("read");
    assert_eq!(left.iter().map(|noted| noted.seq).collect::<Vec<_>>(), [3]);
    assert_eq!(owed(&store).await, [3]);
}
