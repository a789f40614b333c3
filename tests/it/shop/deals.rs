//! Flash deals through the doors: announced, begun and ended by the server's clock, pinned and
//! taken off, with every bad request and its exact problem.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use signaling::protocol::client::Role;
use tests::clock::Clock;
use tests::server::{Disk, Server};

use super::buyer::{body, send};
use super::{SHOW, import};

/// A show with nine lamps at 49.90, and a clock.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) disk: Disk,
    clock: Clock,
    pub(super) client: Client,
}

impl World {
    pub(super) async fn open() -> Result<World> {
        let (disk, clock) = (Disk::new()?, Clock::new()?);
        let command = clock.command(env!("CARGO_BIN_EXE_vitrine-tested"));
        let server = Server::start_as(command, &disk, &[])?;
        import(server.url(), &disk, "lamp,Lamp,49.90,EUR,9\n").await?;
        let client = Client::new();
        Ok(World {
            server,
            disk,
            clock,
            client,
        })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/api/v1/shows/{SHOW}/{path}", self.server.url())
    }

    fn announce(&self, deal: &Value) -> RequestBuilder {
        let host = self.disk.token(SHOW, Role::Host);
        self.client
            .post(self.url("deals"))
            .bearer_auth(host)
            .json(deal)
    }

    async fn price(&self) -> i64 {
        let (_, quote) = self.ask(self.client.get(self.url("quotes/lamp"))).await;
        quote["unit_price"]["minor"].as_i64().unwrap_or_default()
    }

    /// Waits until the lamp costs this.
    async fn costs(&self, minor: i64) -> Result<()> {
        let asked = async {
            while self.price().await != minor {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(15), asked).await;
        done.with_context(|| format!("the lamp never costs {minor}"))
    }

    pub(super) async fn ask(&self, request: RequestBuilder) -> (u16, Value) {
        let (status, answer) = send(request).await.expect("an answer");
        (status.as_u16(), answer)
    }

    async fn order(&self, token: &str, key: &str, quantity: u32) -> (u16, Value) {
        let (_, quote) = self.ask(self.client.get(self.url("quotes/lamp"))).await;
        let request = self.client.post(self.url("orders")).bearer_auth(token);
        let request = request.header("idempotency-key", key);
        self.ask(request.json(&body(&quote, quantity))).await
    }

    async fn shelved(&self) -> Result<Value> {
        let (_, shelf) = self.ask(self.client.get(self.url("products"))).await;
        Ok(shelf["products"][0]["deal"].clone())
    }
}

fn deal() -> Value {
    json!({"product": "lamp", "prices": ["29.90 EUR"], "countdown_s": 60, "length_s": 300,
        "total": 4, "per_buyer": 2})
}

#[tokio::test]
async fn a_deal_runs_by_the_servers_clock_and_keeps_its_limits() -> Result<()> {
    let world = World::open().await?;
    let (status, made) = world.ask(world.announce(&deal())).await;
    ensure!(status == 201, "{made}");
    assert_eq!(world.shelved().await?, made);
    assert_eq!(world.price().await, 4990, "it is counted down");
    let (status, twice) = world.ask(world.announce(&deal())).await;
    assert_eq!((status, &twice["code"]), (409, &json!("deal_exists")));

    world.clock.set(61)?;
    world.costs(2990).await?;
    let (ada, bo) = (
        world.disk.token(SHOW, Role::Viewer),
        world.disk.token(SHOW, Role::Viewer),
    );
    let (status, order) = world.order(&ada, "a", 2).await;
    assert_eq!((status, &order["total"]["minor"]), (201, &json!(5980)));
    let (status, refused) = world.order(&ada, "b", 1).await;
    assert_eq!((status, &refused["code"]), (409, &json!("buyer_limit")));
    assert_eq!(refused["available"], 0);
    let (status, refused) = world.order(&bo, "c", 3).await;
    assert_eq!((status, &refused["code"]), (409, &json!("deal_limit")));
    assert_eq!(refused["available"], 2);
    assert_eq!(world.order(&bo, "c", 2).await.0, 201);

    world.clock.set(400)?;
    world.costs(4990).await?;
    assert_eq!(world.shelved().await?, Value::Null);
    assert_eq!(world.order(&ada, "d", 1).await.0, 201, "at the usual price");
    Ok(())
}

#[tokio::test]
async fn a_bad_deal_is_refused_and_a_good_one_ended() -> Result<()> {
    let world = World::open().await?;
    let with = |field: &str, value: Value| {
        let mut deal = deal();
        deal[field] = value;
        deal
    };
    for (bad, status, code) in [
        (with("countdown_s", json!(301)), 422, "invalid_deal"),
        (with("starts_ms", json!(1)), 422, "invalid_deal"),
        (with("length_s", json!(59)), 422, "invalid_deal"),
        (with("length_s", json!(1_201)), 422, "invalid_deal"),
        (with("total", json!(0)), 422, "invalid_deal"),
        (with("per_buyer", json!(0)), 422, "invalid_deal"),
        (with("prices", json!(["29,90 EUR"])), 422, "invalid_deal"),
        (with("prices", json!([])), 422, "invalid_deal"),
        (with("prices", json!(["49.90 EUR"])), 422, "no_deal"),
        (with("prices", json!(["1 USD"])), 422, "no_deal"),
        (with("product", json!("rug")), 404, "unknown_product"),
        (with("variants", json!(["rug"])), 404, "unknown_variant"),
        (with("total", json!(-1)), 422, "invalid_body"),
    ] {
        let (found, problem) = world.ask(world.announce(&bad)).await;
        assert_eq!(
            (found, problem["code"].as_str()),
            (status, Some(code)),
            "{bad}"
        );
    }
    let viewer = world.disk.token(SHOW, Role::Viewer);
    let request = world.client.post(world.url("deals")).bearer_auth(viewer);
    let (status, problem) = world.ask(request.json(&deal())).await;
    assert_eq!((status, &problem["code"]), (403, &json!("not_host")));
    let other = world.disk.merchant_token(SHOW, "weaver");
    let request = world.client.post(world.url("deals")).bearer_auth(other);
    let (status, problem) = world.ask(request.json(&deal())).await;
    assert_eq!((status, &problem["code"]), (403, &json!("no_consent")));

    let (_, made) = world.ask(world.announce(&deal())).await;
    let id = made["id"].as_str().context("an id")?;
    let host = world.disk.token(SHOW, Role::Host);
    for (id, status) in [("nothing", 404), (id, 204), (id, 204)] {
        let request = world.client.delete(world.url(&format!("deals/{id}")));
        let found = world.ask(request.bearer_auth(&host)).await.0;
        assert_eq!(found, status);
    }
    assert_eq!(world.shelved().await?, Value::Null);
    Ok(())
}
