//! Coupons through the doors: what they take off, and each reason why one takes nothing off.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use signaling::protocol::client::Role;

use super::deals::World;

impl World {
    async fn put_coupon(&self, code: &str, coupon: Value) -> (u16, Value) {
        let url = format!("{}/api/v1/coupons/{code}", self.server.url());
        let host = self.disk.token(super::SHOW, Role::Host);
        self.ask(self.client.put(url).bearer_auth(host).json(&coupon))
            .await
    }

    async fn basket(&self, quantity: u32, coupon: &str) -> (u16, Value) {
        let lines = json!([{"variant": "lamp", "quantity": quantity}]);
        let body = json!({"lines": lines, "coupon": coupon});
        self.ask(self.client.post(self.url("basket")).json(&body))
            .await
    }

    async fn order_with(&self, token: &str, key: &str, coupon: &str) -> Result<(u16, Value)> {
        let (status, basket) = self.basket(1, coupon).await;
        ensure!(status == 200, "{basket}");
        let lines = json!([{"quote": basket["quotes"][0]["quote"], "quantity": 1}]);
        let body = json!({"lines": lines, "total": basket["total"], "coupon": coupon});
        let request = self.client.post(self.url("orders")).bearer_auth(token);
        Ok(self
            .ask(request.header("idempotency-key", key).json(&body))
            .await)
    }
}

#[tokio::test]
async fn a_coupon_takes_off_what_it_says_as_often_as_it_says() -> Result<()> {
    let world = World::open().await?;
    let (status, made) = world
        .put_coupon("summer", json!({"percent": 10, "total": 1}))
        .await;
    ensure!(status == 200, "{made}");
    assert_eq!(
        (&made["code"], &made["taken"]),
        (&json!("SUMMER"), &json!(0))
    );
    let (_, basket) = world.basket(2, " Summer").await;
    let told = (&basket["discount"]["minor"], &basket["total"]["minor"]);
    assert_eq!(told, (&json!(998), &json!(8_982)));

    let ada = world.disk.token(super::SHOW, Role::Viewer);
    let (status, order) = world.order_with(&ada, "a", "summer").await?;
    assert_eq!(
        (status, &order["total"]["minor"]),
        (201, &json!(4_491)),
        "{order}"
    );
    let (status, problem) = world.basket(1, "summer").await;
    assert_eq!((status, &problem["code"]), (409, &json!("coupon_used_up")));
    let id = order["id"].as_str().context("an id")?;
    let url = format!("{}/api/v1/orders/{id}/cancel", world.server.url());
    assert_eq!(world.ask(world.client.post(url)).await.0, 200);
    assert_eq!(world.basket(1, "summer").await.0, 200, "given back");
    Ok(())
}

#[tokio::test]
async fn each_reason_has_its_own_problem() -> Result<()> {
    let world = World::open().await?;
    let now = u64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis())?;
    for (code, coupon) in [
        ("soon", json!({"percent": 10, "starts_ms": now + 600_000})),
        ("over", json!({"percent": 10, "ends_ms": 1})),
        ("much", json!({"percent": 10, "minimum": "500 EUR"})),
        ("usd", json!({"amount": "5 USD"})),
        ("once", json!({"percent": 10, "per_buyer": 1})),
    ] {
        let (status, made) = world.put_coupon(code, coupon).await;
        ensure!(status == 200, "{code}: {made}");
    }
    for (code, expected) in [
        ("never", (404, "coupon_unknown")),
        ("soon", (409, "coupon_not_yet")),
        ("over", (409, "coupon_expired")),
        ("much", (422, "coupon_minimum")),
        ("usd", (422, "coupon_currency")),
    ] {
        let (status, problem) = world.basket(1, code).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (expected.0, Some(expected.1))
        );
    }
    let (_, problem) = world.basket(1, "much").await;
    assert_eq!(problem["minimum"]["minor"], 50_000);
    let ada = world.disk.token(super::SHOW, Role::Viewer);
    assert_eq!(world.order_with(&ada, "a", "once").await?.0, 201);
    let (status, problem) = world.order_with(&ada, "b", "once").await?;
    assert_eq!((status, &problem["code"]), (409, &json!("coupon_used")));
    for (code, bad, field) in [
        ("bad code", json!({"percent": 10}), "code"),
        ("x", json!({}), "amount"),
        ("x", json!({"percent": 101}), "percent"),
        ("x", json!({"percent": 10, "total": 0}), "total"),
    ] {
        let (status, problem) = world.put_coupon(code, bad).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_coupon")));
        assert_eq!(problem["field"], field);
    }
    let url = format!("{}/api/v1/coupons", world.server.url());
    let viewer = world.client.get(&url).bearer_auth(&ada);
    assert_eq!(world.ask(viewer).await.0, 403);
    let host = world.disk.token(super::SHOW, Role::Host);
    let (_, list) = world.ask(world.client.get(&url).bearer_auth(&host)).await;
    assert_eq!(list["coupons"].as_array().map(Vec::len), Some(5));
    for expected in [204, 404] {
        let gone = world
            .client
            .delete(format!("{url}/Once"))
            .bearer_auth(&host);
        assert_eq!(world.ask(gone).await.0, expected);
    }
    Ok(())
}
