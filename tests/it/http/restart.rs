//! ICE restarts by PATCH and the counter-offer, with real clients: pictures go on.

use reqwest::Response;
use tests::line::{Line, credentials, until};
use tests::peer::Receiver;
use tests::session::{Player, Publisher};
use tests::wait::now;
use tests::whip;

use super::{World, check};

const TRICKLE: &str = "application/trickle-ice-sdpfrag";

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    let value = value.and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// Restarts a line's ICE and moves it to another port. Returns the new entity tag.
async fn restart(
    world: &World,
    line: &mut Line,
    resource: &whip::Resource,
) -> anyhow::Result<String> {
    let offer = line.peer.restart(now())?;
    let (ufrag, pwd) = credentials(&offer)?;
    let fragment =
        format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n");
    let patch = world.client.patch(resource.url.clone());
    let patch = patch
        .header("content-type", TRICKLE)
        .header("if-match", "*");
    let restarted = patch.body(fragment).send().await?;
    anyhow::ensure!(restarted.status() == 200, "{}", restarted.status());
    let etag = header(&restarted, "etag");
    let fragment = restarted.text().await?;
    let (old, new) = (credentials(&resource.answer)?, credentials(&fragment)?);
    anyhow::ensure!(old.0 != new.0 && old.1 != new.1, "{fragment}");
    let answer = resource.answer.replace(old.0, new.0).replace(old.1, new.1);
    line.peer.answer(now(), answer)?;
    line.change_port()?;
    Ok(etag)
}

#[tokio::test]
async fn a_player_restarts_ice_and_the_picture_goes_on() -> anyhow::Result<()> {
    let world = World::open().await?;
    let publisher =
        Publisher::start(&world.client, &world.url("/whip/lamp"), Some(&world.host)).await?;
    let endpoint = world.url("/whep/lamp");
    let mut line = Line::player(&endpoint)?;
    let offer = line.peer.offer(now())?;
    let resource = whip::post(&world.client, &endpoint, None, offer).await?;
    line.peer.answer(now(), resource.answer.clone())?;
    until("a picture", [&mut line], |[line]| line.packets > 100)?;
    let (before, ssrcs) = (line.packets, line.ssrcs.clone());
    let etag = restart(&world, &mut line, &resource).await?;
    until("the picture after the restart", [&mut line], |[line]| {
        line.packets > before + 300
    })?;
    assert_eq!(line.ssrcs, ssrcs, "the same streams");
    assert!(!line.peer.is_failed());

    let trickle = |tag: &str| {
        let patch = world
            .client
            .patch(resource.url.clone())
            .header("if-match", tag);
        let patch = patch.header("content-type", TRICKLE);
        patch.body("m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n")
    };
    assert_eq!(trickle(&etag).send().await?.status(), 204);
    check(trickle("\"old\""), 412, "etag_stale").await?;
    drop(publisher);
    Ok(())
}

#[tokio::test]
async fn a_publisher_restarts_ice_and_its_picture_goes_on() -> anyhow::Result<()> {
    let world = World::open().await?;
    let endpoint = world.url("/whip/lamp");
    let mut line = Line::publisher(&endpoint)?;
    let offer = line.peer.offer(now())?;
    let resource = whip::post(&world.client, &endpoint, Some(&world.host), offer).await?;
    line.peer.answer(now(), resource.answer.clone())?;
    until("a connection", [&mut line], |[line]| {
        line.peer.is_connected()
    })?;
    line.send_feed();
    let player = Player::start(&world.client, &world.url("/whep/lamp"), Receiver::Full, 0).await?;
    until("a picture", [&mut line], |_| {
        player.received().total() > 100
    })?;
    let before = player.received().total();
    restart(&world, &mut line, &resource).await?;
    until("the picture after the restart", [&mut line], |_| {
        player.received().total() > before + 300
    })?;
    assert!(!line.peer.is_failed());
    Ok(())
}

#[tokio::test]
async fn a_player_without_a_usable_offer_answers_ours() -> anyhow::Result<()> {
    let world = World::open().await?;
    let _publisher =
        Publisher::start(&world.client, &world.url("/whip/lamp"), Some(&world.host)).await?;
    let endpoint = world.url("/whep/lamp");
    let mut line = Line::player(&endpoint)?;
    let useless = Line::player(&endpoint)?.peer.offer(now())?;
    let useless = useless.replace("recvonly", "sendonly");
    let post = world
        .client
        .post(&endpoint)
        .header("content-type", "application/sdp");
    let countered = post.body(useless).send().await?;
    assert_eq!(countered.status(), 406);
    let (location, etag) = (header(&countered, "location"), header(&countered, "etag"));
    assert!(header(&countered, "content-type").contains("valid-until=\""));
    let answer = line.peer.answer_to(now(), countered.text().await?)?;

    let session = world.url(&location);
    let patch = |kind: &str, body: &str| {
        let patch = world.client.patch(&session).header("content-type", kind);
        patch.body(body.to_owned())
    };
    check(patch(TRICKLE, &answer), 415, "unsupported_media_type").await?;
    check(patch("application/sdp", "hello"), 400, "malformed_sdp").await?;
    assert_eq!(
        patch("application/sdp", &answer).send().await?.status(),
        204
    );
    until("a picture", [&mut line], |[line]| line.packets > 100)?;

    check(
        patch("application/sdp", &answer),
        415,
        "unsupported_media_type",
    )
    .await?;
    let end = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n";
    let trickled = patch(TRICKLE, end).header("if-match", etag).send().await?;
    assert_eq!(
        trickled.status(),
        204,
        "under the tag that came with the offer"
    );
    assert_eq!(world.client.delete(&session).send().await?.status(), 200);
    Ok(())
}
