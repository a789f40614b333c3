//! Server-sent events of a WHEP session: the draft's own, and the shop's.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use signaling::protocol::client::ClientMessage;
use tests::session::Publisher;
use tests::whip;
use tests::ws::Page;

use super::{World, check};

/// An event stream being read.
pub(super) struct Events {
    response: Response,
    text: String,
}

impl Events {
    /// The next event of this name; others are passed over.
    pub(super) async fn next(&mut self, wanted: &str) -> anyhow::Result<Value> {
        let found = async {
            loop {
                while let Some((event, rest)) = self.text.split_once("\n\n") {
                    let (event, rest) = (event.to_owned(), rest.to_owned());
                    self.text = rest;
                    let line = |name| event.lines().find_map(|line| line.strip_prefix(name));
                    if line("event: ") == Some(wanted) {
                        let data = line("data: ").unwrap_or_default();
                        anyhow::ensure!(event.lines().count() == 2, "one data line: {event}");
                        return Ok(serde_json::from_str(data)?);
                    }
                }
                let chunk = self.response.chunk().await?;
                let chunk = chunk.ok_or_else(|| anyhow::anyhow!("the stream ended"))?;
                self.text.push_str(std::str::from_utf8(&chunk)?);
            }
        };
        tokio::time::timeout(Duration::from_secs(15), found).await?
    }

    /// Reads on until the server ends the stream.
    async fn ended(mut self) -> anyhow::Result<()> {
        let ended = async { while let Ok(Some(_)) = self.response.chunk().await {} };
        Ok(tokio::time::timeout(Duration::from_secs(15), ended).await?)
    }
}

/// Makes a stream of these events and reads it.
pub(super) async fn listen(
    world: &World,
    session: &str,
    body: &str,
) -> anyhow::Result<(String, Events)> {
    let post = world.client.post(format!("{session}/sse"));
    let post = post.header("content-type", "application/json");
    let made = post.body(body.to_owned()).send().await?;
    anyhow::ensure!(made.status() == 201, "{}", made.status());
    let location = made.headers()["location"].to_str()?;
    let url = world.url(location);
    let response = world.client.get(&url).send().await?.error_for_status()?;
    anyhow::ensure!(response.headers()["content-type"] == "text/event-stream");
    let text = String::new();
    Ok((url, Events { response, text }))
}

pub(super) async fn session(world: &World) -> anyhow::Result<String> {
    let created = world.offer("/whep/lamp", None).send().await?;
    anyhow::ensure!(created.status() == 201, "{}", created.status());
    let link = created.headers()["link"].to_str()?.to_owned();
    anyhow::ensure!(
        link.contains("rel=\"urn:ietf:params:whep:ext:core:server-sent-events\""),
        "{link}"
    );
    Ok(world.url(created.headers()["location"].to_str()?))
}

fn pin(product: &str) -> impl FnOnce(u32) -> ClientMessage {
    let product = product.to_owned();
    |request| ClientMessage::Pin { request, product }
}

#[tokio::test]
async fn a_player_hears_of_the_picture_the_people_and_the_shop() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let session = session(&world).await?;
    let (_, mut events) = listen(&world, &session, "").await?;
    // The count may lag behind by a second.
    while events.next("viewercount").await? != json!({ "viewercount": 1 }) {}
    let second = self::session(&world).await?;
    while events.next("viewercount").await? != json!({ "viewercount": 2 }) {}
    world
        .client
        .delete(second)
        .send()
        .await?
        .error_for_status()?;
    while events.next("viewercount").await? != json!({ "viewercount": 1 }) {}

    let endpoint = world.url("/whip/lamp");
    let publisher = Publisher::start(&world.client, &endpoint, Some(&world.host)).await?;
    assert_eq!(events.next("active").await?, json!({}));
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    host.ask(pin("rug")).await?.expect("the host may");
    assert_eq!(events.next("pinned").await?["product"], "rug");

    // Who comes later is told how things are; who reads the same stream again takes it over.
    let (url, mut late) = listen(&world, &session, "[\"pinned\",\"active\",\"scte35\"]").await?;
    assert_eq!(late.next("pinned").await?["product"], "rug");
    assert_eq!(late.next("active").await?, json!({}));
    let again = world.client.get(&url).send().await?.error_for_status()?;
    late.ended().await?;

    let unpin = |request| ClientMessage::Unpin {
        request,
        product: "rug".into(),
    };
    host.ask(unpin).await?.expect("the host may");
    assert_eq!(events.next("unpinned").await?, json!({ "product": "rug" }));
    whip::delete(&world.client, &publisher.resource().url, None).await?;
    assert_eq!(events.next("inactive").await?, json!({}));

    assert_eq!(world.client.delete(&url).send().await?.status(), 200);
    let text = String::new();
    Events {
        response: again,
        text,
    }
    .ended()
    .await?;
    check(world.client.get(&url), 404, "not_found").await?;
    assert_eq!(world.client.delete(&session).send().await?.status(), 200);
    events.ended().await
}

#[tokio::test]
async fn a_server_that_stops_sends_its_players_elsewhere() -> anyhow::Result<()> {
    let world = World::open().await?;
    let session = session(&world).await?;
    let (_, mut events) = listen(&world, &session, "[\"reconnect\"]").await?;
    let pid = world.server.pid().to_string();
    let told = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status()?;
    anyhow::ensure!(told.success(), "the server was there");
    assert_eq!(events.next("reconnect").await?, json!({}));
    events.ended().await
}

#[tokio::test]
async fn bad_lists_make_no_stream_and_streams_are_counted() -> anyhow::Result<()> {
    let world = World::open().await?;
    let session = session(&world).await?;
    let sse = format!("{session}/sse");
    let post = |kind: &str, body: &str| {
        let post = world.client.post(&sse).header("content-type", kind);
        post.body(body.to_owned())
    };
    let kind = "application/json";
    check(post("text/plain", "[]"), 415, "unsupported_media_type").await?;
    check(post(kind, "["), 400, "malformed_json").await?;
    check(post(kind, "{}"), 422, "invalid_body").await?;
    check(post(kind, "[\"caption:not a tag\"]"), 422, "invalid_body").await?;
    for _ in 0..signaling::limits::EVENT_STREAMS_MAX {
        assert_eq!(post(kind, "[\"caption:ja\"]").send().await?.status(), 201);
    }
    check(post(kind, "[]"), 503, "streams_full").await?;
    check(world.client.get(format!("{sse}/nothing")), 404, "not_found").await?;
    let elsewhere = world.client.post(world.url("/whep/lamp/nobody/sse"));
    check(elsewhere, 404, "not_found").await?;
    Ok(())
}
