//! The doors of the shop: a whole purchase as a page makes it, and every bad request with its
//! exact problem. After all of them nothing has changed.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use signaling::protocol::client::Role;
use tests::server::{Disk, Server};

use super::buyer::{body, send};
use super::{SHOW, import, serve};

/// A server with a lamp (5 pieces) and a cup (1 piece), a buyer and a host.
struct World {
    server: Server,
    client: Client,
    viewer: String,
    host: String,
    elsewhere: String,
    _disk: Disk,
}

impl World {
    async fn open() -> anyhow::Result<Self> {
        let disk = Disk::new()?;
        let server = serve(&disk)?;
        import(
            server.url(),
            &disk,
            "lamp,Lamp,49.90,EUR,5\ncup,Cup,8,EUR,1\n",
        )
        .await?;
        Ok(Self {
            server,
            client: Client::new(),
            viewer: disk.token(SHOW, Role::Viewer),
            host: disk.token(SHOW, Role::Host),
            elsewhere: disk.token("other", Role::Host),
            _disk: disk,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    async fn quote(&self, product: &str) -> Value {
        let path = self.url(&format!("/api/v1/shows/{SHOW}/quotes/{product}"));
        let (status, quote) = send(self.client.get(path)).await.expect("an answer");
        assert_eq!(status, 200, "{quote}");
        quote
    }

    fn order(&self, key: &str, body: &Value) -> RequestBuilder {
        self.client
            .post(self.url(&format!("/api/v1/shows/{SHOW}/orders")))
            .bearer_auth(&self.viewer)
            .header("idempotency-key", key)
            .json(body)
    }

    fn upload(&self, kind: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client
            .post(self.url(&format!("/api/v1/shows/{SHOW}/products")))
            .bearer_auth(&self.host)
            .header("content-type", kind)
            .body(body)
    }

    /// Sends it and expects this problem; gives its body for a closer look.
    async fn refused(&self, request: RequestBuilder, status: u16, code: &str) -> Value {
        let answer = request.send().await.expect("an answer");
        let kind = answer.headers()["content-type"]
            .to_str()
            .expect("ASCII")
            .to_owned();
        let found = answer.status().as_u16();
        let problem: Value = answer.json().await.expect("JSON");
        assert_eq!(
            (found, problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        assert_eq!(kind, "application/problem+json");
        assert_eq!(problem["status"], status);
        problem
    }

    async fn available(&self) -> Vec<(String, u64)> {
        let path = self.url(&format!("/api/v1/shows/{SHOW}/products"));
        let (_, shelf) = send(self.client.get(path)).await.expect("an answer");
        let products = shelf["products"].as_array().expect("a list");
        let line = |p: &Value| Some((p["id"].as_str()?.to_owned(), p["available"].as_u64()?));
        products.iter().filter_map(line).collect()
    }
}

#[tokio::test]
async fn a_viewer_buys_and_a_double_click_buys_once() -> anyhow::Result<()> {
    let world = World::open().await?;
    let quote = world.quote("lamp").await;
    assert_eq!(
        quote["unit_price"],
        json!({"minor": 4990, "currency": "EUR", "exponent": 2})
    );
    let body = body(&quote, 2);
    let (status, order) = send(world.order("k1", &body)).await.expect("an answer");
    assert_eq!(
        (status.as_u16(), &order["state"]),
        (201, &json!("reserved"))
    );
    assert_eq!(order["total"]["minor"], 9980);
    let (status, again) = send(world.order("k1", &body)).await.expect("an answer");
    assert_eq!((status.as_u16(), &again), (200, &order));

    let path = world.url(&format!(
        "/api/v1/orders/{}",
        order["id"].as_str().expect("an id")
    ));
    let contact = json!({"name": "Ada", "contact": "ada@example.org", "address":
        {"lines": ["1 Row"], "postal_code": "1100148", "city": "Lisboa", "country": "PT"}});
    let confirm = || world.client.post(format!("{path}/confirm")).json(&contact);
    let (status, bought) = send(confirm()).await.expect("an answer");
    assert_eq!(
        (status.as_u16(), &bought["state"]),
        (200, &json!("confirmed"))
    );
    assert_eq!(send(confirm()).await.expect("an answer").1, bought);
    assert_eq!(
        send(world.client.get(&path)).await.expect("an answer").1,
        bought
    );
    let cancel = world.client.post(format!("{path}/cancel"));
    world.refused(cancel, 409, "order_state").await;
    let other = json!({"name": "Eve", "contact": "eve@example.org"});
    let confirm = world.client.post(format!("{path}/confirm")).json(&other);
    world.refused(confirm, 409, "already_confirmed").await;

    let list = world
        .client
        .get(world.url(&format!("/api/v1/shows/{SHOW}/orders")));
    let (_, list) = send(list.bearer_auth(&world.host))
        .await
        .expect("an answer");
    assert_eq!(list["orders"][0]["address"], "1 Row, 1100-148 Lisboa, PT");
    assert_eq!(
        world.available().await,
        [("lamp".into(), 3), ("cup".into(), 1)]
    );
    Ok(())
}

#[tokio::test]
async fn a_changed_price_and_an_empty_shelf_say_what_to_do() -> anyhow::Result<()> {
    let world = World::open().await?;
    let (lamp, cup) = (world.quote("lamp").await, world.quote("cup").await);
    let file = "id,title,price,currency,stock\nlamp,Lamp,59.90,EUR,5\n";
    let (status, report) = send(world.upload("text/csv; charset=utf-8", file))
        .await
        .expect("sent");
    assert_eq!((status.as_u16(), report), (200, json!({"imported": 1})));
    let stale = world
        .refused(world.order("k1", &body(&lamp, 1)), 409, "stale_quote")
        .await;
    assert_eq!(stale["basket"]["total"]["minor"], 5990);
    let fresh = &stale["basket"]["quotes"][0];
    assert_eq!(
        send(world.order("k1", &body(fresh, 1)))
            .await
            .expect("an answer")
            .0,
        201
    );
    let gone = world
        .refused(world.order("k2", &body(&cup, 2)), 409, "sold_out")
        .await;
    assert_eq!(gone["variant"], "cup");
    assert_eq!(gone["available"], 1);
    Ok(())
}

#[tokio::test]
async fn a_bad_order_is_refused_and_changes_nothing() -> anyhow::Result<()> {
    let world = World::open().await?;
    let before = world.available().await;
    let quote = world.quote("lamp").await;
    let good = body(&quote, 1);
    let with = |path: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(path).expect("a field") = value;
        body
    };
    let quantity = "/lines/0/quantity";
    let line = &good["lines"][0];
    let mut odd = good.clone();
    odd["price"] = json!(1);
    for (bad, code) in [
        (with(quantity, json!(0)), "invalid_quantity"),
        (with(quantity, json!(1_001)), "invalid_quantity"),
        (with(quantity, json!(u32::MAX)), "invalid_quantity"),
        (with(quantity, json!(-1)), "invalid_body"),
        (with(quantity, json!(5_000_000_000_u64)), "invalid_body"),
        (with("/lines", json!([])), "invalid_lines"),
        (with("/lines", json!([line, line])), "invalid_lines"),
        (with("/total/currency", json!("USD")), "wrong_currency"),
        (with("/lines/0/quote", json!("e30.AAAA")), "invalid_quote"),
        (odd, "invalid_body"),
    ] {
        world.refused(world.order("k", &bad), 422, code).await;
    }
    assert_eq!(world.available().await, before);
    Ok(())
}

#[tokio::test]
async fn an_order_without_grant_key_or_sense_changes_nothing() -> anyhow::Result<()> {
    let world = World::open().await?;
    let before = world.available().await;
    let good = body(&world.quote("lamp").await, 1);
    let orders = world.url(&format!("/api/v1/shows/{SHOW}/orders"));
    let post = || {
        world
            .client
            .post(&orders)
            .header("idempotency-key", "k")
            .json(&good)
    };
    world.refused(post(), 401, "token_missing").await;
    world
        .refused(post().bearer_auth("nonsense"), 401, "token_invalid")
        .await;
    world
        .refused(post().bearer_auth(&world.elsewhere), 403, "wrong_show")
        .await;
    let no_key = world
        .client
        .post(&orders)
        .bearer_auth(&world.viewer)
        .json(&good);
    world.refused(no_key, 400, "idempotency_key").await;
    let long = world.order(&"k".repeat(129), &good);
    world.refused(long, 400, "idempotency_key").await;
    let huge = json!({"quote": "x".repeat(20_000)});
    world
        .refused(world.order("k", &huge), 413, "body_too_large")
        .await;
    let raw = |kind, text| post_raw(&world, &orders, kind, text);
    world
        .refused(raw("text/plain", "hello"), 415, "unsupported_media_type")
        .await;
    world
        .refused(
            raw("application/json", "{\"lines\":"),
            400,
            "malformed_json",
        )
        .await;
    assert_eq!(world.available().await, before);
    Ok(())
}

fn post_raw(world: &World, url: &str, kind: &str, text: &'static str) -> RequestBuilder {
    let request = world.client.post(url).bearer_auth(&world.viewer);
    request
        .header("idempotency-key", "k")
        .header("content-type", kind)
        .body(text)
}

#[tokio::test]
async fn what_is_not_there_or_not_yours_is_refused() -> anyhow::Result<()> {
    let world = World::open().await?;
    let before = world.available().await;
    let orders = world.url(&format!("/api/v1/shows/{SHOW}/orders"));
    let unknown = world
        .client
        .get(world.url(&format!("/api/v1/shows/{SHOW}/quotes/rug")));
    world.refused(unknown, 404, "unknown_variant").await;
    let yen = world
        .client
        .get(world.url(&format!("/api/v1/shows/{SHOW}/quotes/lamp?currency=JPY")));
    world.refused(yen, 422, "wrong_currency").await;
    let unknown = world
        .client
        .get(world.url("/api/v1/orders/AAAAAAAAAAAAAAAAAAAAAA"));
    world.refused(unknown, 404, "unknown_order").await;
    let list = world.client.get(&orders).bearer_auth(&world.viewer);
    world.refused(list, 403, "not_host").await;
    assert_eq!(world.available().await, before);

    let quote = world.quote("lamp").await;
    let body = |quantity| body(&quote, quantity);
    let (_, order) = send(world.order("k", &body(1))).await.expect("an answer");
    world
        .refused(world.order("k", &body(2)), 422, "idempotency_mismatch")
        .await;
    let path = format!(
        "/api/v1/orders/{}/confirm",
        order["id"].as_str().expect("an id")
    );
    let nowhere = json!({"name": "Ada", "contact": "somewhere"});
    let confirm = world.client.post(world.url(&path)).json(&nowhere);
    let problem = world.refused(confirm, 422, "invalid_contact").await;
    assert_eq!(problem["field"], "contact");
    Ok(())
}

#[tokio::test]
async fn a_bad_catalogue_is_refused_row_by_row() -> anyhow::Result<()> {
    let world = World::open().await?;
    let before = world.available().await;
    let file = "id,title,price,currency,stock\nlamp,Lamp,1,EUR,99\nrug,Rug,\"9,90\",EUR,-1\n";
    let problem = world
        .refused(world.upload("text/csv", file), 422, "invalid_catalogue")
        .await;
    let errors = problem["errors"].as_array().expect("a list");
    let places: Vec<_> = errors
        .iter()
        .map(|e| (e["row"].clone(), e["field"].clone()))
        .collect();
    assert_eq!(
        places,
        [(json!(3), json!("stock")), (json!(3), json!("price"))]
    );
    let semicolons = world.upload("text/csv", "id;title;price;stock\n");
    let problem = world.refused(semicolons, 422, "invalid_catalogue").await;
    assert!(
        problem["errors"][0]["message"]
            .as_str()
            .expect("text")
            .contains("semicolons")
    );
    let graph = world.upload("application/ld+json", "{\"@type\":\"Person\"}");
    world.refused(graph, 422, "invalid_catalogue").await;
    world
        .refused(
            world.upload("application/json", "{}"),
            415,
            "unsupported_media_type",
        )
        .await;
    let huge = world.upload("text/csv", "x".repeat(9 * 1024 * 1024));
    world.refused(huge, 413, "body_too_large").await;
    let viewer = world
        .client
        .post(world.url(&format!("/api/v1/shows/{SHOW}/products")));
    let viewer = viewer
        .bearer_auth(&world.viewer)
        .header("content-type", "text/csv")
        .body(file);
    world.refused(viewer, 403, "not_host").await;
    assert_eq!(world.available().await, before);
    Ok(())
}

#[tokio::test]
async fn a_private_shows_prices_are_for_its_guests() -> anyhow::Result<()> {
    let world = World::open().await?;
    let show = json!({"name": SHOW, "title": "Gala", "kind": "live", "private": true});
    let create = world
        .client
        .post(world.url("/api/v1/shows"))
        .bearer_auth(&world.host);
    let (status, made) = send(create.json(&show)).await.expect("an answer");
    assert_eq!(status.as_u16(), 201, "{made}");
    for path in ["products", "quotes/lamp"] {
        let get = || {
            world
                .client
                .get(world.url(&format!("/api/v1/shows/{SHOW}/{path}")))
        };
        world.refused(get(), 401, "token_missing").await;
        world
            .refused(get().bearer_auth(&world.elsewhere), 403, "wrong_show")
            .await;
        let (status, _) = send(get().bearer_auth(&world.viewer))
            .await
            .expect("an answer");
        assert_eq!(status.as_u16(), 200, "{path}");
    }
    Ok(())
}
