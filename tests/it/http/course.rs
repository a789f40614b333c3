//! When a show is, in which order its shelf stands, what it shows: from the host's doors to
//! visitors, and over a restart.

use serde_json::{Value, json};
use signaling::clock::now_ms;
use signaling::protocol::client::{ClientMessage, Role};
use signaling::protocol::server::{RoomEvent, ShowState};
use tests::server::Server;
use tests::ws::Page;

use super::{SHOW, World, check};

const LAMP: &str = "/api/v1/shows/lamp";
const KEY: &str = "5b0c5c9e-5c55-4d0b-9b2d-7f2f7a0c1c11";
const HOUR_MS: u64 = 3_600_000;

impl World {
    async fn plan(&self, body: &Value) -> anyhow::Result<Value> {
        let request = self
            .client
            .put(self.url(LAMP))
            .bearer_auth(&self.host)
            .json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn card(&self) -> anyhow::Result<Value> {
        let answer = self.client.get(self.url(LAMP)).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}

#[tokio::test]
async fn a_show_is_announced_remembered_and_in_calendars() -> anyhow::Result<()> {
    let mut world = World::open().await?;
    let ics = format!("{LAMP}/calendar.ics");
    let reminder = format!("{LAMP}/reminders/{KEY}");
    check(world.client.get(world.url(&ics)), 404, "not_scheduled").await?;
    check(world.client.put(world.url(&reminder)), 404, "not_scheduled").await?;
    let starts_ms = now_ms() + HOUR_MS;
    let body = json!({ "title": "Bags, new", "cover": "/c.webp", "starts_ms": starts_ms });
    let planned = world.plan(&body).await?;
    assert_eq!(
        (&planned["starts_ms"], &planned["title"]),
        (&json!(starts_ms), &body["title"])
    );

    let file = world
        .client
        .get(world.url(&ics))
        .send()
        .await?
        .error_for_status()?;
    assert_eq!(
        file.headers()["content-type"],
        "text/calendar; charset=utf-8"
    );
    let file = file.text().await?;
    assert!(file.contains("SUMMARY:Bags\\, new\r\n"), "{file}");
    assert!(
        file.contains(&format!("URL:{}/s/lamp\r\n", world.server.url())),
        "{file}"
    );

    for _ in 0..2 {
        let told = world
            .client
            .put(world.url(&reminder))
            .send()
            .await?
            .error_for_status()?;
        assert_eq!(
            told.json::<Value>().await?,
            json!({ "reminders": 1 }),
            "twice is once"
        );
    }
    let other = format!("{LAMP}/reminders/{}", KEY.replace('5', "6"));
    world
        .client
        .put(world.url(&other))
        .send()
        .await?
        .error_for_status()?;
    assert_eq!(world.card().await?["reminders"], 2);
    let told = world
        .client
        .delete(world.url(&other))
        .send()
        .await?
        .error_for_status()?;
    assert_eq!(told.json::<Value>().await?, json!({ "reminders": 1 }));
    let short = format!("{LAMP}/reminders/short");
    check(world.client.put(world.url(&short)), 422, "invalid_key").await?;

    world.server = Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), &world.disk, &[])?;
    let card = world.card().await?;
    assert_eq!(
        (&card["starts_ms"], &card["reminders"]),
        (&json!(starts_ms), &json!(1))
    );
    Ok(())
}

#[tokio::test]
async fn bad_plans_are_refused_each_with_its_reason() -> anyhow::Result<()> {
    let world = World::open().await?;
    let now_ms = now_ms();
    let before = world.card().await?;
    let put = |body: &Value| {
        world
            .client
            .put(world.url(LAMP))
            .bearer_auth(&world.host)
            .json(body)
    };
    for (body, code, field) in [
        (
            json!({ "title": "x", "starts_ms": now_ms - HOUR_MS }),
            "start_in_past",
            "starts_ms",
        ),
        (
            json!({ "title": "x", "starts_ms": now_ms + 400 * 24 * HOUR_MS }),
            "start_too_far",
            "starts_ms",
        ),
        (json!({ "title": " " }), "invalid_body", "title"),
        (json!({ "title": "x".repeat(201) }), "invalid_body", "title"),
        (json!({ "title": "a\nb" }), "invalid_body", "title"),
        (
            json!({ "title": "x", "cover": "javascript:alert(1)" }),
            "invalid_body",
            "cover",
        ),
        (
            json!({ "title": "x", "cover": format!("/{}", "c".repeat(2_048)) }),
            "invalid_body",
            "cover",
        ),
    ] {
        let problem = check(put(&body), 422, code).await?;
        assert_eq!(problem["field"], field, "{body}");
    }
    check(
        put(&json!({ "title": "x", "starts_ms": -5 })),
        422,
        "invalid_body",
    )
    .await?;
    let viewer = world.disk.token(SHOW, Role::Viewer);
    let by_viewer = world
        .client
        .put(world.url(LAMP))
        .bearer_auth(&viewer)
        .json(&json!({ "title": "x" }));
    check(by_viewer, 403, "not_host").await?;
    let new = json!({ "name": "late", "title": "Late", "starts_ms": 5 });
    let host = world.disk.token("late", Role::Host);
    let make = world
        .client
        .post(world.url("/api/v1/shows"))
        .bearer_auth(&host)
        .json(&new);
    check(make, 422, "start_in_past").await?;
    assert_eq!(world.card().await?, before, "nothing was changed");

    let mut page = Page::join(world.server.url(), &world.host, None, None).await?;
    let live = |request| ClientMessage::Phase {
        request,
        phase: signaling::protocol::client::Phase::Live,
    };
    assert_eq!(page.ask(live).await?, Ok(()));
    let moved = json!({ "title": "x", "starts_ms": now_ms + HOUR_MS });
    check(put(&moved), 409, "already_started").await?;
    world.plan(&json!({ "title": "Renamed on air" })).await?;
    Ok(())
}

#[tokio::test]
async fn the_order_of_the_shelf_and_what_is_shown_survive_a_restart() -> anyhow::Result<()> {
    let mut world = World::open().await?;
    world.import().await?;
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    let viewer = world.disk.token(SHOW, Role::Viewer);
    let mut eve = Page::join(world.server.url(), &viewer, None, None).await?;
    let show_now = |product: &str| {
        let product = Some(product.to_owned());
        move |request| ClientMessage::NowShowing { request, product }
    };
    let refused = eve.ask(show_now("cup")).await?.expect_err("a viewer");
    assert_eq!(refused, "not_presenter");
    let refused = host
        .ask(show_now("vase"))
        .await?
        .expect_err("not on the shelf");
    assert_eq!(refused, "unknown_product");
    let shelf = |products: Value| {
        let url = world.url(&format!("{LAMP}/shelf"));
        world
            .client
            .put(url)
            .bearer_auth(&world.host)
            .json(&json!({ "products": products }))
    };
    check(shelf(json!(["cup", "vase"])), 404, "unknown_product").await?;
    shelf(json!(["cup", "rug"]))
        .send()
        .await?
        .error_for_status()?;
    let is_order = |event: &RoomEvent| matches!(event, RoomEvent::Order { products } if products == &["cup", "rug"]);
    eve.until(is_order).await?;
    assert_eq!(host.ask(show_now("rug")).await?, Ok(()));
    let pin = |request| ClientMessage::Pin {
        request,
        product: "cup".to_owned(),
    };
    assert_eq!(host.ask(pin).await?, Ok(()));
    eve.until(|event| matches!(event, RoomEvent::Pinned(_)))
        .await?;
    let before = eve.show().clone();
    let ids = |show: &ShowState| -> Vec<String> {
        show.products
            .iter()
            .map(|product| product.id.clone())
            .collect()
    };
    // The room does not wait for the disk: at the latest a moment later it is there.
    for tries in 0.. {
        world.server = Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), &world.disk, &[])?;
        let page = Page::join(world.server.url(), &viewer, None, None).await?;
        let after = page.show();
        assert_eq!(ids(after), ["cup", "rug"]);
        if after.pins == before.pins && after.now_showing == before.now_showing {
            break;
        }
        anyhow::ensure!(tries < 20, "{:?} {:?}", after.pins, after.now_showing);
    }
    assert_eq!(before.now_showing.as_deref(), Some("rug"));
    Ok(())
}

#[tokio::test]
async fn a_new_price_and_the_last_piece_are_events_of_the_show() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let viewer = world.disk.token(SHOW, Role::Viewer);
    let mut eve = Page::join(world.server.url(), &viewer, None, None).await?;
    let import = async |row: &str| -> anyhow::Result<()> {
        let request = world.client.post(world.url(&format!("{LAMP}/products")));
        let request = request
            .bearer_auth(&world.host)
            .header("content-type", "text/csv");
        let body = format!("id,title,price,currency,stock\n{row}\n");
        request.body(body).send().await?.error_for_status()?;
        Ok(())
    };
    import("rug,Rug,39.90,EUR,5").await?;
    let entry = eve
        .until(|event| matches!(event, RoomEvent::PriceChanged { .. }))
        .await?;
    let RoomEvent::PriceChanged {
        product,
        was,
        price,
    } = entry.event
    else {
        unreachable!("waited for");
    };
    assert_eq!(
        (product.as_str(), was.minor, price.minor),
        ("rug", 4_990, 3_990)
    );
    import("cup,Cup,8,EUR,0").await?;
    let gone =
        |event: &RoomEvent| matches!(event, RoomEvent::SoldOut { product } if product == "cup");
    let gone = eve.until(gone).await?;
    assert!(gone.at_ms >= entry.at_ms, "in the order of the picture");
    Ok(())
}
