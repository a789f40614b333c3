//! What viewers get in bad and in odd conditions: loss, late arrival, only the oldest SRTP
//! profile. Publisher and players are the harness's.

use anyhow::{Result, ensure};
use tests::peer::Receiver;
use tests::session::Player;

use super::{Stage, starts_with_vp8_keyframe, until};

/// Packets of the feed in about four seconds, so that its loop is crossed.
const FOUR_SECONDS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_gets_every_packet_once() -> Result<()> {
    let stage = Stage::new()?;
    let mut publisher = stage.publish().await?;
    let player = stage.play(Receiver::Full).await?;
    let received = until("four seconds of show", &player, |seen| {
        seen.total() > FOUR_SECONDS
    })
    .await?;
    publisher.stop();
    ensure!(
        received.packets.len() == 2,
        "audio and video, got {:?}",
        received.packets.keys()
    );
    ensure!(received.gaps() == 0, "{} gaps", received.gaps());
    let twice = received
        .packets
        .values()
        .flatten()
        .filter(|(_, (times, _))| *times > 1)
        .count();
    ensure!(twice == 0, "{twice} packets came twice");
    ensure!(
        starts_with_vp8_keyframe(&received),
        "starts with {:02x?}",
        received.first
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_viewer_starts_with_a_key_frame_at_once() -> Result<()> {
    let stage = Stage::new()?;
    let _publisher = stage.publish().await?;
    let first = stage.play(Receiver::Full).await?;
    until("the show", &first, |seen| seen.total() > 300).await?;
    let late = stage.play(Receiver::Full).await?;
    let received = until("the late viewer's picture", &late, |seen| {
        seen.packets.values().any(|packets| packets.len() > 100)
    })
    .await?;
    ensure!(
        starts_with_vp8_keyframe(&received),
        "starts with {:02x?}",
        received.first
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_only_knows_cm_sha1_plays() -> Result<()> {
    let stage = Stage::new()?;
    let _publisher = stage.publish().await?;
    let player = stage.play(Receiver::CmOnly).await?;
    let received = until("two seconds of show", &player, |seen| seen.total() > 500).await?;
    ensure!(received.gaps() == 0, "{} gaps", received.gaps());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_packets_lost_of_a_hundred_are_repaired() -> Result<()> {
    let stage = Stage::new()?;
    let _publisher = stage.publish().await?;
    let player = Player::start(&stage.http, &stage.whep(), Receiver::Full, 50).await?;
    let received = until("a lossy show", &player, |seen| seen.total() > FOUR_SECONDS).await?;
    ensure!(
        received.dropped >= 10,
        "only {} datagrams were dropped",
        received.dropped
    );
    // Audio is not repaired, and video lost just now is still being asked for: what counts is
    // that the video of the first half is whole.
    let video = received
        .packets
        .values()
        .max_by_key(|packets| packets.len())
        .unwrap();
    let (first, half) = (
        video.keys().next().unwrap(),
        video.keys().nth(video.len() / 2).unwrap(),
    );
    let there = video.range(first..half).count() as u64;
    ensure!(
        there == half - first,
        "{} of {} video packets",
        there,
        half - first
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_waits_for_the_show_and_survives_a_change_of_publisher() -> Result<()> {
    let stage = Stage::new()?;
    let mut publisher = stage.publish().await?;
    let player = stage.play(Receiver::Full).await?;
    let before = until("the first publisher", &player, |seen| seen.total() > 200).await?;
    publisher.stop();
    let _second = stage.publish().await?;
    let goal = before.total() + 500;
    let after = until("the second publisher", &player, |seen| seen.total() > goal).await?;
    ensure!(
        after.gaps() == 0,
        "numbers have {} gaps over the change",
        after.gaps()
    );
    Ok(())
}
