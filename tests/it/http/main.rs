//! The doors as strangers use them: WHIP and WHEP by the letter, the WebSocket with bad input,
//! shows, health, pages. After every refusal nothing has changed.

mod authenticity;
mod bus;
mod captions;
mod conformance;
mod course;
mod events;
mod layer;
mod moderation;
mod openapi;
mod pictures;
mod restart;
mod rtc;
mod shows;
mod socket;
mod stats;
mod webhooks;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use signaling::protocol::client::Role;
use tests::server::{Disk, Server};

/// The show of these tests.
const SHOW: &str = "lamp";

/// A server with one public show and its host.
struct World {
    server: Server,
    disk: Disk,
    client: Client,
    host: String,
}

impl World {
    async fn open() -> anyhow::Result<World> {
        World::open_with(&[]).await
    }

    async fn open_with(arguments: &[&str]) -> anyhow::Result<World> {
        let disk = Disk::new()?;
        let server = Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), &disk, arguments)?;
        let host = disk.token(SHOW, Role::Host);
        let world = World {
            server,
            client: Client::new(),
            host,
            disk,
        };
        world.make_show(&world.host, false).await?;
        Ok(world)
    }

    async fn make_show(&self, host: &str, private: bool) -> anyhow::Result<()> {
        let body = serde_json::json!({ "name": SHOW, "title": "Lamps", "private": private });
        let request = self
            .client
            .post(self.url("/api/v1/shows"))
            .bearer_auth(host)
            .json(&body);
        anyhow::ensure!(request.send().await?.status() == 201, "the show is made");
        Ok(())
    }

    async fn import(&self) -> anyhow::Result<()> {
        let csv = "id,title,price,currency,stock\nrug,Rug,49.90,EUR,5\ncup,Cup,8,EUR,1\n";
        let url = self.url("/api/v1/shows/lamp/products");
        let request = self
            .client
            .post(url)
            .bearer_auth(&self.host)
            .header("content-type", "text/csv");
        request.body(csv).send().await?.error_for_status()?;
        Ok(())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }
}

/// Sends a request that must fail with this status and code, as problem details.
async fn check(request: RequestBuilder, status: u16, code: &str) -> anyhow::Result<Value> {
    let response = request.send().await?;
    let found = response.status().as_u16();
    let content_type = response.headers().get("content-type").cloned();
    let text = response.text().await?;
    anyhow::ensure!(
        found == status,
        "{found} instead of {status} {code}: {text}"
    );
    anyhow::ensure!(
        content_type
            .as_ref()
            .is_some_and(|value| value == "application/problem+json"),
        "problem details, not {content_type:?}"
    );
    let problem: Value = serde_json::from_str(&text)?;
    anyhow::ensure!(
        problem["code"] == code,
        "{} instead of {code}",
        problem["code"]
    );
    anyhow::ensure!(problem["status"] == status, "status in the body");
    for member in ["type", "title", "detail"] {
        anyhow::ensure!(problem[member].is_string(), "`{member}` is missing");
    }
    Ok(problem)
}
