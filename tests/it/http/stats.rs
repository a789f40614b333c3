//! What a host is told of the audience, and that a buyer can be forgotten.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use signaling::protocol::client::{ClientMessage, Phase, Role};
use tests::server::Server;
use tests::ws::Page;

use super::{SHOW, World, check};

const STATS: &str = "/api/v1/shows/lamp/stats";

async fn stats(world: &World) -> anyhow::Result<Value> {
    let answer = world
        .client
        .get(world.url(STATS))
        .bearer_auth(&world.host)
        .send()
        .await?;
    Ok(answer.error_for_status()?.json().await?)
}

/// Reads until it is so; the limit is what a host is promised, and room for a busy machine.
async fn until(world: &World, what: &str, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let read = async {
        loop {
            let stats = stats(world).await?;
            if is_so(&stats) {
                return anyhow::Ok(stats);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(10), read).await;
    read.with_context(|| format!("{what} in time"))?
}

async fn buy(world: &World, token: &str) -> anyhow::Result<String> {
    let post = async |path: &str, key: &str, body: Value| -> anyhow::Result<Value> {
        let request = world.client.post(world.url(path)).bearer_auth(token);
        let request = request.header("idempotency-key", key).json(&body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    };
    let quote = world
        .client
        .get(world.url("/api/v1/shows/lamp/quotes/rug"))
        .send()
        .await?;
    let quote: Value = quote.error_for_status()?.json().await?;
    let lines = json!([{ "quote": quote["quote"], "quantity": 1 }]);
    let body = json!({ "lines": lines, "total": quote["unit_price"] });
    let order = post("/api/v1/shows/lamp/orders", "k1", body).await?;
    let id = order["id"]
        .as_str()
        .context("an order has an id")?
        .to_owned();
    let address = json!({
        "lines": ["Rua 1"], "postal_code": "1100-148", "city": "Lisboa", "country": "PT",
    });
    let buyer = json!({ "name": "Ana Souza", "contact": "Ana@Example.org", "address": address });
    post(&format!("/api/v1/orders/{id}/confirm"), "k2", buyer).await?;
    Ok(id)
}

#[tokio::test]
async fn a_host_sees_the_audience_and_its_orders_and_nobody_else_does() -> anyhow::Result<()> {
    let world = World::open_with(&["--country-header", "X-Country"]).await?;
    world.import().await?;
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    let live = |request| ClientMessage::Phase {
        request,
        phase: Phase::Live,
    };
    assert_eq!(host.ask(live).await?, Ok(()));
    let token = world.disk.token(SHOW, Role::Viewer);
    let headers = [("x-country", "pt"), ("accept-language", "pt-BR,en;q=0.5")];
    let mut viewer = Page::join_from(world.server.url(), &token, &headers).await?;
    for text in [
        json!({ "type": "captions", "language": "en" }),
        json!({ "type": "noticed", "step": "impression", "products": ["rug", "cup", "nothing"] }),
        json!({ "type": "noticed", "step": "tap", "products": ["rug"] }),
        json!({ "type": "noticed", "step": "tap", "products": ["rug"] }),
        json!({ "type": "noticed", "step": "cart", "products": ["rug"] }),
    ] {
        viewer.socket.send(text.to_string()).await?;
    }
    let id = buy(&world, &token).await?;
    let is_told = |stats: &Value| {
        let watched = stats["total"]["watched_s"].as_u64();
        watched > Some(1) && stats["total"]["orders"] == 1 && stats["countries"]["PT"] == 1
    };
    let told = until(&world, "an order and a viewer", is_told).await?;
    assert_eq!(told["languages"], json!({ "pt": 1 }));
    assert_eq!(told["total"]["revenue"][0]["minor"], 4_990);
    let products = told["products"].as_array().context("products")?;
    let funnel = |id: &str| {
        let one = products.iter().find(|one| one["product"] == id);
        let count = |step: &str| one.and_then(|one| one[step].as_u64()).unwrap_or_default();
        ["impressions", "taps", "carts", "orders", "pieces"].map(count)
    };
    assert_eq!(funnel("rug"), [1, 1, 1, 1, 1], "{products:?}");
    assert_eq!((funnel("cup"), products.len()), ([1, 0, 0, 0, 0], 2));

    let table = world
        .client
        .get(world.url(&format!("{STATS}.csv")))
        .bearer_auth(&world.host);
    let table = table.send().await?.error_for_status()?.text().await?;
    assert!(table.contains(",revenue,EUR,49.90"), "{table}");
    for personal in [token.as_str(), &id, &viewer.you.id, "Ana"] {
        assert!(
            !table.contains(personal) && !told.to_string().contains(personal),
            "{personal}"
        );
    }
    let moderator = world.disk.token(SHOW, Role::Moderator);
    for url in [world.url(STATS), world.url(&format!("{STATS}.csv"))] {
        check(world.client.get(&url), 401, "token_missing").await?;
        check(
            world.client.get(&url).bearer_auth(&moderator),
            403,
            "not_host",
        )
        .await?;
    }

    goes_on(world, &token, viewer).await
}

/// Neither an interruption nor a restart is anything new.
async fn goes_on(mut world: World, token: &str, viewer: Page) -> anyhow::Result<()> {
    let known = viewer.show.clone();
    let mut again = Page::join(world.server.url(), token, Some(viewer.resume), known).await?;
    anyhow::ensure!(again.was_resumed, "the page was here a moment ago");
    let tap = json!({ "type": "noticed", "step": "tap", "products": ["cup"] });
    again.socket.send(tap.to_string()).await?;
    let tapped = |stats: &Value| {
        let products = stats["products"].as_array().into_iter().flatten();
        products.filter(|one| one["taps"] == 1).count() == 2
    };
    let told = until(&world, "what was done after the interruption", tapped).await?;
    assert_eq!(told["total"]["joins"], 1, "who resumes was counted before");

    let binary = env!("CARGO_BIN_EXE_vitrine-tested");
    world.server = Server::start(binary, &world.disk, &[])?;
    let after = stats(&world).await?;
    assert_eq!(
        (&after["countries"], &after["total"]["joins"]),
        (&told["countries"], &json!(1))
    );
    Ok(())
}

#[tokio::test]
async fn nothing_is_counted_where_that_is_switched_off() -> anyhow::Result<()> {
    let world = World::open_with(&["--analytics-days", "0"]).await?;
    world.import().await?;
    let token = world.disk.token(SHOW, Role::Viewer);
    let _viewer = Page::join(world.server.url(), &token, None, None).await?;
    buy(&world, &token).await?;
    // Another server of the same store counts: between its two writes the first would have, too.
    let counting = Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), &world.disk, &[])?;
    for joins in 1..=2 {
        let token = world.disk.token(SHOW, Role::Viewer);
        let _viewer = Page::join(counting.url(), &token, None, None).await?;
        let counted = |stats: &Value| stats["total"]["joins"].as_u64() >= Some(joins);
        let told = until(&world, "a viewer of the other server", counted).await?;
        assert_eq!(
            (&told["total"]["joins"], &told["total"]["orders"]),
            (&json!(joins), &json!(1))
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_buyer_is_forgotten_and_the_order_stays_as_numbers() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let token = world.disk.token(SHOW, Role::Viewer);
    buy(&world, &token).await?;
    let erase = |token: &str, body: Value| {
        world
            .client
            .post(world.url("/api/v1/erasures"))
            .bearer_auth(token)
            .json(&body)
    };
    let contact = json!({ "contact": "ana@example.org" });
    check(erase(&token, contact.clone()), 403, "not_host").await?;
    check(
        erase(&world.host, json!({ "contact": " " })),
        422,
        "invalid_body",
    )
    .await?;
    check(
        erase(&world.host, json!({ "name": "Ana" })),
        422,
        "invalid_body",
    )
    .await?;
    let other = world.disk.merchant_token("elsewhere", "another");
    let erased = async |token: &str, body: &Value| -> anyhow::Result<Value> {
        Ok(erase(token, body.clone())
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    };
    assert_eq!(
        erased(&other, &contact).await?,
        json!({ "orders": 0 }),
        "another's books"
    );
    let orders = async || -> anyhow::Result<String> {
        let list = world.client.get(world.url("/api/v1/shows/lamp/orders"));
        Ok(list
            .bearer_auth(&world.host)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?)
    };
    assert!(orders().await?.contains("Rua 1"));
    assert_eq!(erased(&world.host, &contact).await?, json!({ "orders": 1 }));
    let left = orders().await?;
    for personal in ["Ana", "xample.org", "Rua"] {
        assert!(!left.contains(personal), "{personal} in {left}");
    }
    assert_eq!(stats(&world).await?["total"]["revenue"][0]["minor"], 4_990);
    assert_eq!(
        erased(&world.host, &contact).await?,
        json!({ "orders": 0 }),
        "once"
    );
    Ok(())
}
