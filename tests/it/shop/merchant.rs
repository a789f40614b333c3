//! A merchant's doors: products with variants in and out, versioned stock, consent, shipping;
//! and every order that mixes or misses them, with its exact problem.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use signaling::protocol::client::Role;
use tests::server::{Disk, Server};

use super::buyer::send;
use super::{SHOW, import, serve};

/// A server where `default` has a lamp on the shelf of the gala, and `acme` sells shirts.
struct World {
    server: Server,
    client: Client,
    host: String,
    acme: String,
    viewer: String,
    _disk: Disk,
}

impl World {
    async fn open() -> anyhow::Result<Self> {
        let disk = Disk::new()?;
        let server = serve(&disk)?;
        import(server.url(), &disk, "lamp,Lamp,49.90,EUR,5\n").await?;
        Ok(Self {
            server,
            client: Client::new(),
            host: disk.token(SHOW, Role::Host),
            acme: disk.merchant_token("acme-show", "acme"),
            viewer: disk.token(SHOW, Role::Viewer),
            _disk: disk,
        })
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/api/v1/{path}", self.server.url());
        let request = self.client.request(method, url).bearer_auth(token);
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        let request = request.header("idempotency-key", "k");
        let (status, answer) = send(request).await.expect("an answer");
        (status.as_u16(), answer)
    }

    async fn refused(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &Value,
    ) -> (u16, String, Value) {
        let (status, problem) = self.ask(method, path, token, body).await;
        let code = problem["code"].as_str().unwrap_or_default().to_owned();
        (status, code, problem)
    }

    async fn put(&self, path: &str, token: &str, body: &Value) {
        let (status, answer) = self.ask(Method::PUT, path, token, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
    }

    /// What a basket costs.
    async fn price(&self, body: &Value) -> (u16, Value) {
        let path = format!("shows/{SHOW}/basket");
        self.ask(Method::POST, &path, &self.viewer, body).await
    }

    /// Orders what a priced basket says.
    async fn order(
        &self,
        priced: &Value,
        quantities: &[u32],
        country: Option<&str>,
    ) -> (u16, Value) {
        let quotes = priced["quotes"].as_array().expect("quotes");
        let lines: Vec<_> = quotes
            .iter()
            .zip(quantities)
            .map(|(quote, quantity)| json!({"quote": quote["quote"], "quantity": quantity}))
            .collect();
        let mut body = json!({"lines": lines, "total": priced["total"]});
        if let Some(country) = country {
            body["country"] = json!(country);
        }
        let path = format!("shows/{SHOW}/orders");
        self.ask(Method::POST, &path, &self.viewer, &body).await
    }
}

fn shirt(stock: u32, version: u32) -> Value {
    let variant = |id: &str, size: &str| {
        json!({
            "id": id, "options": {"size": size}, "min_quantity": 2, "stock": stock,
            "stock_version": version,
            "prices": [
                {"currency": "EUR", "price": "20.00", "tiers": [{"min_quantity": 10, "price": "15"}]},
                {"currency": "USD", "price": "22.00"},
            ],
        })
    };
    json!({"title": "Shirt", "translations": {"pt": "Camisa"},
           "variants": [variant("shirt-s", "S"), variant("shirt-m", "M")]})
}

fn line(variant: &str, quantity: u32) -> Value {
    json!({"variant": variant, "quantity": quantity})
}

#[tokio::test]
async fn a_product_is_put_sold_by_variant_and_taken_home_as_csv() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.put("products/shirt", &world.acme, &shirt(5, 7)).await;
    world
        .put("products/shirt", &world.acme, &shirt(99, 6))
        .await;
    let shelf = json!({"products": ["lamp", "shirt"]});
    let path = format!("shows/{SHOW}/shelf");
    let (status, code, _) = world.refused(Method::PUT, &path, &world.host, &shelf).await;
    assert_eq!((status, &*code), (403, "no_consent"));
    world
        .put("consents/default", &world.acme, &Value::Null)
        .await;
    world.put(&path, &world.host, &shelf).await;

    let wish = json!({"lines": [line("shirt-s", 3), line("shirt-m", 2)]});
    let (_, priced) = world.price(&wish).await;
    assert_eq!(
        priced["quotes"][0]["available"], 5,
        "an older stock is passed over"
    );
    assert_eq!(priced["total"]["minor"], 10_000);
    let (status, order) = world.order(&priced, &[3, 2], None).await;
    assert_eq!((status, &order["merchant"]), (201, &json!("acme")));
    assert_eq!(order["lines"][1]["options"]["size"], "M");

    let url = format!("{}/api/v1/products", world.server.url());
    let file = world
        .client
        .get(&url)
        .bearer_auth(&world.acme)
        .send()
        .await?;
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let file = file.text().await?;
    assert!(file.contains("shirt,shirt-m,"), "{file}");
    let path = format!("{}/api/v1/shows/acme-show/products", world.server.url());
    let again = world.client.post(path).bearer_auth(&world.acme);
    let again = again.header("content-type", "text/csv").body(file.clone());
    assert_eq!(again.send().await?.status(), StatusCode::OK);
    let second = world
        .client
        .get(&url)
        .bearer_auth(&world.acme)
        .send()
        .await?;
    assert_eq!(
        second.text().await?,
        file,
        "it imports back to the same catalogue"
    );
    Ok(())
}

#[tokio::test]
async fn every_basket_that_cannot_be_is_told_why() -> anyhow::Result<()> {
    let world = World::open().await?;
    world
        .put("products/shirt", &world.acme, &shirt(50, 1))
        .await;
    world
        .put("consents/default", &world.acme, &Value::Null)
        .await;
    let shelf = json!({"products": ["lamp", "shirt"]});
    world
        .put(&format!("shows/{SHOW}/shelf"), &world.host, &shelf)
        .await;
    let lines = |lines: Value| json!({"lines": lines});
    let many: Vec<_> = (0..21).map(|n| line(&n.to_string(), 1)).collect();
    for (wish, status, code) in [
        (lines(json!([line("rug", 1)])), 404, "unknown_variant"),
        (lines(json!([line("shirt", 1)])), 404, "unknown_variant"),
        (lines(json!([line("lamp", 0)])), 422, "invalid_quantity"),
        (lines(json!([line("lamp", 1_001)])), 422, "invalid_quantity"),
        (
            lines(json!([{"variant": "lamp", "quantity": -1}])),
            422,
            "invalid_body",
        ),
        (
            lines(json!([line("lamp", 1), line("lamp", 1)])),
            422,
            "invalid_lines",
        ),
        (lines(json!(many)), 422, "invalid_lines"),
        (
            lines(json!([line("lamp", 1), line("shirt-s", 2)])),
            422,
            "two_merchants",
        ),
        (
            json!({"lines": [line("lamp", 1)], "currency": "USD"}),
            422,
            "wrong_currency",
        ),
    ] {
        let (found, problem) = world.price(&wish).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{wish}");
    }
    let (_, lamp) = world.price(&lines(json!([line("lamp", 1)]))).await;
    let (_, shirts) = world.price(&lines(json!([line("shirt-s", 2)]))).await;
    let mut both = lamp.clone();
    both["quotes"] = json!([lamp["quotes"][0], shirts["quotes"][0]]);
    let (status, problem) = world.order(&both, &[1, 2], None).await;
    assert_eq!((status, &problem["code"]), (422, &json!("two_merchants")));
    let (_, one) = world.price(&lines(json!([line("shirt-s", 1)]))).await;
    let (status, problem) = world.order(&one, &[1], None).await;
    assert_eq!((status, &problem["code"]), (422, &json!("below_minimum")));
    assert_eq!(problem["min_quantity"], 2);
    let dollars = json!({"lines": [line("shirt-s", 2)], "currency": "USD"});
    let (_, priced) = world.price(&dollars).await;
    assert_eq!(
        priced["total"],
        json!({"minor": 4_400, "currency": "USD", "exponent": 2})
    );
    Ok(())
}

#[tokio::test]
async fn sending_is_charged_as_shown_and_only_where_the_merchant_sends() -> anyhow::Result<()> {
    let world = World::open().await?;
    let zones = json!({"zones": [{"countries": ["PT", "ES"], "currency": "EUR", "rate": "4.90",
                                  "free_from": "99.00"}]});
    world.put("shipping", &world.host, &zones).await;
    let (_, found) = world
        .ask(Method::GET, "shipping", &world.host, &Value::Null)
        .await;
    assert_eq!(found, zones);

    let (_, open) = world.price(&json!({"lines": [line("lamp", 1)]})).await;
    assert_eq!(
        (&open["shipping"], &open["countries"]),
        (&Value::Null, &json!(["ES", "PT"]))
    );
    for country in [None, Some("JP")] {
        let (status, problem) = world.order(&open, &[1], country).await;
        assert_eq!((status, &problem["code"]), (422, &json!("unknown_country")));
    }
    let (status, unseen) = world.order(&open, &[1], Some("PT")).await;
    assert_eq!((status, &unseen["code"]), (409, &json!("stale_quote")));
    assert_eq!(unseen["basket"]["total"]["minor"], 4_990 + 490);
    let (status, order) = world.order(&unseen["basket"], &[1], Some("PT")).await;
    assert_eq!((status, &order["shipping"]["minor"]), (201, &json!(490)));
    assert_eq!(order["total"], unseen["basket"]["total"]);
    let rules =
        json!({"postal_codes": ["1234-567"], "needs_postal_code": true, "needs_region": false});
    assert_eq!(order["address_rules"], rules);
    let id = order["id"].as_str().expect("an id");
    let to = |country: &str, code: &str| json!({"lines": ["1 Row"], "postal_code": code, "city": "Town", "country": country});
    for (address, field) in [
        (Value::Null, "address"),
        (to("ES", "28001"), "address"),
        (to("PT", "28001"), "address.postal_code"),
    ] {
        let body = json!({"name": "Ada", "contact": "ada@example.org", "address": address});
        let path = format!("orders/{id}/confirm");
        let (status, code, problem) = world
            .refused(Method::POST, &path, &world.viewer, &body)
            .await;
        assert_eq!((status, &*code), (422, "invalid_contact"));
        assert_eq!(problem["field"], field, "{problem}");
    }
    let body = json!({"name": "Ada", "contact": "ada@example.org", "address": to("PT", "1100148")});
    let (status, bought) = world
        .ask(
            Method::POST,
            &format!("orders/{id}/confirm"),
            &world.viewer,
            &body,
        )
        .await;
    assert_eq!((status, &bought["state"]), (200, &json!("confirmed")));
    let two = json!({"lines": [line("lamp", 2)], "country": "ES"});
    assert_eq!(
        world.price(&two).await.1["shipping"]["minor"],
        0,
        "above the threshold"
    );
    Ok(())
}

#[tokio::test]
async fn a_merchants_mistakes_change_nothing() -> anyhow::Result<()> {
    let world = World::open().await?;
    let mut twice = shirt(1, 1);
    twice["variants"][1]["options"]["size"] = json!("S");
    let mut dear = shirt(1, 1);
    dear["variants"][1]["prices"][0]["tiers"][0]["price"] = json!("25");
    for (body, row, field) in [(twice, 1, "option"), (dear, 2, "tiers")] {
        let (status, code, problem) = world
            .refused(Method::PUT, "products/shirt", &world.acme, &body)
            .await;
        assert_eq!((status, &*code), (422, "invalid_catalogue"));
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["row"], &error["field"]),
            (&json!(row), &json!(field))
        );
    }
    let (status, code, _) = world
        .refused(Method::PUT, "products/lamp", &world.acme, &shirt(1, 1))
        .await;
    assert_eq!(
        (status, &*code),
        (422, "invalid_catalogue"),
        "the lamp is not acme's"
    );
    let (status, code, _) = world
        .refused(Method::PUT, "products/shirt", &world.viewer, &shirt(1, 1))
        .await;
    assert_eq!((status, &*code), (403, "not_host"));
    let zone = json!({"zones": [{"countries": ["pt"], "currency": "EUR", "rate": "5"},
                                {"countries": ["PT"], "currency": "EUX", "rate": "5"}]});
    let (status, code, problem) = world
        .refused(Method::PUT, "shipping", &world.host, &zone)
        .await;
    assert_eq!((status, &*code), (422, "invalid_zones"));
    let places = problem["errors"].as_array().expect("a list").iter();
    let places: Vec<_> = places
        .map(|e| (e["row"].clone(), e["field"].clone()))
        .collect();
    assert_eq!(
        places,
        [(json!(1), json!("countries")), (json!(2), json!("rate"))]
    );
    Ok(())
}
