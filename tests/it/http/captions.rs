//! Who makes captions wanted without a page: readers of event streams, and shows that are written
//! down. Recognition costs a core, so it must end with its last reader.

use std::time::Duration;

use serde_json::json;
use signaling::protocol::client::{ClientMessage, Phase, Role};
use tests::wait::now;
use tests::ws::Page;

use super::World;
use super::events::{listen, session};

/// A reader that is gone counts for three seconds more; a room looks once a second.
const PATIENCE: Duration = Duration::from_secs(15);

/// Waits until so many languages are wanted.
async fn wanted(world: &World, count: usize) -> anyhow::Result<()> {
    let line = format!("vitrine_caption_languages_wanted {count}");
    let end = now() + PATIENCE;
    loop {
        let metrics = world.client.get(world.url("/metrics")).send().await?;
        let metrics = metrics.text().await?;
        if metrics.lines().any(|found| found == line) {
            return Ok(());
        }
        anyhow::ensure!(now() < end, "waited {PATIENCE:?} in vain for `{line}`");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_stream_of_captions_is_a_reader_until_it_is_closed() -> anyhow::Result<()> {
    let world = World::open().await?;
    let session = session(&world).await?;
    let (_, whatever) = listen(&world, &session, "").await?;
    wanted(&world, 0).await?;
    let (_, reader) = listen(&world, &session, "[\"caption\"]").await?;
    wanted(&world, 1).await?;
    drop(reader);
    wanted(&world, 0).await?;
    drop(whatever);
    Ok(())
}

#[tokio::test]
async fn a_recorded_show_is_written_down_without_readers() -> anyhow::Result<()> {
    let world = World::open().await?;
    let token = world.disk.token("talk", Role::Host);
    let body = json!({ "name": "talk", "title": "A talk", "transcript": true });
    let made = world.client.post(world.url("/api/v1/shows"));
    let made = made.bearer_auth(&token).json(&body).send().await?;
    assert_eq!(made.json::<serde_json::Value>().await?["transcript"], true);
    wanted(&world, 0).await?;
    let mut host = Page::join(world.server.url(), &token, None, None).await?;
    let phase = |phase| move |request| ClientMessage::Phase { request, phase };
    host.ask(phase(Phase::Live)).await?.expect("the host may");
    wanted(&world, 1).await?;
    host.ask(phase(Phase::Ended)).await?.expect("the host may");
    wanted(&world, 0).await?;
    Ok(())
}
