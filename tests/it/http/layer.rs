//! A WHEP player chooses its layer, receives it, and hears which there are.

use std::pin::pin;

use reqwest::Method;
use serde_json::{Value, json};
use tests::line::{Line, until};
use tests::wait::now;
use tests::whip;

use super::events::listen;
use super::{World, check};

const JSON: &str = "application/json";

/// Publishes two layers, of 180 and 360 lines.
async fn publish(world: &World) -> anyhow::Result<(Line, whip::Resource)> {
    let endpoint = world.url("/whip/lamp");
    let mut host = Line::simulcast(&endpoint, &[("q", 180), ("h", 360)])?;
    let offer = host.peer.offer(now())?;
    let resource = whip::post(&world.client, &endpoint, Some(&world.host), offer).await?;
    host.peer.answer(now(), resource.answer.clone())?;
    until("a connection", [&mut host], |[host]| {
        host.peer.is_connected()
    })?;
    host.send_feed();
    Ok((host, resource))
}

async fn play(world: &World) -> anyhow::Result<(Line, whip::Resource)> {
    let endpoint = world.url("/whep/lamp");
    let mut player = Line::player(&endpoint)?;
    let offer = player.peer.offer(now())?;
    let resource = whip::post(&world.client, &endpoint, None, offer).await?;
    player.peer.answer(now(), resource.answer.clone())?;
    Ok((player, resource))
}

/// Turns a line over while something is awaited.
async fn turning<T>(line: &mut Line, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::task::yield_now() => line.turn(),
        }
    }
}

#[tokio::test]
async fn a_player_chooses_its_layer_and_receives_it() -> anyhow::Result<()> {
    let world = World::open().await?;
    let (mut host, _) = publish(&world).await?;
    let (mut player, resource) = play(&world).await?;
    let mut until_height = |wanted| {
        until("the layer", [&mut host, &mut player], |[_, player]| {
            player.height == Some(wanted)
        })
    };
    until_height(360)?;
    // The player's offer has its picture first: m-line 0.
    for (wish, height) in [
        (json!({ "mediaId": "0", "rid": "q" }), 180),
        (json!({}), 360),
        (json!({ "maxHeight": 359 }), 180),
        (json!({ "encodingId": "h" }), 360),
    ] {
        let choice = world.client.post(format!("{}/layer", resource.url));
        let chosen = choice.json(&wish).send().await?;
        anyhow::ensure!(chosen.status() == 200, "{wish}: {}", chosen.status());
        until_height(height)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_player_hears_which_layers_there_are() -> anyhow::Result<()> {
    let world = World::open().await?;
    let (_player, resource) = play(&world).await?;
    let session = resource.url.as_str();
    let (_, mut events) = listen(&world, session, "[\"layers\"]").await?;
    let (mut host, publisher) = publish(&world).await?;
    let rates = |told: &Value| {
        let layers = told["0"].as_array().cloned().unwrap_or_default();
        layers
            .iter()
            .map(|layer| layer["bitrate"].as_u64())
            .collect::<Vec<_>>()
    };
    // Layers come one after the other, and are measured when they are there.
    let told = loop {
        let told = turning(&mut host, events.next("layers")).await?;
        assert_ne!(told, json!({}), "no layers are no news at the start");
        if matches!(rates(&told)[..], [Some(_), Some(_)]) {
            break told;
        }
    };
    let (high, low) = (rates(&told)[0], rates(&told)[1]);
    assert!(high > low, "the best layer comes first: {told}");
    let expected = json!({ "0": [
        { "rid": "h", "spatialLayerId": 0, "temporalLayerId": 0, "bitrate": high,
          "width": 640, "height": 360 },
        { "rid": "q", "spatialLayerId": 0, "temporalLayerId": 0, "bitrate": low,
          "width": 320, "height": 180 },
    ] });
    assert_eq!(told, expected);

    host.stop_layer();
    let told = turning(&mut host, events.next("layers")).await?;
    assert!(matches!(rates(&told)[..], [None, Some(_)]), "{told}");
    // Who comes later is told how things are.
    let (_, mut late) = listen(&world, session, "[\"layers\"]").await?;
    let told = turning(&mut host, late.next("layers")).await?;
    assert!(matches!(rates(&told)[..], [None, Some(_)]), "{told}");

    whip::delete(&world.client, &publisher.url, None).await?;
    assert_eq!(events.next("layers").await?, json!({}));
    Ok(())
}

#[tokio::test]
async fn bad_wishes_are_refused_precisely() -> anyhow::Result<()> {
    let world = World::open().await?;
    let created = world.offer("/whep/lamp", None).send().await?;
    let links: Vec<_> = created.headers().get_all("link").iter().collect();
    let location = created.headers()["location"].to_str()?;
    let link = format!("<{location}/layer>; rel=\"urn:ietf:params:whep:ext:core:layer\"");
    assert!(links.iter().any(|known| **known == link), "{links:?}");
    let session = world.url(location);
    let url = format!("{session}/layer");
    let post = |kind: &str, body: &str| {
        let post = world.client.post(&url).header("content-type", kind);
        post.body(body.to_owned())
    };
    check(post("text/plain", "{}"), 415, "unsupported_media_type").await?;
    check(post(JSON, ""), 400, "malformed_json").await?;
    check(post(JSON, "{mediaId:\"0\"}"), 400, "malformed_json").await?;
    check(post(JSON, "[]"), 422, "invalid_body").await?;
    check(post(JSON, "{\"mediaId\":1}"), 422, "invalid_body").await?;
    check(post(JSON, "{\"maxWidth\":-1}"), 422, "invalid_body").await?;
    let long = format!("{{\"rid\":\"{}\"}}", "q".repeat(300_000));
    check(post(JSON, &long), 413, "body_too_large").await?;
    // The offer has its picture behind its sound.
    check(post(JSON, "{\"mediaId\":\"0\"}"), 422, "unknown_media").await?;
    check(post(JSON, "{\"rid\":\"q\"}"), 409, "nothing_on_air").await?;
    check(world.client.get(&url), 405, "method_not_allowed").await?;
    for good in ["{}", "{\"mediaId\":\"1\",\"maxHeight\":360}"] {
        let chosen = post(JSON, good).send().await?;
        assert_eq!(chosen.status(), 200, "{good}");
        assert_eq!(chosen.headers()["access-control-allow-origin"], "*");
    }
    let preflight = world.client.request(Method::OPTIONS, &url).send().await?;
    assert_eq!(preflight.headers()["accept-post"], JSON);
    assert_eq!(
        preflight.headers()["access-control-allow-methods"],
        "POST, OPTIONS"
    );
    assert_eq!(world.client.delete(&session).send().await?.status(), 200);
    check(post(JSON, "{}"), 404, "not_found").await?;
    Ok(())
}
